"""The controllers of kube-controller-manager: each watches, compares what is with what should be, and takes one step.

They are clients of the API server and deaf to each other: a Deployment's rollout works only through the ReplicaSets that its
controller writes and another one reads. Decisions are pure functions (``deployment/rolling.py``, ``pod_ranking.py``), acts are
generators. Start reading with ``replicaset.py``. `CONTROLLERS` is everything a cluster runs.
"""
