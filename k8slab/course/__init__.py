"""The course frame: lessons, checks, hints, answers, quizzes, progress and glossary, in English and Chinese.

Here belong: what a chapter says in its cells (``content/*.yaml``), how an exercise is judged (``chapters/``: functions of the
lab, never of what was typed), the panels that show it, the learner's progress, and ``build`` which makes the notebooks. Not
here: anything that decides what a cluster does, or draws it. Start reading with ``lesson.py``.
"""
