"""What a person is told when a run cannot be found, read or written."""

from pathlib import Path


class RunError(Exception):
    """A run cannot be used as asked; the message says why and what to do."""


class DamagedRun(RunError):
    """The files of a run are not as they were written.

    Parameters
    ----------
    place : Path
        The file.
    damage : str
        What is wrong with it, in words that go on after its name and a colon.
    """

    def __init__(self, place: Path, damage: str) -> None:
        super().__init__(f"the run is damaged: {place}: {damage}")
