"""Bodies that a real API server refused, and its words: message and causes must be the same."""

import pytest

from k8slab.apimachinery.errors import ApiError
from tests.cluster.apiserver.strategies.recorded import BY_KIND, UID, api_steps, create, message_of, recording, update

REFUSED = [
    pytest.param(step, id=f"{name}-{index}")
    for name in ("api-validation-pod", "api-validation-apps", "api-names", "api-errors-basic", "api-update-immutable")
    for index, step in api_steps(name)
    if step["code"] == 422 and "<rand>" not in step["body"]["message"]
]


@pytest.mark.parametrize("step", REFUSED)
def test_a_refusal_has_the_real_servers_message_and_causes(step):
    with pytest.raises(ApiError) as refused:
        create(step["arg"]["body"])
    assert refused.value.message == step["body"]["message"]
    assert refused.value.status["details"] == step["body"]["details"]


def manifest_refusals():
    import yaml

    for name in ("rs-errors", "svc-errors", "job-errors", "cron-suspend-errors", "rc-errors"):
        whole = recording(name)
        for step in whole["steps"]:
            error = step.get("err", "")
            if step["step"] == "apply" and " is invalid: " in error:
                (document,) = yaml.safe_load_all(whole["manifests"][step["arg"]])
                yield pytest.param(document, error, id=f"{name}-{step['arg']}")


@pytest.mark.parametrize(("document", "error"), list(manifest_refusals()))
def test_a_manifest_is_refused_in_the_words_that_kubectl_showed(document, error):
    with pytest.raises(ApiError) as refused:
        create(document)
    _, _, told = error.partition(" is invalid: ")
    expected = [line.removeprefix("* ") for line in told.strip().splitlines()]
    shown = [f"{cause['field']}: {cause['message']}" for cause in refused.value.causes]
    assert [line.replace(UID, "<uid>") for line in shown] == expected


def test_the_long_difference_of_a_frozen_pod_is_the_real_servers():
    """Which Go fields differ, in their order, with three lines around them and the real line numbers."""
    steps = recording("api-update-immutable")["steps"]
    pod = recording("api-defaults")["steps"][0]["body"]
    pod["metadata"] |= {"uid": "u", "resourceVersion": "1"}
    pod["spec"]["nodeName"] = "node-1"
    pod["spec"]["containers"][0]["image"] = "app:v9"
    for step, change in ((steps[6], {"nodeSelector": {"a": "b"}}), (steps[8], {"restartPolicy": "Never"})):
        new = {**pod, "spec": {**pod["spec"], **change}}
        assert message_of(update, new, pod) == step["body"]["message"]


def test_a_job_template_is_frozen_and_shown_in_go():
    err = next(step["err"] for step in recording("job-errors")["steps"] if "set image" in str(step["arg"]))
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job", "uid": UID}}
    template = {
        "metadata": {"labels": {"app": "job"}, "annotations": {"lab/exit-after": "2"}},
        "spec": {"containers": [{"name": "c", "image": "app:v1"}], "restartPolicy": "Never"},
    }
    old = create({**job, "spec": {"template": template}})
    new = {**old, "spec": {**old["spec"], "template": {**old["spec"]["template"]}}}
    pod = new["spec"]["template"]["spec"]
    new["spec"]["template"]["spec"] = {**pod, "containers": [{**pod["containers"][0], "image": "app:v2"}]}
    told = message_of(update, new, old).replace(UID, "<uid>")
    assert told in err


def test_every_kind_refuses_an_object_without_a_name():
    for kind, strategy in BY_KIND.items():
        message = message_of(create, {"apiVersion": strategy.api_version, "kind": kind})
        assert message is not None, kind
        assert "metadata.name: Required value: name or generateName is required" in message, kind
