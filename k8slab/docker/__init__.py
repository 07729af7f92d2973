"""The Docker engine model: images and layers, registries, containers, networks, volumes, the builder, and the Engine API.

It runs on `machine` hosts and `net` networks and knows no Kubernetes. Start reading with ``reference.py`` (what an image is
called) and ``engine.py`` (what dockerd does with a request).
"""
