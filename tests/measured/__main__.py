"""Measure how far intervals are to be trusted: standard errors, false alarms, power.

The runs take about 40 minutes of processor time; they are made in pieces, and what is there is not
made again. Then the tables are written, for the documentation and for ``inference.measured``; of
some settings alone, where the others are to stay as they are::

    python -m tests.measured make FOLDER [SECONDS [SETTING ...]]
    python -m tests.measured write FOLDER [SETTING ...]
"""

import sys
from pathlib import Path

from .running import make
from .writing import write


def main() -> None:
    """Do what the command line says."""
    command, folder, *rest = sys.argv[1:]
    if command == "make":
        seconds = float(rest[0]) if rest else float("inf")
        missing = make(seconds, Path(folder), rest[1:])
        print(f"{missing} files are missing" if missing else "all is there")
    elif command == "write":
        write(Path(folder), rest)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
