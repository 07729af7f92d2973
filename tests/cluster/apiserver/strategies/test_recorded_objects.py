"""Objects as a real API server stored them, compared with what defaulting makes of the same bodies."""

import copy
import json

import pytest
import yaml

from k8slab.apimachinery.errors import ApiError
from tests.cluster.apiserver.strategies import recorded
from tests.cluster.apiserver.strategies.recorded import BY_KIND, api_steps, create, recording

#: What admission adds, not the strategy: field of metadata or spec.
ADMISSION = {
    "Pod": ("volumes", "volumeMounts", "serviceAccountName", "serviceAccount", "tolerations", "priority", "preemptionPolicy"),
    "Node": ("taints",),
    "PersistentVolumeClaim": ("finalizers",),
    "PersistentVolume": ("finalizers",),
}  # fmt: skip
CHOSEN = ("clusterIP", "clusterIPs", "lastPhaseTransitionTime")


def without(value, fields):
    if isinstance(value, dict):
        return {key: without(inner, fields) for key, inner in value.items() if key not in fields}
    return [without(item, fields) for item in value] if isinstance(value, list) else value


def comparable(obj):
    return without(obj, (*ADMISSION.get(obj["kind"], ()), *CHOSEN, "namespace", "uid"))


CREATED = [
    pytest.param(step, id=f"{name}-{index}-{step['arg']['body']['kind']}")
    for name in ("api-defaults", "api-defaults-pod", "api-names", "api-validation-pod")
    for index, step in api_steps(name)
    if step["code"] == 201 and isinstance(step.get("body"), dict)
]


@pytest.mark.parametrize("step", CREATED)
def test_an_object_gets_the_defaults_of_the_real_server(step):
    body, stored = step["arg"]["body"], step["body"]
    if stored["kind"] == "Pod" and body["spec"].get("volumes"):
        pytest.skip("admission's volume cannot be told from the others here")
    if stored["kind"] == "PersistentVolume":
        body = without(body, ("storageClassName",))  # decoding drops empty strings
    made = json.loads(json.dumps(create(body)).replace(recorded.UID, "<uid>"))
    assert comparable(made) == comparable(stored)


POD_SPECS = [step for _, step in api_steps("api-defaults-pod") if "result" in step]


@pytest.mark.parametrize("step", POD_SPECS, ids=range(len(POD_SPECS)))
def test_a_pod_gets_the_defaults_of_the_real_server(step):
    made = create(step["arg"]["body"])
    expected = step["result"]["spec"]
    mounted = "kube-api-access-xxxxx"
    expected["volumes"] = [volume for volume in expected["volumes"] if volume["name"] != mounted]
    for container in (*expected["containers"], *expected.get("initContainers", ())):
        mounts = [mount for mount in container.pop("volumeMounts", ()) if mount["name"] != mounted]
        if mounts:
            container["volumeMounts"] = mounts
    if not expected["volumes"]:
        del expected["volumes"]
    added = tuple(field for field in ADMISSION["Pod"] if field not in ("volumes", "volumeMounts"))
    assert without(made["spec"], added) == without(expected, added)
    assert made["status"] == step["result"]["status"]


def manifests():
    names = sorted(path.stem for path in recorded.RECORDINGS.glob("*.json") if not path.name.startswith("_"))
    for name in names:
        if name == "api-tables" or "errors" in name:
            continue
        for text in recording(name)["manifests"].values():
            try:
                documents = list(yaml.safe_load_all(text))
            except yaml.YAMLError:
                continue  # recorded to see kubectl refuse it
            for document in documents:
                if isinstance(document, dict) and document.get("kind") in BY_KIND:
                    yield name, document


def test_the_manifests_of_all_recordings_are_valid_and_complete_after_one_pass():
    """Defaulting a second time changes nothing, and a stored object may be stored again as it is."""
    seen, refused = {}, {}
    for name, document in manifests():
        key = json.dumps(document, sort_keys=True)
        if key in seen:
            continue
        seen[key] = name
        try:
            made = create(document)
        except ApiError as error:
            refused[name, document["metadata"]["name"]] = error.message
            continue
        again = copy.deepcopy(made)
        BY_KIND[made["kind"]].default(again)
        assert again == made, name
        assert recorded.update(made, made)["metadata"].get("generation") == made["metadata"].get("generation"), name
    assert len(seen) > 100
    for (name, _), message in refused.items():
        told = [step.get("err", "") for step in recording(name)["steps"] if step["step"] == "apply"]
        assert any(message.partition(" is invalid: ")[2] in text for text in told), (name, message)


@pytest.mark.parametrize(
    "name", ["dep-create-r3", "sts-scale", "ds-roll", "job-simple", "svc-nodeport", "cron-minute", "rc-create"]
)
def test_the_specs_at_the_end_of_a_scenario_are_complete(name):
    """A spec that the real server returned is what our defaulting returns too: nothing is added, nothing missing."""
    compared = 0
    for obj in recording(name)["final"].values():
        if obj.get("kind") not in BY_KIND or "spec" not in obj or obj["kind"] in ("Pod", "ReplicaSet"):
            continue
        obj = without(obj, ("clusterIP", "clusterIPs", "nodePort"))
        again = copy.deepcopy(obj)
        BY_KIND[obj["kind"]].default(again)
        assert again["spec"] == obj["spec"]
        compared += 1
    assert compared
