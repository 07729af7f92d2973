"""The command lines of the course: ``kubectl`` (and later ``docker``), and the notebook magics that run them.

A verb is a generator: it yields requests, reads and waits, receives their answers, and does no I/O itself (``seam.py``).
``driver.py`` runs it: in the foreground, where a wait moves the clock, or as a process of the simulation. So every verb is
written once and works on the lab's API server and on a real one.

Belongs here: what stands on the learner's side of the API. Does not: anything that knows the inside of a cluster.
Start reading with ``seam.py``, then ``kubectl/main.py`` and ``kubectl/get.py``.
"""
