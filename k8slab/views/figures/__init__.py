"""Figures: scenes drawn as still or recorded pictures with matplotlib, without a browser.

Here belong layout and ink. Not here: what a picture says (``scenes/``). Every function takes a scene and returns a `Picture`,
which a notebook shows as PNG with a sentence under ``text/plain``. Start with ``canvas.py``.
"""
