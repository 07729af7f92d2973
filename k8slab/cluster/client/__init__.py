"""How a component lives with the API server: read a cache, be told of changes, queue keys, write back, say what was done.

Here belong the client of components, informers, the work queue, the controller loop and the recorder of Events; what a
controller *decides* belongs beside it in ``controllers``, ``scheduler`` or ``node``. ``transport.py`` is the learner's door:
it lets the real ``lightkube.Client`` talk to the server in process. Start reading with ``controller.py``.
"""
