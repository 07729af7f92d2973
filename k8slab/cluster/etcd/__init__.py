"""etcd: the one place where a cluster keeps its state. ``store.py`` is the multi-version store, ``lease.py`` makes keys expire.

Nothing here knows Kubernetes: keys are text, values are bytes. Who may write what, and what a value means, is the API
server's business.
"""
