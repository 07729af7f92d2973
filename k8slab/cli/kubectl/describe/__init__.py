"""``kubectl describe``: everything about an object on one page, with its events.

``verb.py`` finds the objects and chooses the describer; ``writer.py`` lines up the text; ``pod_template.py``, ``volumes.py`` and
``events.py`` are shared; the kinds are in ``pod.py``, ``workloads.py``, ``node.py``, ``core.py``, ``network.py``, ``storage.py`` and
``policy.py``; ``generic.py`` shows any other kind. Models kubectl pkg/describe.
"""
