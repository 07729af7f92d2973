"""Networks: interfaces, bridges, routes, packet rules, names, and the traced packet.

A *namespace* is what one network stack sees (a host, a container, a Pod). Packets walk from namespace to namespace by the same
steps as in Linux, and every step can be read afterwards: which rule matched, what it rewrote, where the packet died and why.
Nothing here knows Docker or Kubernetes; both put their rules into `rules.py`. Start reading with ``path.py``.
"""
