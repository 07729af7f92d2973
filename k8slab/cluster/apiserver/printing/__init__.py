"""What the cells of a table say, where a cell is more than a field: a Pod's STATUS, a Node's roles, a Service's ports.

Models pkg/printers/internalversion. Pure functions of JSON objects; the strategies put the rows together.
"""
