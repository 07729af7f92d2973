"""The stand-in for nodes that the recordings were made with, in virtual time.

It registers nodes, renews their leases, and moves Pods that were bound to them through a kubelet-like life. Annotations of a
Pod: ``lab/ready-after lab/never-ready lab/unready-after lab/exit-after lab/exit-code lab/exit-code-by-index lab/term-after
lab/set-ready``; of a node: ``lab/dead``. Ready, exit and removal transitions come one at a time per namespace, in due order
and a gap apart, so that controllers settle between two of them. Everything goes through the API server's HTTP door.
"""

import heapq
import itertools
import json
from datetime import UTC

from k8slab.sim.clock import Clock
from k8slab.sim.http import Request
from tests.golden.recording import Recording

GAP_SECONDS = 0.25
READY_AFTER_SECONDS = 1.0
TERM_AFTER_SECONDS = 1.0
STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


class StandInNodes:
    def __init__(self, handle, clock: Clock) -> None:
        self.handle = handle
        self.clock = clock
        self.nodes: dict[str, dict] = {}
        self.pods: dict[str, dict] = {}
        self.lanes: dict[str, Lane] = {}
        self.addresses_used: dict[str, int] = {}

    def start(self) -> None:
        self.clock.process(self._watch("/api/v1/nodes", self._on_node))
        self.clock.process(self._watch("/api/v1/pods", self._on_pod))
        self.clock.process(self._heartbeats())

    # -- the API -----------------------------------------------------------------------------------------------------

    def request(self, method, path, body=None, content_type="application/json"):
        headers = {"content-type": content_type, "user-agent": "kubelet/v1.36.2 (linux/amd64)"}
        response = self.handle(Request.of(method, path, json_body=body, headers=headers))
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return response.status, json.loads(response.body) if is_json else {}

    def _watch(self, path, on_event):
        _, listed = self.request("GET", path)
        for item in listed["items"]:
            on_event("ADDED", item)
        version = listed["metadata"]["resourceVersion"]
        stream = self.handle(Request.of("GET", path, params={"watch": "1", "resourceVersion": version})).stream
        rest = b""
        while (chunk := stream.read()) is not None:
            if chunk == b"":
                yield stream.wait()
                continue
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                event = json.loads(line)
                on_event(event["type"], event["object"])

    def time(self):
        return self.clock.datetime().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # -- nodes -------------------------------------------------------------------------------------------------------

    def dead(self, node):
        found = self.nodes.get(node)
        return found is None or (found["metadata"].get("annotations") or {}).get("lab/dead") == "true"

    def _lease(self, name):
        renewed = self.clock.datetime().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": renewed}
        status, _ = self.request("PATCH", f"{LEASES}/{name}", {"spec": spec}, MERGE)
        if status == 404:
            owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": self.nodes[name]["metadata"]["uid"]}
            metadata = {"name": name, "namespace": "kube-node-lease", "ownerReferences": [owner]}
            body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
            self.request("POST", LEASES, body)

    def _heartbeats(self):
        while True:
            for name in list(self.nodes):
                if not self.dead(name):
                    self._lease(name)
            yield self.clock.timeout(8)

    def _on_node(self, kind, node):
        name = node["metadata"]["name"]
        if kind == "DELETED":
            self.nodes.pop(name, None)
            return
        new, was_dead = name not in self.nodes, name in self.nodes and self.dead(name)
        self.nodes[name] = node
        if self.dead(name) or not (new or was_dead):
            return
        self._lease(name)
        if was_dead:
            conditions = Recording.node_objects([{"name": name}], self.time())[0]["status"]["conditions"]
            self.request("PATCH", f"/api/v1/nodes/{name}/status", {"status": {"conditions": conditions}}, STRATEGIC)
            for pod in list(self.pods.values()):
                if pod["object"]["spec"].get("nodeName") == name and pod["deleting"]:
                    self._at(pod, 1, lambda pod=pod: self._remove(pod), True)

    # -- pods --------------------------------------------------------------------------------------------------------

    def _at(self, pod, delay, action, significant):
        namespace = pod["object"]["metadata"]["namespace"]
        if namespace not in self.lanes:
            self.lanes[namespace] = Lane(self.clock)
        self.lanes[namespace].add(delay, action, significant)

    def _annotation(self, pod, key, default=None):
        return (pod["object"]["metadata"].get("annotations") or {}).get("lab/" + key, default)

    def _on_pod(self, kind, pod_object):
        metadata, node = pod_object["metadata"], pod_object["spec"].get("nodeName")
        uid = metadata["uid"]
        if kind == "DELETED":
            self.pods.pop(uid, None)
            return
        if not node:
            return
        pod = self.pods.get(uid)
        if pod is None:
            if self.dead(node):
                return
            pod = {
                "object": pod_object,
                "state": "new",
                "deleting": False,
                "restarts": 0,
                "start": self.time(),
                "flag": None,
            }
            pod |= {"ip": None, "run": None}
            self.pods[uid] = pod
            if not metadata.get("deletionTimestamp") and pod_object["status"].get("phase") == "Pending":
                self._begin(pod)
        pod["object"] = pod_object
        if metadata.get("deletionTimestamp") and not pod["deleting"]:
            pod["deleting"] = True
            delay = float(self._annotation(pod, "term-after", TERM_AFTER_SECONDS))
            if pod_object["spec"].get("terminationGracePeriodSeconds") == 0:
                delay = 0
            self._at(pod, delay, lambda: self._remove(pod), True)
        flag = self._annotation(pod, "set-ready")
        if flag and flag != pod["flag"] and not pod["deleting"]:
            pod["flag"] = flag
            self._at(pod, 0, lambda: self._set_ready(pod, flag == "true"), True)

    def _begin(self, pod):
        ready_after = float(self._annotation(pod, "ready-after", READY_AFTER_SECONDS))
        never = self._annotation(pod, "never-ready") == "true"
        exit_after = self._annotation(pod, "exit-after")
        unready_after = self._annotation(pod, "unready-after")
        probe = never or any(c.get("readinessProbe") for c in pod["object"]["spec"]["containers"])
        self._at(pod, 0.1, lambda: self._creating(pod), False)
        if probe or exit_after:
            self._at(pod, 0.3, lambda: self._running(pod, False), False)
        if not never and not (exit_after and probe):
            self._at(pod, ready_after, lambda: self._running(pod, True), True)
            if unready_after:
                self._at(pod, ready_after + float(unready_after), lambda: self._set_ready(pod, False), True)
        if exit_after:
            self._at(pod, max(ready_after + 0.1, float(exit_after)), lambda: self._exit(pod), True)

    def _path(self, pod):
        metadata = pod["object"]["metadata"]
        return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"

    def _gone(self, pod):
        return pod["object"]["metadata"]["uid"] not in self.pods or self.dead(pod["object"]["spec"]["nodeName"])

    def _remove(self, pod):
        if self._gone(pod):
            return False
        preconditions = {"uid": pod["object"]["metadata"]["uid"]}
        options = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0, "preconditions": preconditions}
        self.request("DELETE", self._path(pod), options)
        return True

    def _patch(self, pod, status):
        uid = pod["object"]["metadata"]["uid"]
        code, body = self.request(
            "PATCH", self._path(pod) + "/status", {"metadata": {"uid": uid}, "status": status}, STRATEGIC
        )
        if code == 200 and uid in self.pods:
            pod["object"] = body
        return True

    def _container_statuses(self, pod, state, ready, **more):
        waiting_first = state.get("waiting") and not pod["restarts"]
        return [
            {
                "name": c["name"],
                "image": c["image"],
                "imageID": "" if waiting_first else "lab/" + c["image"],
                "ready": ready,
                "restartCount": pod["restarts"],
                "state": state,
                "started": bool(state.get("running")),
                **more,
            }
            for c in pod["object"]["spec"]["containers"]
        ]

    def _conditions(self, pod, ready, sandbox=True, reason="ContainersNotReady"):
        now = self.time()
        names = " ".join(c["name"] for c in pod["object"]["spec"]["containers"])
        previous = {c["type"]: c for c in pod["object"]["status"].get("conditions") or []}

        def condition(kind, holds, why=None, message=None):
            status = "True" if holds else "False"
            before = previous.get(kind)
            kept = before and before["status"] == status and before.get("lastTransitionTime")
            return {
                "type": kind,
                "status": status,
                "reason": why,
                "message": message,
                "lastTransitionTime": kept or now,
            }

        message = f"containers with unready status: [{names}]" if reason == "ContainersNotReady" else None
        not_ready = () if ready else (reason, message)
        initialized = ("PodCompleted", None) if reason == "PodCompleted" else ()
        return [
            condition("PodReadyToStartContainers", sandbox),
            condition("Initialized", True, *initialized),
            condition("Ready", ready, *not_ready),
            condition("ContainersReady", ready, *not_ready),
            condition("PodScheduled", True),
        ]

    def _host_ip(self, pod):
        return f"192.168.10.{sorted(self.nodes).index(pod['object']['spec']['nodeName']) + 1}"

    def _creating(self, pod):
        if self._gone(pod) or pod["deleting"] or pod["state"] != "new":
            return False
        host = self._host_ip(pod)
        status = {"phase": "Pending", "startTime": pod["start"], "hostIP": host, "hostIPs": [{"ip": host}]}
        status["conditions"] = self._conditions(pod, False, sandbox=False)
        status["containerStatuses"] = self._container_statuses(pod, {"waiting": {"reason": "ContainerCreating"}}, False)
        return self._patch(pod, status)

    def _running(self, pod, ready):
        if self._gone(pod) or pod["deleting"] or pod["state"] in ("done", "ready"):
            return False
        host, node = self._host_ip(pod), pod["object"]["spec"]["nodeName"]
        if not pod["ip"]:
            count = self.addresses_used[node] = self.addresses_used.get(node, 0) + 1
            address = f"10.244.{sorted(self.nodes).index(node)}.{(count - 1) % 250 + 2}"
            pod["ip"] = host if pod["object"]["spec"].get("hostNetwork") else address
        pod["state"] = "ready" if ready else "running"
        pod["run"] = pod["run"] or self.time()
        status = {"phase": "Running", "startTime": pod["start"], "podIP": pod["ip"], "podIPs": [{"ip": pod["ip"]}]}
        status |= {"hostIP": host, "hostIPs": [{"ip": host}], "conditions": self._conditions(pod, ready)}
        state = {"running": {"startedAt": pod["run"]}, "waiting": None}
        return self._patch(pod, status | {"containerStatuses": self._container_statuses(pod, state, ready)})

    def _set_ready(self, pod, ready):
        if self._gone(pod) or pod["state"] == "done":
            return False
        pod["state"] = "ready" if ready else "running"
        pod["run"] = pod["run"] or self.time()
        state = {"running": {"startedAt": pod["run"]}, "waiting": None}
        statuses = self._container_statuses(pod, state, ready)
        return self._patch(
            pod, {"phase": "Running", "conditions": self._conditions(pod, ready), "containerStatuses": statuses}
        )

    def _exit_code(self, pod):
        index = (pod["object"]["metadata"].get("annotations") or {}).get("batch.kubernetes.io/job-completion-index")
        for pair in (self._annotation(pod, "exit-code-by-index") or "").split(","):
            if "=" in pair and pair.split("=")[0] == index:
                return int(pair.split("=")[1])
        return int(self._annotation(pod, "exit-code", "0"))

    def _exit(self, pod):
        if self._gone(pod) or pod["deleting"] or pod["state"] == "done":
            return False
        code = self._exit_code(pod)
        policy = pod["object"]["spec"].get("restartPolicy", "Always")
        ended = {"exitCode": code, "reason": "Completed" if code == 0 else "Error", "containerID": "lab://x"}
        ended |= {"startedAt": pod["run"] or self.time(), "finishedAt": self.time()}
        terminated = {"terminated": ended, "running": None, "waiting": None}
        if policy == "Always" or (policy == "OnFailure" and code != 0):
            pod["restarts"] += 1
            pod["run"] = self.time()
            if pod["restarts"] == 1:
                pod["state"], ready = "ready", True
                state = {"running": {"startedAt": pod["run"]}, "waiting": None}
            else:
                pod["state"], ready = "running", False
                name, metadata = pod["object"]["spec"]["containers"][0]["name"], pod["object"]["metadata"]
                message = (
                    f"back-off 10s restarting failed container={name} pod={metadata['name']}_{metadata['namespace']}"
                )
                state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}, "running": None}
            statuses = self._container_statuses(pod, state, ready, lastState=terminated)
            self._patch(
                pod, {"phase": "Running", "conditions": self._conditions(pod, ready), "containerStatuses": statuses}
            )
            self._at(pod, float(self._annotation(pod, "exit-after")), lambda: self._exit(pod), True)
            return True
        pod["state"] = "done"
        reason = "PodCompleted" if code == 0 else "PodFailed"
        status = {"phase": "Succeeded" if code == 0 else "Failed"}
        status["conditions"] = self._conditions(pod, False, sandbox=False, reason=reason)
        return self._patch(pod, status | {"containerStatuses": self._container_statuses(pod, terminated, False)})


class Lane:
    """The actions of one namespace, in due order; significant ones a gap apart."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.due = []
        self.pending = []
        self.blocked_until = 0.0
        self.number = itertools.count()
        self.wake = clock.event()
        clock.process(self._run())

    def add(self, delay, action, significant):
        heapq.heappush(self.due, (self.clock.now + delay, next(self.number), action, significant))
        if not self.wake.triggered:
            self.wake.succeed()

    def _run(self):
        while True:
            if self.due and self.due[0][0] <= self.clock.now:
                _, _, action, significant = heapq.heappop(self.due)
                if significant:
                    self.pending.append(action)
                else:
                    action()
                continue
            if self.pending and self.clock.now >= self.blocked_until:
                if self.pending.pop(0)():
                    self.blocked_until = self.clock.now + GAP_SECONDS
                continue
            self.wake = self.clock.event()
            waits = [self.wake]
            if self.due:
                waits.append(self.clock.timeout(self.due[0][0] - self.clock.now))
            if self.pending:
                waits.append(self.clock.timeout(self.blocked_until - self.clock.now))
            yield self.clock.env.any_of(waits)
