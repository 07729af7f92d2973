"""The Kubernetes model: the real control plane's parts, each a client of the API server, in virtual time.

Start reading with ``cluster.py`` (what is put together), then ``apiserver/server.py`` (the chain that every request passes).
Docker and the cloud do not belong here: a kubelet reaches containers through ``node/cri.py`` only.
"""
