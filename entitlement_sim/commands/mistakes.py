"""What a person is told when a command cannot do what was asked."""


class Mistake(Exception):
    """Something was asked for that cannot be done; the message says why and what to do."""
