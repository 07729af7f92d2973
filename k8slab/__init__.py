"""k8slab: a whole small data centre inside the notebook kernel.

Start with ``lesson = k8slab.lesson("15"); lab = lesson.lab`` in a chapter, or ``lab = k8slab.Lab()`` in a notebook of your own.
"""
