"""Folders that are made once for all workers of a session of tests."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first worker to ask for it fills, and that nobody changes.

    Parameters
    ----------
    factory : pytest.TempPathFactory
    name : str
        Of the folder, one in the whole session.
    make : callable
        Fills an empty folder, which gets its name afterwards: nothing in it may know where it is.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # of all workers
    (base / "shared").mkdir(exist_ok=True)
    place = base / "shared" / name
    with place.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            making = place.with_name(f"{name}.making")
            shutil.rmtree(making, ignore_errors=True)  # of a worker that was ended
            making.mkdir()
            make(making)
            making.rename(place)
    return place
