"""Widgets: scenes that live in the browser. One small class each; its module and stylesheet stand in ``static/``.

Here belong traits, clicks and the moving of time for live play. Not here: drawing (JavaScript draws) and deciding what is
shown (``scenes/``). Start with ``view.py``, then ``board.py``.
"""
