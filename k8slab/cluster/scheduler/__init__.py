"""The scheduler gives every Pod a node: filter (where could it run?), score (where best?), bind (write it down).

Models pkg/scheduler. Here belongs the choice of nodes and what can be told about it; what then happens on the node is
``node``'s. Start reading with ``scheduler.py`` (one Pod after another), then ``framework.py`` (the extension points) and any
file of ``plugins/``.
"""
