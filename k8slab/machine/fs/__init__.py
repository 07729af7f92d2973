"""The file system of a host: inodes and directories, the overlay that stacks image layers, mounts, and path names.

Start at `inode.py`, then `overlay.py`; `view.py` is what a process sees and does (open, mkdir, rename, ...). `archive.py`
goes from trees to tar and back. Nothing here knows about processes or containers.
"""
