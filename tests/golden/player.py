"""Play one recorded scenario against the lab and make a recording of the same format.

Only ``input`` and ``manifests`` of the file are used. The control plane is the lab's own; nodes are the stand-in that the
recordings were made with. What one step costs in real life (starting kubectl, a round trip) is let pass as virtual time.
"""

import json
import re
import shlex

import yaml

from k8slab.cli import driver
from k8slab.cli.kubectl.main import kubectl
from k8slab.cluster.cluster import Cluster
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.errors import LabError
from k8slab.sim.http import Request
from k8slab.sim.trace import Trace
from tests.golden.recording import AGE, CLUSTER, KINDS, Recording, proj
from tests.golden.stand_in_nodes import MERGE, StandInNodes

KUBECTL_START_SECONDS = 0.06
KUBECTL_END_SECONDS = 0.05
REQUEST_SECONDS = 0.005
TICK_SECONDS = 0.02
OUTPUTS_AFTER_ALL_STEPS = 1 << 61


def play(name, scenario, manifests):
    """Return the recording of *scenario* (the `input` of a recording) as the lab plays it."""
    return Player(name, scenario, manifests).play()


class Manifests:
    """The files that kubectl may read: those of the recording."""

    def __init__(self, texts):
        self.texts = texts

    def read(self, path):
        if path not in self.texts:
            raise FileNotFoundError(path)
        return self.texts[path]

    def list(self, path):
        if path.rstrip("/") in ("", "."):
            return sorted(self.texts)
        raise NotADirectoryError(path) if path in self.texts else FileNotFoundError(path)


