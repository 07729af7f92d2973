"""The one error that means: the lab was used in a way that cannot work."""


class LabError(Exception):
    """Misuse of the lab itself. The message says what happened, where, and what to do next."""
