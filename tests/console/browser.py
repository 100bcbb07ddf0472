# SPDX-License-Identifier: GPL-2.0-only
"""Chromium, driven by chromedriver through the WebDriver protocol."""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Enter": "\ue007", "Tab": "\ue004"}


class Browser:
    """Text that a test looks for is waited for; what the page's scripts complain of is kept by the browser."""

    def __init__(self, width=1280, height=900, dark=False):
        self.profile = tempfile.mkdtemp(prefix="phrude-chromium-")
        said = []
        # The port that one chooses by itself may be another program's by the time that it listens there; it ends then.
        while not self._start_driver(said):
            if len(said) == 5:
                raise AssertionError("chromedriver did not start: " + "\n".join(said))
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={self.profile}/profile"]
        answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": flags}, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = f"/session/{answer['sessionId']}"
        self.resize(width, height)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def _start_driver(self, said):
        """Is there one?  If not, adds what it said."""
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, env={**os.environ, "HOME": self.profile})
        text = ""
        for line in self.driver.stdout:
            text += line
            if started := re.search(r"started successfully on port (\d+)", line):
                self.base = f"http://127.0.0.1:{started[1]}"
                return True
        self.driver.wait()
        self.driver.stdout.close()
        said.append(text)
        return False

    def _ask(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, None if body is None else json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=240) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise AssertionError(f"{path}: {value['error']}: {value['message'].splitlines()[0]}") from None

    def ask(self, method, path, body=None):
        return self._ask(method, self.session + path, body)

    def cdp(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def resize(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    @property
    def url(self):
        return self.ask("GET", "/url")

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self):
        return self.run("return document.body.innerText")

    def wait(self, what, timeout=60, name=None):
        """Waits until `what` (a text of the page, or a function) is there; returns what it gave."""
        until = time.monotonic() + timeout
        while True:
            try:
                found = what() if callable(what) else what in self.text()
            except AssertionError:
                found = None  # the page is being replaced
            if found:
                return found
            if time.monotonic() > until:
                raise AssertionError(f"{name or what!r} did not come; the page at {self.url} says: {self.text()[:2000]}")
            time.sleep(0.05)

    def element(self, using, value):
        """Waits for it: what the page has asked the server for comes a moment after the page."""
        return self.wait(lambda: self.ask("POST", "/element", {"using": using, "value": value})[ELEMENT], name=f"{using} {value!r}")

    def find(self, selector):
        return self.element("css selector", selector)

    def click(self, selector):
        self.ask("POST", f"/element/{self.find(selector)}/click", {})

    def click_link(self, text):
        self.ask("POST", f"/element/{self.element('partial link text', text)}/click", {})

    def click_button(self, text):
        xpath = f"//button[normalize-space()='{text}']"
        self.ask("POST", f"/element/{self.element('xpath', xpath)}/click", {})

    def fill(self, selector, text):
        element = self.find(selector)
        self.ask("POST", f"/element/{element}/clear", {})
        self.ask("POST", f"/element/{element}/value", {"text": text})

    def press(self, key):
        key = KEYS.get(key, key)
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def complaints(self):
        """What scripts, the policy and the network complained of since the last time."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]

    def close(self):
        try:
            self.ask("DELETE", "")
        except (AssertionError, OSError):
            pass
        self.driver.terminate()
        self.driver.wait(20)
        self.driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
