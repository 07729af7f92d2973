"""A Linux host: file system, processes, cgroups, namespaces, a POSIX shell and the small programs that images carry.

Start at `host.py` (what a machine is made of), then `fs/` (inodes, overlay, mounts, paths), `process.py` (what runs) and
`shell/`. What images do when they run lives in `programs/`, a file per tool or group of tools. Containers, images and
networks do not belong here: `docker` builds containers out of these parts, and the network comes in through the small
protocol of `network.py`.
"""
