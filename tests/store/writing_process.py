"""Writes a run block by block, in a process of its own:
``writing_process.py OUT NAME BLOCKS ROWS [overwrite]``, so many rows of each table a block.

It says "begun" when the first block is handed over and "going" after each further one, and waits
for a line of input before each block, so that a test decides how far it gets.
"""

import sys

from store_rows import COLUMNS, balanced_block, facts

from entitlement_sim.store.writer import write_run


def blocks(count, rows):
    for seed in range(count):
        print("begun" if seed == 0 else "going", flush=True)
        sys.stdin.readline()
        yield balanced_block([rows] * len(COLUMNS), seed)


if __name__ == "__main__":
    out, name, count, rows, *options = sys.argv[1:]
    overwrite = "overwrite" in options
    write_run(
        blocks(int(count), int(rows)), facts(), out=out, name=name, overwrite=overwrite
    ).close()
    print("done", flush=True)
