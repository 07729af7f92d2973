"""Scenes: what a view shows, as plain dicts. Pure functions on lightkube objects, tested without a browser.

Here belongs every decision about what is shown and what it is called. Not here: pixels, colours, clicks. Start with
``pod.py`` (the nine states of a Pod's chip) and ``board.py``.
"""
