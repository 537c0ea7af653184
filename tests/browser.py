"""A headless Chromium, driven through two pipes by its own protocol, which needs no further package.

https://chromedevtools.github.io/devtools-protocol lists what can be asked. A message is JSON and ends with a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "chrome-headless-shell")
PROGRAM = next((path for name in NAMES if (path := shutil.which(name))), None)
"""The browser of this machine; None if there is none."""

_TO_BROWSER, _FROM_BROWSER = 3, 4  # the descriptors that Chromium reads and writes with --remote-debugging-pipe


class Browser:
    """One page in a browser, and what happened there."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back, self._asked, self._rest = to, back, 0, b""
        self.problems: list[str] = []
        """Messages and errors of the console."""
        self.requests: list[str] = []
        """Addresses that were asked for."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    _session: str | None = None

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a command of the protocol."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._asked:
            self._note(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, path: Path) -> None:
        """Open a file and wait until its plots are drawn; what happened before is forgotten."""
        self.problems.clear()
        self.requests.clear()
        self.ask("Page.navigate", url=path.resolve().as_uri())
        self.wait("document.documentElement?.dataset.plots === 'drawn'")

    def value(self, expression: str) -> Any:
        """What JavaScript says in the page; a promise is waited for."""
        found = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until JavaScript says yes in the page; fails after ten seconds.

        Raises:
            AssertionError: it never did.
        """
        for _ in range(100):
            if self.value(f"Boolean({expression})"):
                return
            time.sleep(0.1)
        raise AssertionError(f"never true: {expression}")

    def click(self, selector: str) -> None:
        """Press and release the mouse in the middle of an element."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self._mouse(kind, selector, 1)

    def point(self, selector: str) -> None:
        """Move the mouse to the middle of an element."""
        self._mouse("mouseMoved", selector, 0)

    def key(self, name: str) -> None:
        """Press a key, such as ArrowRight."""
        code = {"ArrowRight": 39, "ArrowLeft": 37, "Enter": 13}[name]
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def size(self, width: int, height: int = 900) -> None:
        """Give the window another size, in pixels."""
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def theme(self, name: str, media: str = "screen") -> None:
        """Prefer "light" or "dark", on "screen" or in "print"."""
        self.ask("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, path: Path) -> None:
        """Store a picture of the whole page."""
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(base64.b64decode(found["data"]))

    def printed(self, path: Path) -> None:
        """Store what a printer would get, as PDF."""
        path.write_bytes(base64.b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True)["data"]))

    def _mouse(self, kind: str, selector: str, count: int) -> None:
        x, y = self.value(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            " one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left" if count else "none", clickCount=count)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._back, 2**20)
            assert read, "the browser has ended"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        method, told = event.get("method"), event.get("params", {})
        if method == "Runtime.consoleAPICalled":
            self.problems.append(" ".join(str(one.get("value", one.get("description"))) for one in told["args"]))
        elif method == "Runtime.exceptionThrown":
            self.problems.append(str(told["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.problems.append(told["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser whose profile is in a folder; it ends with the block."""
    assert PROGRAM
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--hide-scrollbars",
        "--disable-dev-shm-usage",
    ]
    command = [
        PROGRAM,
        *options,
        "--disable-background-networking",
        "--remote-debugging-pipe",
        f"--user-data-dir={folder}",
    ]
    its_end, to = os.pipe()
    back, its_other_end = os.pipe()

    def place() -> None:
        spare = os.dup(its_end), os.dup(its_other_end)  # the two may have each other's numbers
        os.dup2(spare[0], _TO_BROWSER)
        os.dup2(spare[1], _FROM_BROWSER)

    process = subprocess.Popen(
        command,
        preexec_fn=place,
        pass_fds=(_TO_BROWSER, _FROM_BROWSER),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(its_end)
    os.close(its_other_end)
    try:
        yield Browser(to, back)
    finally:
        process.kill()
        process.wait()
        os.close(to)
        os.close(back)
