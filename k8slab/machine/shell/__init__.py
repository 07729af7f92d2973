"""A POSIX shell, written as generators: what runs behind ``sh -c``, RUN instructions and a container's prompt.

`parser.py` makes trees of `syntax.py` from text, `expansion.py` turns words into arguments, `interpreter.py` runs the trees,
`builtins/` are its own commands and `dialects.py` says how dash, busybox ash and bash word what differs. Compared with a
real dash by the tests.
"""
