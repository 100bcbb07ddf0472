# SPDX-License-Identifier: GPL-2.0-only
"""scripts/demo.sh --console: a real application, traced, and its attacks on the pages."""

import os
import re
import signal
import subprocess
import sys
import threading

from browser import Browser
from console import PASSWORD, ROOT
from harness import Skip, equal, sqlite_test
from pages import picture

sys.path.append(os.path.join(ROOT, "scripts", "demo"))
sys.path.append(os.path.join(ROOT, "scripts", "lib"))
from attacks import ATTACKS  # noqa: E402


@sqlite_test
def the_demo_shows_its_attacks_on_the_pages():
    if os.geteuid() != 0:
        raise Skip("tracing needs root")
    demo = subprocess.Popen(["/usr/bin/python3", os.path.join(ROOT, "scripts/demo/run.py"), "--console"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    stuck = threading.Timer(240, demo.kill)
    stuck.start()
    try:
        lines = []
        for line in demo.stdout:
            lines.append(line)
            if found := re.search(r"http://\S+/setup#\S+", line):
                link = found[0]
                break
        else:
            raise AssertionError("".join(lines))
        assert any("5 of 5 attacks detected" in line for line in lines), "".join(lines)
        with Browser() as browser:
            browser.open(link)
            browser.wait("Set your password")
            browser.fill("#password", PASSWORD)
            browser.fill("#again", PASSWORD)
            browser.click("button")
            browser.wait("ATT&CK techniques seen")
            browser.complaints()  # that the form to set a password has no user name
            picture(browser, "demo-overview")
            text = browser.text()
            for attack in ATTACKS:
                assert attack.rule in text, (attack.rule, text)
            browser.click_link("Shell Command through os.popen")
            browser.wait("newest first")
            browser.click("a.row")
            browser.wait("Raw JSON")
            text = browser.text()
            for word in ("echo checking 127.0.0.1; echo attack-5 $(id)", "ping", "app.py", "application", "/ping", "shop"):
                assert word in text, (word, text)
            picture(browser, "demo-alert")
            equal(browser.complaints(), [])
        demo.send_signal(signal.SIGINT)
        equal(demo.wait(60), 0)
    finally:
        stuck.cancel()
        if demo.poll() is None:
            demo.kill()
            demo.wait()
        demo.stdout.close()
