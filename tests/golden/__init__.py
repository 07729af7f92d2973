"""Recordings of a real control plane, and how the lab plays the same scenarios.

``python -m tests.golden record FILES --out DIR`` plays; ``compare.py`` (the judge) and ``recording.py`` (how a recording is
made comparable) are copies of the recorder's own tools.
"""
