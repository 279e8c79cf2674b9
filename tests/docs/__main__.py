"""Make the pages, build the site, check it."""

import shutil
import sys
import time

from sphinx.cmd.build import build_main

from .checking import faults, outward
from .pages import made_of_a_run, made_of_texts, navigation
from .places import BUILT, WRITTEN


def main() -> int:
    """Build everything anew; return 1 if Sphinx warns or a page has a fault."""
    begun = time.process_time()
    source, site = BUILT / "source", BUILT / "html"
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(WRITTEN, source)
    pages = made_of_texts() | made_of_a_run()
    pages["index.md"] += navigation(pages)
    for place, text in pages.items():
        (source / place).parent.mkdir(parents=True, exist_ok=True)
        (source / place).write_text(text, encoding="utf-8")
    kept = str(BUILT / "doctrees")
    status = build_main(
        ["-q", "-W", "--keep-going", "-b", "html", "-d", kept, str(source), str(site)]
    )
    found = [] if status else faults(site)
    print(*found, sep="\n", end="\n" if found else "")
    if status or found:
        return 1
    (BUILT / "links-to-elsewhere.txt").write_text("\n".join(outward(site)) + "\n", encoding="utf-8")
    print(f"{site / 'index.html'}: {len(list(site.rglob('*.html')))} pages")
    print(f"{time.process_time() - begun:.0f} s of processor time, kernels of notebooks apart")
    return 0


if __name__ == "__main__":
    sys.exit(main())
