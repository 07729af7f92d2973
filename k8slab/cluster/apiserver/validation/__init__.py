"""What is wrong with an object: pure functions from plain JSON to field errors, in upstream's words and order.

Everything that is wrong is reported at once. A file per subject; a kind's strategy puts them together. Start with
``pod_spec.py``, which most of the others serve.
"""
