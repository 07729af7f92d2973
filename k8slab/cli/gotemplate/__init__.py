"""Go's text/template, as ``kubectl -o go-template`` and ``docker --format`` know it.

Models text/template (parse, exec, funcs) on plain values: a dict is a map (an absent key is no value), a `Struct` a struct (an
absent field is an error), a list a slice. Left out: methods, channels, complex numbers. Start reading with ``execute.py``.
"""
