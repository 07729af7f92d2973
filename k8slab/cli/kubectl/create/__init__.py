"""``kubectl create``: from files (``files.py``), or an object made from a few flags (a generator; shared part in ``generator.py``)."""
