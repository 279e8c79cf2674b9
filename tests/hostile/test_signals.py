"""Signals at random moments: nothing half there, nothing left behind, the right exit code."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from entitlement_sim import Scenario, open_run, simulate
from entitlement_sim.cli import answer
from entitlement_sim.reports.shipped import shipped_notebooks
from entitlement_sim.store.verify import verify

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

SEED = 20251126
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LINE = "entitlement-sim: interrupted; nothing half done is left behind\n"
MARKED = ".entitlement-sim-*"

#: Says when the command listens: signals before that are Python's and the system's own.
PROGRAM = """
from entitlement_sim import cli
listen = cli.Interruption.listen
cli.Interruption.listen = lambda self: (listen(self), print("listening", flush=True))
cli.main()
"""

#: Takes a moment and prints in two halves.
BROWSER = r"""#!/bin/sh
for argument; do case $argument in --print-to-pdf=*) pdf=${argument#--print-to-pdf=};; esac; done
printf '%%PDF-1.4\nhalf' > "$pdf"; sleep 0.3; printf 'half\n%%%%EOF\n' >> "$pdf"
"""

SIZE = ("--set", "segments.everyone.customers=3000")


@dataclass(frozen=True)
class Command:
    """A command of which signals are tried.

    Attributes
    ----------
    arguments : tuple of str
    seconds : float
        About as long as it takes on an idle machine.
    writing : float
        Seconds of it in which it writes.
    is_whole : callable
        Whether what the command makes is whole in a folder, or not there.
    is_whole_when_killed : callable, optional
        What can be asked after a kill, by default the same.
    """

    arguments: tuple[str, ...]
    seconds: float
    writing: float
    is_whole: Callable[[Path], bool]
    is_whole_when_killed: Callable[[Path], bool] | None = None


def holds(place: Path) -> bool:
    """Whether a run is as it was stored."""
    with open_run(place) as run:
        return verify(run).holds


def run_or_none(name: str) -> Callable[[Path], bool]:
    return lambda folder: not (folder / "runs" / name).exists() or holds(folder / "runs" / name)


def page_or_none(folder: Path) -> bool:
    page = folder / "old.html"
    return not page.exists() or page.read_text(encoding="utf-8").endswith("</html>")


def pdf_or_none(folder: Path) -> bool:
    pdf = folder / "old.pdf"
    whole = (b"%PDF-1.4\nhalfhalf\n%%EOF\n", b"of last month")
    return page_or_none(folder) and pdf.read_bytes() in whole


def copies_or_none(folder: Path) -> bool:
    texts = {file.name: file.read_bytes() for file in shipped_notebooks()}
    place = folder / "copies"
    return not place.exists() or {file.name: file.read_bytes() for file in place.iterdir()} == texts


def whole_scenarios(folder: Path) -> tuple[int, int]:
    """How many whole copies there are of how many, with files of somebody's own beside them."""
    copies = {file.name: file.read_bytes() for file in (folder / "whole").iterdir()}
    there = [name for name in copies if (folder / "mine" / name).exists()]
    assert all((folder / "mine" / name).read_bytes() == copies[name] for name in there)
    assert (folder / "mine" / "my own.txt").read_text() == "mine"
    return len(there), len(copies)


def scenarios_or_none(folder: Path) -> bool:
    there, copies = whole_scenarios(folder)
    return there in (0, copies)


def scenarios_one_by_one(folder: Path) -> bool:
    """A kill may come between two copies into a folder that is there already."""
    there, copies = whole_scenarios(folder)
    return there <= copies


COMMANDS = {
    "run": Command(("run", "reference", "--name", "new", *SIZE), 1.2, 0.6, run_or_none("new")),
    "run --overwrite": Command(
        ("run", "reference", "--name", "old", "--overwrite", *SIZE),
        1.2,
        0.6,
        lambda folder: holds(folder / "runs" / "old"),
    ),
    "notebooks": Command(("notebooks", "copies"), 0.2, 0.02, copies_or_none),
    "scenarios --copy": Command(
        ("scenarios", "--copy", "mine"), 0.4, 0.02, scenarios_or_none, scenarios_one_by_one
    ),
    "report": Command(("report", "old", "--notebook", "quick.ipynb"), 3.5, 2.5, page_or_none),
    "report --pdf": Command(
        ("report", "old", "--notebook", "empty.ipynb", "--pdf"), 3.5, 2.5, pdf_or_none
    ),
    "demo": Command(("demo",), 1.5, 0.8, run_or_none("demo")),
}


@dataclass
class Figures:
    """What came of the tries."""

    tries: Counter[str] = field(default_factory=Counter)
    ended_before: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        tries = ", ".join(f"{count} {name}" for name, count in sorted(self.tries.items()))
        return f"{self.tries.total()} signals ({tries}); {self.ended_before} came too late"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, notebooks to report with, last month's PDF and a browser."""
    folder = tmp_path_factory.mktemp("signals")
    scenario = Scenario.load("reference", ["segments.everyone.customers=5"])
    simulate(scenario, out=folder / "runs", name="old").close()
    parameters = nbformat.v4.new_code_cell(
        'run_path = ""', id="a", metadata={"tags": ["parameters"]}
    )
    title = nbformat.v4.new_markdown_cell("# Quick\n\n## One\n\ntext", id="b")
    cell = nbformat.v4.new_code_cell("import time; time.sleep(0.5)", id="c")
    for name, cells in (("quick", [parameters, title, cell]), ("empty", [parameters, title])):
        text = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
    (folder / "browser").write_text(BROWSER)
    (folder / "browser").chmod(0o755)
    (folder / "old.pdf").write_bytes(b"of last month")
    assert answer(["scenarios", "--copy", str(folder / "whole")]) == 0
    (folder / "mine").mkdir()
    (folder / "mine" / "my own.txt").write_text("mine")
    (folder / "tmp").mkdir()
    return folder


def start(command: Command, folder: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "TMPDIR": str(folder / "tmp"),
        "CHROMIUM": str(folder / "browser"),
        "IPYTHONDIR": str(folder),
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command.arguments],
        cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def debris(folder: Path) -> list[str]:
    """What is left of work in a folder and in the one for passing things."""
    hidden = [*folder.rglob(MARKED), *(folder / "tmp").iterdir()]
    return sorted({str(path.relative_to(folder)) for path in hidden})


def is_anybody_left(folder: Path) -> bool:
    """Whether a process that was started from a folder still goes on, given some seconds."""
    own = f"TMPDIR={folder / 'tmp'}".encode()
    for _ in range(100):
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if own in environment.read_bytes().split(b"\0"):
                    break
            except OSError:
                continue
        else:
            return False
        time.sleep(0.1)
    return True


def try_signal(template: Path, folder: Path, number: int, figures: Figures) -> None:
    """Start a command, send a signal at a random moment, and look at what is there."""
    chance = random.Random(f"{SEED} {number}")
    name = list(COMMANDS)[number % len(COMMANDS)]
    command = COMMANDS[name]
    number_sent = chance.choice(SIGNALS)
    waits_for_writing = chance.random() < 0.5
    moment = chance.random() * (command.writing if waits_for_writing else command.seconds)
    words = f"{number}: {name}, {number_sent.name}, {moment:.3f} s"

    subprocess.run(["cp", "-r", str(template), str(folder)], check=True)
    with start(command, folder) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while waits_for_writing and process.poll() is None and not writing(folder):
            time.sleep(0.0005)
        time.sleep(moment)
        process.send_signal(number_sent)
        try:
            _, errors = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            figures.faults.append(f"{words}: hang")
            return

    def note(fault: str) -> None:
        figures.faults.append(f"{words}: {fault} (exit code {process.returncode}, {errors!r})")

    figures.tries[number_sent.name] += 1
    if process.returncode == 0:
        figures.ended_before += 1
        if errors:
            note("words at the end")
    elif number_sent == signal.SIGKILL:
        if process.returncode != -signal.SIGKILL:
            note("wrong exit code")
    elif process.returncode != 128 + number_sent or errors != LINE:
        note("wrong exit code or words")
    if is_anybody_left(folder):
        note("orphan")
    is_whole = command.is_whole
    if number_sent == signal.SIGKILL and command.is_whole_when_killed is not None:
        is_whole = command.is_whole_when_killed
    if not is_whole(folder):
        note("half")
    if number_sent == signal.SIGKILL and process.returncode != 0:
        with start(command, folder) as following:
            _, errors = following.communicate(timeout=120)
        if following.returncode != 0 or not command.is_whole(folder):
            note(f"the next command ended with {following.returncode}: {errors}")
    if debris(folder):
        note(f"debris {debris(folder)}")
    subprocess.run(["rm", "-r", str(folder)], check=True)


def writing(folder: Path) -> bool:
    """Whether a workshop is open."""
    places = (folder, folder / "runs", folder / "mine", folder / "tmp")
    return any(True for place in places for _ in place.glob(MARKED))


def try_signals(template: Path, folder: Path, count: int) -> Figures:
    figures = Figures()
    for number in range(count):
        try_signal(template, folder / str(number), number, figures)
    print(figures, *figures.faults, sep="\n")
    return figures


def test_a_signal_at_any_moment_leaves_nothing_half(template: Path, tmp_path: Path) -> None:
    """One of each command; ``soak`` has two hundred."""
    assert try_signals(template, tmp_path, len(COMMANDS)).faults == []


@pytest.mark.soak
def test_two_hundred_signals_leave_nothing_half(template: Path, tmp_path: Path) -> None:
    assert try_signals(template, tmp_path, 200).faults == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["TERM", "HUP"])
def test_a_signal_that_the_process_was_started_to_ignore_is_ignored(
    template: Path, tmp_path: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "folder"
    subprocess.run(["cp", "-r", str(template), str(folder)], check=True)
    before = signal.signal(number, signal.SIG_IGN)
    try:
        process = start(COMMANDS["run"], folder)
    finally:
        signal.signal(number, before)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.2)
        process.send_signal(number)
        _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert holds(folder / "runs" / "new")


def test_an_interrupt_that_python_passes_over_comes_again() -> None:
    program = (
        "import time; from entitlement_sim import cli\n"
        "class Swallows:\n"
        "    def __del__(self):\n"
        "        import os, signal; os.kill(os.getpid(), signal.SIGTERM); time.sleep(1)\n"
        "def command(arguments):\n"
        "    swallows = Swallows(); del swallows; time.sleep(60)\n"
        "cli._run_command = command\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=50
    )
    assert (done.returncode, done.stderr) == (143, LINE)


def test_from_python_nobody_listens(template: Path, tmp_path: Path) -> None:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    scenario = Scenario.load("reference", ["segments.everyone.customers=1"])
    simulate(scenario, out=tmp_path, name="quiet").close()
    assert {number: signal.getsignal(number) for number in SIGNALS} == before
