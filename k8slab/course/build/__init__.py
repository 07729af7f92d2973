"""Makes the notebooks: one source a chapter, two editions, run and stored in a form that is the same every time.

``python -m k8slab.course.build`` builds all, ``python -m k8slab.course.build 15`` one. It needs the extra ``test`` (jupytext,
nbclient). ``editions`` turns a source into two notebooks, ``running`` runs them, ``canonical`` makes them comparable.
"""
