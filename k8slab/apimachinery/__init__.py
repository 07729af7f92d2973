"""Pure functions on API objects: what any program that talks to Kubernetes needs, on either side of the door.

Labels, quantities, conditions, owner references, patches, Status errors. Nothing here keeps state, lets time pass or knows
the API server, so controllers, the command line and the views may all use it. Start reading with ``labels.py``.
"""
