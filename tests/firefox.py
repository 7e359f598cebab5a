"""The system's Firefox, headless, over Marionette, the protocol its own automation speaks: `LENGTH:[type, id, name, parameters]`."""

import base64
import json
import socket
import subprocess
import time
from itertools import count
from pathlib import Path
from typing import Any

PREFS: dict[str, bool | int | str] = {
    "marionette.port": 0,  # any free one; the profile's file MarionetteActivePort says which
    # It is to talk to nobody but the test's servers.
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.region.network.url": "",
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "services.settings.server": "data:,",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    # A download would only be a missing page; it must not ask where to.
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.download.start_downloads_in_tmp_dir": True,
}
TAB, SPACE = "\ue004", " "


class Refused(Exception):
    """Firefox could not do what it was asked."""


class Firefox:
    """One browser with one tab at first. `evaluate` takes an expression, as Playwright's does, so that helpers serve both."""

    def __init__(self, command: str, profile: Path) -> None:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFS.items()]
        (profile / "user.js").write_text("\n".join(lines))
        words = [command, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", str(profile)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._numbers = count()
        try:
            self._connect(profile / "MarionetteActivePort")
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _connect(self, port: Path) -> None:
        deadline = time.monotonic() + 60
        while not (port.exists() and port.read_text().strip()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise Refused("Firefox did not start")
            time.sleep(0.05)
        self._socket = socket.create_connection(("127.0.0.1", int(port.read_text())), 60)
        self._stream = self._socket.makefile("rb")
        self._read()  # it says who it is
        self.ask("WebDriver:NewSession", capabilities={})
        self.ask("WebDriver:SetTimeouts", pageLoad=15_000, script=15_000)

    def close(self) -> None:
        try:
            self.ask("Marionette:Quit", flags=["eForceQuit"])
        finally:
            self._stream.close()
            self._socket.close()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _read(self) -> Any:
        length = 0
        while (digit := self._stream.read(1)) != b":":
            if not digit:
                raise Refused("Firefox has gone")
            length = 10 * length + int(digit)
        return json.loads(self._stream.read(length))

    def ask(self, name: str, **parameters: Any) -> Any:
        message = json.dumps([0, next(self._numbers), name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        if error:
            raise Refused(f"{name}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def evaluate(self, expression: str, *arguments: Any) -> Any:
        """The expression's value in the page, beyond the reach of the page's policy; a promise is awaited."""
        return self.ask("WebDriver:ExecuteScript", script=f"return ({expression})", args=arguments, sandbox=None)

    def sees(self, selector: str) -> bool:
        """Whether the element is displayed; asked without a script, so with scripts off, too."""
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)
        return bool(self.ask("WebDriver:IsElementDisplayed", id=next(iter(found.values()))))

    def pref(self, name: str, value: bool | int) -> None:
        kind = "Bool" if isinstance(value, bool) else "Int"
        self.ask("Marionette:SetContext", value="chrome")
        try:
            self.evaluate(f"Services.prefs.set{kind}Pref(...arguments)", name, value)
        finally:
            self.ask("Marionette:SetContext", value="content")

    def goto(self, url: str) -> None:
        self.ask("WebDriver:Navigate", url=url)

    def press(self, key: str) -> None:
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.ask("WebDriver:PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": keys}])

    def point(self, x: float, y: float, *, click: bool = False) -> None:
        """Move the mouse to a place in the page."""
        steps: list[dict[str, object]] = [{"type": "pointerMove", "x": int(x), "y": int(y)}]
        steps += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}] if click else []
        self.ask("WebDriver:PerformActions", actions=[{"type": "pointer", "id": "mouse", "actions": steps}])

    def tab(self) -> str:
        """Open another tab, and look at it; returned is the handle of the one before, for `look`."""
        before = self.ask("WebDriver:GetWindowHandle")
        self.look(self.ask("WebDriver:NewWindow", type="tab", focus=True)["handle"])
        return str(before)

    def look(self, handle: str) -> None:
        self.ask("WebDriver:SwitchToWindow", handle=handle, focus=True)

    def leave(self) -> None:
        """Close this tab and look at the one that is left."""
        self.look(self.ask("WebDriver:CloseWindow")[0])

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.ask("WebDriver:TakeScreenshot", full=False)))
