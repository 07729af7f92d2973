"""The commands that a shell has in itself. A builtin takes the shell and its words, and returns a status or a generator.

`table.py` lists them per dialect; the other files group them by what they act on.
"""