class Player:
    def __init__(self, name, scenario, manifests):
        self.recording = Recording(name, scenario, manifests)
        self.namespace = self.recording.ns
        self.scenario = scenario
        self.files = Manifests(manifests)
        self.clock = Clock()
        self.cluster = Cluster(self.clock, Chance(name), Trace(self.clock))
        self.handle = self.cluster.server.handle
        self.last_change = 0.0
        self.began = 0.0
        self.background = {}
        self.outputs_after = 0

    # -- the world ---------------------------------------------------------------------------------------------------

    def play(self):
        self.cluster.start()
        StandInNodes(self.handle, self.clock).start()
        self.clock.run(1)
        if self.namespace != "default":
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
            self.request("POST", "/api/v1/namespaces", body)
        nodes = self.scenario.get("nodes")
        self._set_nodes([{"name": f"node-{i}"} for i in range(1, 5)] if nodes is None else nodes)
        if nodes is not None:
            # One cluster played all scenarios: nodes of these names had been there before, which the node controller knows.
            self.clock.run(10)
            self._set_nodes(nodes)
        ready = self.clock.run_until(self._is_ready_to_begin, 30)
        assert ready, "the namespace or the nodes did not become ready"
        self.clock.run(2)
        for plural in self.recording.track:
            self.clock.process(self._watch(plural, self._list(plural)))
        self.clock.run(0.2)
        self.began = self.clock.now
        for step in self.scenario["steps"]:
            self._step(step)
        self.clock.run(0.3)
        for text in self.scenario.get("capture", []):
            self._output_after("capture", text, self._kubectl(text))
        for text, process in self.background.items():
            self.clock.run_until(process, 5)
            self._output_after("bg-result", text, process.value if process.processed else None)
        return self.recording.result(self.clock.now - self.began)

    def _set_nodes(self, nodes):
        for node in self.request("GET", "/api/v1/nodes")[1]["items"]:
            self.request("DELETE", "/api/v1/nodes/" + node["metadata"]["name"])
        for node in Recording.node_objects(nodes):
            self.request("POST", "/api/v1/nodes", node)

    def _is_ready_to_begin(self):
        namespace = f"/api/v1/namespaces/{self.namespace}"
        if self.request("GET", f"{namespace}/serviceaccounts/default")[0] != 200:
            return False
        if self.request("GET", f"{namespace}/configmaps/kube-root-ca.crt")[0] != 200:
            return False
        nodes = self.request("GET", "/api/v1/nodes")[1]["items"]
        return not any(t["key"].endswith("not-ready") for n in nodes for t in n["spec"].get("taints") or [])

    def request(self, method, path, body=None, **more):
        response = self.handle(Request.of(method, path, json_body=body, **more))
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return response.status, json.loads(response.body) if is_json else None

    def revision(self):
        path = "/api/v1/namespaces/default/configmaps"
        return int(self.request("GET", path, params={"limit": "1"})[1]["metadata"]["resourceVersion"])

    # -- what is seen ------------------------------------------------------------------------------------------------

    def _path(self, plural):
        prefix = KINDS[plural][0]
        return f"{prefix}/{plural}" if plural in CLUSTER else f"{prefix}/namespaces/{self.namespace}/{plural}"

    def _is_watched(self, plural, item):
        names = self.scenario.get("watch_names")
        return plural not in CLUSTER or not names or item["metadata"]["name"] in names

    def _list(self, plural):
        status, listed = self.request("GET", self._path(plural))
        if status != 200:
            return None
        if plural in CLUSTER:
            for item in listed["items"]:
                if self._is_watched(plural, item):
                    self.recording.seen(KINDS[plural][1], item)
        return listed["metadata"]["resourceVersion"]

    def _watch(self, plural, version):
        if version is None:  # a kind that the lab does not serve yet
            return
        kind = KINDS[plural][1]
        parameters = {"watch": "1", "resourceVersion": version}
        stream = self.handle(Request.of("GET", self._path(plural), params=parameters)).stream
        rest = b""
        while (chunk := stream.read()) is not None:
            if chunk == b"":
                yield stream.wait()
                continue
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                event = json.loads(line)
                item = event["object"]
                if event["type"] in ("ADDED", "MODIFIED", "DELETED") and self._is_watched(plural, item):
                    before = self.recording.latest.get((kind, item["metadata"]["name"]), {"metadata": {}})
                    quiet = kind == "Node" and event["type"] == "MODIFIED" and proj(kind, item) == proj(kind, before)
                    version = int(item["metadata"]["resourceVersion"])
                    self.recording.change(version, event["type"], kind, item, self.clock.now - self.began)
                    if not quiet:
                        self.last_change = self.clock.now

    # -- steps -------------------------------------------------------------------------------------------------------

    def _verb(self, text):
        arguments = shlex.split(text) if isinstance(text, str) else text
        return kubectl(["-n", self.namespace, *arguments], files=self.files)

    def _kubectl(self, text):
        self.clock.run(KUBECTL_START_SECONDS)
        done = driver.run_blocking(self._verb(text), self.handle, self.clock)
        self.clock.run(KUBECTL_END_SECONDS)
        return done

    def _output_after(self, step, text, done):
        result = {"rc": done.exit_code, "out": done.stdout, "err": done.stderr} if done else {}
        result = result or {"rc": None, "out": "", "err": "still running"}
        self.recording.output(OUTPUTS_AFTER_ALL_STEPS + self.outputs_after, 0, {"step": step, "arg": text, **result})
        self.outputs_after += 1

    def _step(self, step):
        ((op, argument),) = [(k, v) for k, v in step.items() if k not in ("expect", "save", "timeout", "full")]
        since, revision = self.clock.now - self.began, self.revision()
        record = {"step": op, "arg": argument}
        if op in ("apply", "create", "kubectl"):
            done = self._kubectl(argument if op == "kubectl" else [op, "-f", argument])
            record |= {"rc": done.exit_code, "out": done.stdout, "err": done.stderr}
        elif op == "settle":
            quiet = argument if isinstance(argument, (int, float)) else 1.2
            if self._settle(quiet, step.get("timeout", 90)):
                return
            record["TIMEOUT"] = True
        else:
            method = getattr(self, f"_do_{op}", None)
            if method is None:
                raise LabError(f"the player does not know the step {op!r}")
            method(argument, record, step)
        expected = step.get("expect")
        if expected is not None and record.get("rc", record.get("code")) != expected:
            record["UNEXPECTED"] = True
        self.recording.output(revision, since, record, "full" in step)

    def _settle(self, quiet, timeout):
        start = self.clock.now
        while self.clock.now < start + timeout:
            if self.clock.now - max(self.last_change, start) >= quiet:
                return True
            self.clock.run(0.05)
        return False

    def _do_bg(self, text, record, step):
        self.clock.run(KUBECTL_START_SECONDS)
        self.background[text] = driver.process(self._verb(text), self.handle, self.clock)
        self.clock.run(0.05)

    def _do_until(self, condition, record, step):
        end = self.clock.now + step.get("timeout", 90)
        record["ok"] = False
        while not record["ok"] and self.clock.now < end:
            record["ok"] = self.recording.holds(condition)
            if not record["ok"]:
                self.clock.run(TICK_SECONDS)

    def _do_sleep(self, seconds, record, step):
        self.clock.run(seconds)

    def _do_api(self, argument, record, step):
        body = argument.get("body")
        if isinstance(body, str) and body.endswith(".yaml"):
            body = yaml.safe_load(self.files.read(body))
        if body is not None:
            body = json.loads(json.dumps(body).replace("{ns}", self.namespace))
        if argument.get("stale"):
            body["metadata"]["resourceVersion"] = argument["stale"]
        raw = argument.get("raw")
        content = raw.encode() if raw is not None else json.dumps(body).encode() if body is not None else b""
        headers = {
            "content-type": argument.get("ct", "application/json"),
            "accept": argument.get("accept", "application/json"),
        }
        headers["user-agent"] = "Python/3.13 aiohttp/3.12"
        request = Request.of(
            argument["method"], argument["path"].replace("{ns}", self.namespace), params=argument.get("params")
        )
        request.headers, request.body = headers, content
        response = self.handle(request)
        self.clock.run(REQUEST_SECONDS)
        record["code"] = response.status
        text = self._whole_body(response)
        try:
            answer = json.loads(text)
        except ValueError:
            answer = text
        warnings = response.headers.get("warning")
        if warnings:
            record["warnings"] = re.findall(r'299 - "(?:[^"\\]|\\.)*"', warnings)
        if argument.get("table") and isinstance(answer, dict) and answer.get("kind") == "Table":
            columns = answer["columnDefinitions"]
            record["columns"] = [[c["name"], c["type"], c.get("format", ""), c["priority"]] for c in columns]
            rows = [row["cells"] for row in answer.get("rows") or []]
            record["rows"] = [["<age>" if isinstance(c, str) and AGE.match(c) else c for c in cells] for cells in rows]
        elif argument.get("only"):
            record["result"] = {field: self.recording.dig(answer, field) for field in argument["only"]}
        elif not argument.get("nobody"):
            record["body"] = answer

    def _whole_body(self, response):
        if response.stream is None:
            return response.body.decode()
        text = b""
        while (chunk := response.stream.read()) is not None:
            text += chunk
            if chunk == b"" and not self.clock.run_until(response.stream.wait(), 600):
                break
        return text.decode()

    def _do_snapshot(self, argument, record, step):
        self.clock.run(0.1)
        kinds = argument if isinstance(argument, list) else ["Pod"]
        record["objects"] = {}
        for (kind, name), item in sorted(
            self.recording.latest.items(), key=lambda x: int(x[1]["metadata"]["resourceVersion"])
        ):
            if kind in kinds and kind != "Event":
                record["objects"].setdefault(kind, {})[name] = proj(kind, item)

    def _pods(self):
        return {name: item for (kind, name), item in sorted(self.recording.latest.items()) if kind == "Pod"}

    def _do_order(self, argument, record, step):
        self.clock.run(0.1)
        pods = self._pods()
        names = self.recording.pods_by_creation()
        record["pods"] = [name for name in names if not pods[name]["metadata"].get("deletionTimestamp")]

    def _do_podnodes(self, argument, record, step):
        self.clock.run(0.1)
        record["nodes"] = {name: item["spec"].get("nodeName") for name, item in self._pods().items()}

    def _do_nodecount(self, argument, record, step):
        self.clock.run(0.1)
        counts = {}
        for item in self._pods().values():
            node = item["spec"].get("nodeName") or "<none>"
            counts[node] = counts.get(node, 0) + 1
        record["count"] = dict(sorted(counts.items()))

    def _patch_pod(self, name, body):
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}"
        self.request("PATCH", path, body, headers={"content-type": MERGE})
        self.clock.run(REQUEST_SECONDS)

    def _do_annotate_pods(self, argument, record, step):
        pods = self.recording.pods_by_creation()
        for index, annotations in argument.items():
            self._patch_pod(pods[int(index)], {"metadata": {"annotations": annotations}})
            self.clock.run(0.3)

    def _do_label_pods(self, argument, record, step):
        pods = self.recording.pods_by_creation()
        for index, labels in argument.items():
            self._patch_pod(pods[int(index)], {"metadata": {"labels": labels}})
            self.clock.run(0.3)

    def _do_patch_pods(self, argument, record, step):
        pods = self.recording.pods_by_creation()
        for index, body in argument.items():
            self._patch_pod(pods[int(index)], body)

    def _do_evict(self, argument, record, step):
        name = self.recording.pods_by_creation()[argument]
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/eviction"
        record["code"], record["body"] = self.request("POST", path, body)
        self.clock.run(REQUEST_SECONDS)

    def _do_delete_pods(self, argument, record, step):
        pods = self.recording.pods_by_creation()
        for index in argument:
            self.request("DELETE", f"/api/v1/namespaces/{self.namespace}/pods/{pods[int(index)]}")
            self.clock.run(REQUEST_SECONDS)

    def _do_nodes(self, nodes, record, step):
        self._set_nodes(nodes)
        self.clock.run(2)
        record["note"] = "cluster has exactly these nodes"
