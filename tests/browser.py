"""A headless Chromium that tests drive as a person would: by keys, and by looking at the page."""

import itertools
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import websocket

from entitlement_sim.reports.pdf import find_chromium

needs_chromium = pytest.mark.skipif(
    find_chromium() is None,
    reason="no Chromium: install it (apt-get install chromium) or name it in CHROMIUM",
)

#: Names of keys, their codes, and their numbers on Windows, which Chromium wants as well.
KEYS = {
    "ArrowRight": 39, "ArrowLeft": 37, "ArrowUp": 38, "ArrowDown": 40, "Tab": 9, "Home": 36,
    "End": 35,
}  # fmt: skip


class Page:
    """One page of a browser."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=60, suppress_origin=True)
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Network"):
            self.do(f"{domain}.enable")
        self.do("Page.bringToFront")
        self.do("Emulation.setFocusEmulationEnabled", enabled=True)  # as if somebody looked at it

    def do(self, method: str, **parameters: Any) -> Any:
        """Do something that Chromium's protocol has a name for."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv())
            if told.get("id") == number:
                assert "error" not in told, told
                return told["result"]
            self._hear(told)

    def _hear(self, told: dict[str, Any]) -> None:
        if told.get("method") == "Network.requestWillBeSent":
            self.requests.append(told["params"]["request"]["url"])
        elif told.get("method") == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(told["params"]["exceptionDetails"]))

    def open(self, address: str) -> None:
        self.do("Page.navigate", url=address)
        self.wait_for("document.readyState === 'complete'")

    def ask(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        told = self.do(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 60) -> Any:
        """What an expression comes to, once that is something."""
        until = time.monotonic() + seconds
        while not (found := self.ask(expression)):
            assert time.monotonic() < until, f"never came: {expression}"
            time.sleep(0.05)
        return found

    def press(self, key: str, times: int = 1) -> None:
        code = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        for _ in range(times):
            self.do("Input.dispatchKeyEvent", type="keyDown", **code)
            self.do("Input.dispatchKeyEvent", type="keyUp", **code)

    def width(self, pixels: int, height: int = 900) -> None:
        self.do(
            "Emulation.setDeviceMetricsOverride",
            width=pixels, height=height, deviceScaleFactor=1, mobile=pixels < 600,
        )  # fmt: skip

    def close(self) -> None:
        self._socket.close()


@contextmanager
def browser(profile: Path) -> Iterator[Callable[[], Page]]:
    """Start Chromium, and hand over what opens pages in it."""
    program = find_chromium()
    assert program is not None
    command = [
        program, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")
    pages: list[Page] = []
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = _port(profile / "DevToolsActivePort")

        def opened() -> Page:
            asked = urllib.request.Request(f"http://127.0.0.1:{port}/json/new", method="PUT")
            with urllib.request.urlopen(asked, timeout=30) as answer:
                page = Page(json.load(answer)["webSocketDebuggerUrl"])
            pages.append(page)
            return page

        yield opened
    finally:
        for page in pages:
            with suppress(OSError, websocket.WebSocketException):
                page.close()
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _port(file: Path) -> int:
    until = time.monotonic() + 60
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < until, "Chromium has opened no port"
        time.sleep(0.05)
    return int(file.read_text().splitlines()[0])
