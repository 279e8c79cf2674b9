"""What a person is told when a run cannot be found, read or written."""


class RunError(Exception):
    """A run cannot be used as asked; the message says why and what to do."""
