"""Without the extra ``notebooks`` all works but pages, and these say what is missing."""

import sys

import pytest
from cli_process import finish, start

from entitlement_sim.reports.errors import HOW_TO_INSTALL

#: The command, where the packages of the extra cannot be found.
PROGRAM = """
import sys

EXTRA = {
    "IPython", "bs4", "ipykernel", "ipywidgets", "jinja2", "jupyterlab", "jupyter_client",
    "nbclient", "nbconvert", "nbformat", "traitlets", "zmq",
}

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in EXTRA:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from entitlement_sim.cli import answer
for line in sys.argv[1].splitlines():
    print("status", answer(line.split("|")))
"""

RUN = "run|reference|--set|segments.everyone.customers=20|--name|mine"
ANSWERS = f"""{RUN}
query|mine|FROM utilisation_by_template|--csv
runs
explain|mine|1
describe|mine|pacing
export|mine|mine.xlsx|--name|daily
export|mine|records|--form|csv
verify|mine
scorecard|mine
notebooks|copied
{RUN[:-4]}other|--seed|2
compare|mine|other"""
PAGES = "report|runs/mine\ncompare|runs/mine|reference|--page|page.html"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("without")


def test_simulating_asking_exporting_and_comparing_need_no_notebooks(folder):
    said = finish(start("-c", PROGRAM, ANSWERS, cwd=folder, program=(sys.executable,)))
    assert "Traceback" not in said.errors
    statuses = [line for line in said.out.splitlines() if line.startswith("status ")]
    assert statuses == ["status 0"] * len(ANSWERS.splitlines())
    assert (folder / "mine.xlsx").is_file()


def test_pages_say_in_one_line_what_to_install_and_nothing_is_made(folder):
    said = finish(start("-c", PROGRAM, PAGES, cwd=folder, program=(sys.executable,)))
    assert said.out == "status 2\nstatus 2\n"
    words = f"entitlement-sim: pages and notebooks need IPython; {HOW_TO_INSTALL}"
    assert said.errors.splitlines() == [words, words]
    assert not list(folder.glob("*.html"))
