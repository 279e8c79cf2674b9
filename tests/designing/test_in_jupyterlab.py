"""The designer's notebook in JupyterLab: a key on a slider moves the figures."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import nbformat
import pytest
from browser import Page, browser, needs_chromium

from entitlement_sim import Scenario, simulate
from entitlement_sim.reports.execution import read_notebook
from entitlement_sim.reports.parameters import parameters_cell, written
from entitlement_sim.reports.shipped import find_notebook

pytestmark = [needs_chromium, pytest.mark.soak]

TOKEN = "designer"


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Serve a folder, and say where."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", "--allow-root",
        "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=",
        f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    own = {name: str(folder / name.lower()) for name in (
        "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}  # fmt: skip
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | own, cwd=folder
        )
        try:
            address = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 120
            while True:
                with suppress(urllib.error.URLError, ConnectionError):
                    urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5).close()
                    break
                assert process.poll() is None, (folder / "server.log").read_text()
                assert time.monotonic() < until, (folder / "server.log").read_text()
                time.sleep(0.2)
            yield address
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


#: The notebook's panel.
PANEL = "[...window.jupyterapp.shell.widgets('main')].find(one => one.sessionContext)"


def run_all(page: Page) -> None:
    """Run all cells, as its menu does, of the notebook that is open."""
    page.wait_for(f"{PANEL}?.sessionContext.session?.kernel?.status === 'idle'", seconds=120)
    page.wait_for(
        f"(() => {{ const panel = {PANEL}; window.jupyterapp.shell.activateById(panel.id);"
        "panel.content.node.focus(); return window.jupyterapp.shell.currentWidget === panel; })()"
    )
    page.ask("void window.jupyterapp.commands.execute('notebook:run-all-cells')")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The notebook, opened and run from its first cell to its last."""
    folder = tmp_path_factory.mktemp("lab")
    few = {
        "segments.small.customers": 60,
        "segments.midsize.customers": 20,
        "segments.enterprise.customers": 4,
    }
    simulate(Scenario.load("demo", few), out=folder / "runs", name="demo").close()
    name = "10_offering_designer"
    notebook = read_notebook(find_notebook(name))
    cell = parameters_cell(notebook, name)
    cell.source += "\n" + written({"replications": 4})
    nbformat.write(notebook, folder / f"{name}.ipynb")
    with jupyterlab(folder) as address, browser(folder / "profile") as opened:
        page = opened()
        page.width(1400, 1000)
        page.open(f"{address}/lab/tree/{name}.ipynb?token={TOKEN}")
        page.wait_for("window.jupyterapp !== undefined", seconds=120)
        page.wait_for("document.querySelectorAll('.jp-Notebook .jp-Cell').length > 5", seconds=120)
        run_all(page)
        page.wait_for("document.querySelector('table.designed') !== null", seconds=300)
        yield page
    shutil.rmtree(folder, ignore_errors=True)


FIGURES = "document.querySelector('table.designed').innerText"
SLIDER = "document.querySelector('.widget-slider [role=slider], .widget-slider .noUi-handle')"


def test_a_key_on_a_slider_moves_the_figures_and_back_again(page: Page) -> None:
    at_rest = page.wait_for(FIGURES)
    page.ask(f"{SLIDER}.scrollIntoView()")
    page.ask(f"{SLIDER}.focus()")
    assert page.ask(f"document.activeElement === {SLIDER}")
    page.press("ArrowLeft")
    page.wait_for(f"{FIGURES} !== {at_rest!r}")
    page.press("ArrowRight")
    page.wait_for(f"{FIGURES} === {at_rest!r}")


def test_the_button_writes_the_offering(page: Page) -> None:
    page.ask(f"{SLIDER}.focus()")
    page.press("ArrowLeft")
    page.ask("[...document.querySelectorAll('button')].find(b => "
             "b.innerText.includes('Write as YAML')).click()")  # fmt: skip
    page.wait_for("document.body.innerText.includes('Written: offering.yaml')")
