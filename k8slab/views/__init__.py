"""What is seen: a pure scene, a figure that draws it, and, where it lives, a widget.

Here belong: ``tokens`` (palette, type and shapes of figures and stylesheets alike), ``scenes/`` (pure functions from API
objects to plain dicts), ``figures/`` (scenes drawn with matplotlib and networkx), ``widgets/`` with ``static/`` (scenes drawn
in the browser), ``words`` (all that a widget says, in both languages). Not here: lessons and checks (``course``), and
anything that decides what a cluster does.

A view sees a cluster through a lightkube client, and what only a model can tell through an `Inspector`; it never sees the
lab itself. Start reading with ``scenes/board.py``, then ``figures/board.py`` and ``widgets/board.py``.
"""
