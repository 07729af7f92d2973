"""What every model stands on: virtual time, chance, the trace, and the HTTP messages that pass every door.

Nothing here knows Kubernetes or Docker. Start reading with ``clock.py``; ``http.py`` is the seam of all APIs.
"""
