"""``kubectl set``: change one thing in pod templates (image, env, resources, serviceaccount) or a Service's selector.

What the subcommands share is in ``update.py``.
"""
