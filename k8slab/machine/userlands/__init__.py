"""File trees of the distributions that images are built on: which programs are where, who the users are, what it calls itself.

`base.py` has the pieces, `distributions.py` the trees: alpine, busybox, debian, ubuntu, almalinux, centos. A tree is plain
inodes without a history; `docker` cuts layers from them.
"""
