# SPDX-License-Identifier: GPL-2.0-only
"""What the demo prints."""

import os
import sys
import textwrap

_COLOR = sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb")
_WIDTH = 118


def _paint(code, text):
    return f"\033[{code}m{text}\033[0m" if _COLOR else text


def line(text=""):
    print(text, flush=True)


def note(text):
    line(_paint("2", text))


def good(text):
    line(_paint("1;32", text))


def bad(text):
    line(_paint("1;31", text))


def heading(number, total, title):
    line()
    line(_paint("1", f"Attack {number} of {total}: {title}"))


def field(label, text, code=None):
    """One labelled entry; what goes over the width continues under its beginning."""
    # Nothing that came from the application may drive the terminal.
    safe = "".join(ch if ch.isprintable() else repr(ch)[1:-1] for ch in text)
    rows = textwrap.wrap(safe, _WIDTH - 11, break_long_words=True) or [""]
    for row in rows:
        line(f"  {label:<9}{_paint(code, row) if code else row}")
        label = ""


def _short(file, application):
    return (file or "?").replace(application + "/", "")


def alert(found, application):
    """One alert; of its callers the innermost ones, and all that are the application's or its packages'."""
    rule, process = found["rule"], found["process"]
    field("ALERT", f"{rule['name']}  [{rule['level']}]  {' '.join(rule['tags'])}", "1;33")
    function = found["function"]
    field("call", f"{function['qualname'] or function['name']}  {_short(function['file'], application)}:{function['line']}")
    field("value", ", ".join(f"{label}={value}" for label, value in found["value"].items()))
    label, skipped = "callers", 0
    for number, caller in enumerate(found["callers"]):
        file = caller["file"] or "?"
        own = file.startswith(application) or file == "<template>"
        if number >= 3 and not own:
            skipped += 1
            continue
        if skipped:
            field(label, f"... {skipped} more", "2")
            skipped = 0
        field(label, f"{caller['function']}  {_short(file, application)}:{caller['line']}", "36" if own else None)
        label = ""
    if skipped:
        field(label, f"... {skipped} more", "2")
    field("process", f"pid {process['pid']} uid {process['uid']}  {' '.join(process['cmdline'] or [])}  "
                     f"CPython {process['python']}  (probe: {found['probe']})")


def others(alerts):
    if alerts:
        counts = {}
        for found in alerts:
            counts[found["rule"]["name"]] = counts.get(found["rule"]["name"], 0) + 1
        field("and also", ", ".join(name if n == 1 else f"{name} ({n})" for name, n in counts.items()))
