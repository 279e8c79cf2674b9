"""The error of reports."""


class ReportError(Exception):
    """A report cannot be made as asked; the message says why and what to do."""
