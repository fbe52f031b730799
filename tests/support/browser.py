"""A headless chromium, driven over its DevTools protocol; an error in a page fails the test."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import pytest
from websockets.asyncio.client import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser: Final = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed: apt-get install chromium"
)
SWITCHES: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-extensions",
    "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--lang=en-US",
)  # fmt: skip


class Tab:
    """One tab: what it evaluates, shows, and complains of."""

    def __init__(
        self, socket: ClientConnection, session: str, numbers: itertools.count[int]
    ) -> None:
        self.errors: list[str] = []
        self._socket = socket
        self._session = session
        self._numbers = numbers
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def call(self, method: str, **given: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        said = {"id": number, "sessionId": self._session, "method": method, "params": given}
        await self._socket.send(json.dumps(said))
        async with asyncio.timeout(30):
            return await answer

    def hear(self, said: dict[str, Any]) -> None:
        if "id" in said:
            answer = self._answers.pop(said["id"], None)
            if answer is not None and not answer.done():
                answer.set_result(said.get("result", said.get("error", {})))
        elif said["method"] == "Runtime.exceptionThrown":
            details = said["params"]["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif said["method"] == "Log.entryAdded":
            entry = said["params"]["entry"]
            if entry["level"] == "error":
                self.errors.append(f"{entry['text']} {entry.get('url', '')}")

    async def open(self, url: str) -> None:
        for domain in ("Page", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        await self.call("Page.navigate", url=url)

    async def size(self, width: int, height: int) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def value(self, expression: str) -> Any:
        """Return what an expression of JavaScript gives; an exception in it fails the test."""
        found = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def until(self, expression: str, within: float = 20) -> None:
        """Wait until an expression holds; what it throws before the page is there counts as no."""
        try:
            async with asyncio.timeout(within):
                safe = f"(() => {{ try {{ return !!({expression}); }} catch {{ return 0; }} }})()"
                while not await self.value(safe):  # noqa: ASYNC110 - a page says nothing by itself
                    await asyncio.sleep(0.05)
        except TimeoutError:
            shown = await self.value("document.body.innerText.slice(0, 1500)")
            pytest.fail(f"{expression} does not hold; errors {self.errors}; the page:\n{shown}")

    async def type(self, selector: str, text: str) -> None:
        """Type a text into a field, over what is there."""
        await self.value(f"document.querySelector({selector!r}).focus()")
        await self.value(f"document.querySelector({selector!r}).value = ''")
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, code: int, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            await self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **more,
            )

    async def click(self, selector: str) -> None:
        await self.value(f"document.querySelector({selector!r}).click()")

    async def shot(self, path: Path) -> None:
        found = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(found["data"]))


@asynccontextmanager
async def browser(folder: Path, *, width: int = 1440, height: int = 900) -> AsyncIterator[Tab]:
    """Start chromium with a profile of its own; give its only tab."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *SWITCHES,
        f"--user-data-dir={folder}",
        f"--window-size={width},{height}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    listening = None
    try:
        socket = await connect(await _address(folder), max_size=None, compression=None)
        async with socket:
            numbers = itertools.count(1)
            await socket.send(json.dumps({"id": 0, "method": "Target.getTargets"}))
            targets = await _answer(socket, 0)
            target = next(
                each["targetId"] for each in targets["targetInfos"] if each["type"] == "page"
            )
            attach = {"targetId": target, "flatten": True}
            await socket.send(
                json.dumps({"id": 0, "method": "Target.attachToTarget", "params": attach})
            )
            session = (await _answer(socket, 0))["sessionId"]
            tab = Tab(socket, session, numbers)

            async def listen() -> None:
                async for text in socket:
                    said = json.loads(text)
                    if said.get("sessionId") == session:
                        tab.hear(said)

            listening = asyncio.ensure_future(listen())
            await tab.size(width, height)
            yield tab
            await socket.send(json.dumps({"id": 0, "method": "Browser.close"}))
    finally:
        if listening is not None:
            listening.cancel()
        with suppress(ProcessLookupError, TimeoutError):
            async with asyncio.timeout(5):
                await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _address(folder: Path) -> str:
    """Return where chromium listens, once it says so."""
    file = folder / "DevToolsActivePort"
    async with asyncio.timeout(30):
        while not (file.exists() and file.read_text("utf-8").count("\n")):  # noqa: ASYNC110 - it comes
            await asyncio.sleep(0.05)
    port, path = file.read_text("utf-8").split("\n")[:2]
    return f"ws://127.0.0.1:{port}{path}"


async def _answer(socket: ClientConnection, number: int) -> dict[str, Any]:
    while True:
        said = json.loads(await socket.recv())
        if said.get("id") == number:
            found: dict[str, Any] = said["result"]
            return found
