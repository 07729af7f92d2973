"""``kubectl rollout``: ``status``, ``history``, ``undo``, and what changes the object itself (``changes.py``: pause, resume, restart).

``revisions.py`` knows where each kind keeps its past: a Deployment in its ReplicaSets, the others in ControllerRevisions.
"""
