"""``kubectl``: a file a verb. It knows the cluster only through its HTTP API, so it works on any cluster that speaks it.

Start with ``main.py`` (from the command line to a verb), then ``get.py``. Shared ground: ``flags.py`` (a command line as pflag
reads it), ``discovery.py`` (what resources there are), ``builder.py`` (which objects the arguments name), ``api.py`` (requests),
``printers.py`` and ``tables.py`` (what comes out), ``errors.py`` (what goes wrong). ``help/`` holds what ``kubectl VERB --help``
prints (recorded from Kubernetes, Apache License 2.0); the flags that a verb takes are read from there.
"""
