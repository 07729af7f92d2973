"""The registries of the lab's internet: Docker Hub and its neighbours (registry.k8s.io, quay.io, ...).

``catalogue/*.yaml`` says which images there are, one file a repository; `catalogue.py` reads them, `recipes.py` makes layers out of
a recipe when somebody first wants them, `hub.py` is the service: tags that move, accounts, private repositories, the rate limit.
"""
