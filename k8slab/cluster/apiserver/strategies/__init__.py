"""One small file per kind: what differs from kind to kind at the API server. Start with ``strategy.py``.

Does not belong here: what is common to all kinds (``apiserver/registry.py``).
"""

from k8slab.cluster.apiserver.strategies.configmap import ConfigMapStrategy

#: Every kind that the server serves, in the order of discovery.
STRATEGIES = [ConfigMapStrategy]
