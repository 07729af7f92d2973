"""The API server: the only one who talks to etcd, and the only door to the cluster's state.

Start with ``server.py``: it lists the chain that every request passes. ``registry.py`` is what writing means for any kind;
``strategies/`` is what differs between kinds; ``admission/`` are the plugins in between.

What acts on objects (controllers, scheduler, kubelets) does not belong here.
"""
