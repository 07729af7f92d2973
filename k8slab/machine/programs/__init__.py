"""The programs that images carry and that need only a machine and its network: small tools by noun, servers a file each.

`tool.py` says how a small tool is written; `table.py` is the whole list, name to program. An image carries a program if a file
in it says so (`executable.py`); a tool behaves as GNU's or as busybox's after that file's userland.
"""
