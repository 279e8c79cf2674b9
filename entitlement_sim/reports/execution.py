"""Notebooks, executed from the first cell to the last in a kernel of this very Python."""

import asyncio
import json
import os
import re
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import zmq
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.output_widget import OutputWidget
from nbformat import NotebookNode
from traitlets import default
from traitlets.config import Config

from ..publishing.workshop import workshop
from .errors import ReportError
from .finding import MONEY, SEALED

#: Seconds that one cell may take.
CELL_TIMEOUT = 600
_STARTUP_TIMEOUT = 120

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class _ThisPython(AsyncKernelManager):
    """Starts kernels with the Python that runs now, whatever kernels a person has installed."""

    @default("transport_encryption")
    def _encrypted_where_possible(self) -> str:
        return "auto" if zmq.has("curve") else "disabled"

    @property
    def kernel_spec(self) -> KernelSpec:
        """How to start the kernel."""
        return KernelSpec(**get_kernel_dict())


def read_notebook(file: Path) -> NotebookNode:
    """Read a notebook.

    Raises
    ------
    ReportError
        The file holds none.
    """
    try:
        text = file.read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except Exception as error:
        # nbformat raises whatever the JSON trips over.
        raise ReportError(f"{file} is no notebook: {error}") from None
    if not isinstance(notebook, NotebookNode):
        raise ReportError(f"{file} is no notebook")
    return notebook


def execute(
    notebook: NotebookNode,
    name: str,
    folder: Path,
    *,
    sealed: bool = False,
    money: Sequence[str] = (),
    timeout: int = CELL_TIMEOUT,
) -> NotebookNode:
    """Execute a notebook, which then holds its outputs.

    Parameters
    ----------
    notebook : NotebookNode
        Is changed.
    name : str
        What it is called in errors.
    folder : Path
        Where it runs.
    sealed : bool
        Whether the runs that it finds are opened sealed: then their queries read nothing else.
    money : sequence of str
        With which money the run that it finds is reckoned, see :meth:`Run.reprice`.
    timeout : int
        Seconds that one cell may take.

    Raises
    ------
    ReportError
        A cell failed or took too long; the message names it.
    """
    with workshop(Path(tempfile.gettempdir())) as shop:
        # The file says how to speak to the kernel, its key included.
        connection = {"connection_file": str(shop.new / "kernel.json")}
        client = NotebookClient(
            notebook,
            timeout=timeout,
            startup_timeout=_STARTUP_TIMEOUT,
            kernel_manager_class=_ThisPython,
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            config=Config(ConnectionFileMixin=connection),
        )
        client.widget_registry = {"@jupyter-widgets/output": {"OutputModel": _QuietOutput}}
        try:
            _run(_Execution(client, _environment(str(shop.new), money, sealed=sealed)))
        except CellExecutionError as error:
            raise ReportError(_failure(notebook, name, error)) from None
        except CellTimeoutError:
            where = _place(notebook)
            raise ReportError(f"notebook {name}: {where} took more than {timeout} s") from None
        except (DeadKernelError, RuntimeError) as error:
            raise ReportError(f"notebook {name}: its kernel died: {error}") from None
    # What a server would need to bring sliders back to life; it differs every time.
    notebook.metadata.pop("widgets", None)
    return notebook


def _run(execution: "_Execution") -> None:
    """Execute in a thread of its own: in the main one nbclient would listen for interrupts."""
    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(execution.run).result()
        except BaseException:
            execution.stop()
            raise


class _QuietOutput(OutputWidget):
    """The place of a slider's output, which tells the kernel nothing about what it shows.

    Nobody would look at it; and where such words meet the end of a cell, a kernel may forget to say
    that the cell is done.
    """

    def sync_state(self) -> None:
        """Keep the state on this side."""


class _Execution:
    """The execution of a notebook, which another thread can stop at any time."""

    def __init__(self, client: NotebookClient, environment: dict[str, str]) -> None:
        self._client = client
        self._environment = environment
        # nbclient forgets it when it shuts the kernel down, whether that has ended or not.
        self._manager = client.create_kernel_manager()
        self._turn = threading.Lock()
        self._stopped = False
        self._task: asyncio.Task[NotebookNode] | None = None

    def run(self) -> None:
        """Execute the notebook, unless that was stopped before."""
        asyncio.run(self._execute())

    async def _execute(self) -> None:
        with self._turn:
            if self._stopped:
                return
            self._task = asyncio.ensure_future(self._client.async_execute(env=self._environment))
        try:
            await self._task
        finally:
            self._kill_kernel()

    def _kill_kernel(self) -> None:
        """End a kernel that nbclient has not ended, as when it was just starting or ending."""
        process = getattr(getattr(self._manager, "provisioner", None), "process", None)
        if process is not None:
            process.kill()

    def stop(self) -> None:
        """End the kernel, whatever it does; the thread that waits for it ends, too."""
        with self._turn:
            self._stopped = True
            self._kill_kernel()
            if self._task is not None and not self._task.done():
                loop = self._task.get_loop()
                with suppress(RuntimeError):  # it has just come to its end
                    loop.call_soon_threadsafe(self._task.cancel)


def _environment(nobody: str, money: Sequence[str], *, sealed: bool) -> dict[str, str]:
    """Environment of the kernel: nothing of a person's own IPython, and sets in a fixed order."""
    package_root = str(Path(__file__).resolve().parents[2])
    paths = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return dict(
        os.environ,
        IPYTHONDIR=nobody,
        PYTHONHASHSEED="0",
        PYTHONPATH=os.pathsep.join(paths),
        PYDEVD_DISABLE_FILE_VALIDATION="1",
        **({SEALED: "1"} if sealed else {}),
        **({MONEY: json.dumps(list(money))} if money else {}),
    )


def _failure(notebook: NotebookNode, name: str, error: CellExecutionError) -> str:
    words = _COLOURS.sub("", f"{error.ename}: {error.evalue}".strip())
    return f"notebook {name}: {_place(notebook)} failed: {words}"


def _place(notebook: NotebookNode) -> str:
    """Say which cell was executed last."""
    begun = [
        (number, cell)
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and (cell.get("execution_count") or cell.outputs)
    ]
    if not begun:
        return "its first cell"
    number, cell = begun[-1]
    lines: list[Any] = cell.source.splitlines() or [""]
    return f"cell {number} ({lines[0]})"
