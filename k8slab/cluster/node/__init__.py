"""A node: the kubelet that makes the Pods given to its node really run, and the runtime under it.

Models pkg/kubelet. The kubelet speaks to containers only through ``cri.py`` (the Container Runtime Interface); what stands
behind it is exchangeable: ``stand_in_runtime.py`` plays programs from a table, ``hollow_runtime.py`` only pretends (for labs
with hundreds of Pods). What the kubelet decides is in pure functions (``pod_actions.py``, ``pod_status.py``, ``probes.py``,
``backoff.py``); start reading with ``kubelet.py``, then ``pod_worker.py``.
"""
