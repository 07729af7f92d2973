"""The ``docker`` command line: a file per verb or family of verbs, each a generator that talks to the engine through HTTP only.

Models github.com/docker/cli 28.2. Which verbs and flags there are is read from the real client's own help texts (``help/``), so that
no list can differ from what ``docker X --help`` says. Start reading with ``main.py``, then ``images.py`` for a simple verb.
"""
