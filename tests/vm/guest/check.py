# SPDX-License-Identifier: GPL-2.0-only
"""
Inside the virtual machine: traces known workloads and says PASS or FAIL of each on the console.

The program runs as it was built on another kernel; here it must load, count exactly and show arguments right.
"""

import collections
import json
import os
import re
import signal
import subprocess
import sys
import time

PYTHON = "/bin/python3"
TRACE = "/bin/phrude-trace"
TARGET = "/guest/target.py"
RULES_OF = {
    "getenv": "func: getenv\n  file: os.py",
    "getpid": "func: getpid\n  module: posix",
    "numbers": "func: numbers\n  file: target.py",
    "watched": "func: watched\n  file: target.py",
    "phrude.test": "audit: phrude.test",
}
ANSWER, ALERTS, RULES, ERRORS, CONFIG = "/tmp/answer", "/tmp/alerts", "/tmp/rules.yaml", "/tmp/errors", "/tmp/config.yaml"
USER = 1234  # as in target.py
# An emulated machine is some twenty times slower than a real one.
PATIENCE = 300

KINDS = {"frame": ["getenv", "numbers", "watched"], "arm": ["getenv", "numbers", "watched"],
         "call": ["getenv", "getpid", "watched"],
         "direct": ["getpid"], "audit": ["phrude.test"]}


def wait_for(text, process):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with open(ERRORS) as file:
            if text in file.read():
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError("no %r" % text)


def trace(kind, how):
    """Runs the workload of a probe kind under trace; returns what it expects, the alerts and the summary."""
    for path in (ANSWER, ALERTS):
        if os.path.exists(path):
            os.remove(path)
    with open(RULES, "w") as file:
        for name in KINDS[kind]:
            file.write("- name: %s\n  %s\n  level: info\n" % (name, RULES_OF[name]))
    options = ["--rules", RULES, "--probe", kind, "--format", "json", "--output", ALERTS]
    target = [PYTHON, "-S", TARGET, kind]
    with open(ERRORS, "w") as errors:
        if how == "run":
            tracer = subprocess.Popen([TRACE, "run", *options, "--", *target, "now", ANSWER], stderr=errors)
        else:
            process = subprocess.Popen([*target, "signal", ANSWER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            process.stdout.readline()
            tracer = subprocess.Popen([TRACE, *options, "--pid", str(process.pid)], stderr=errors)
            wait_for("ready: ", tracer)
            process.stdin.write(b"\n")
            process.stdin.close()
            process.wait(PATIENCE)
        # It ends by itself when what it traces is gone.
        status = tracer.wait(PATIENCE)
    if status:
        raise AssertionError("it ended with status %d" % status)
    with open(ANSWER) as file:
        expected = eval(file.read())
    with open(ALERTS) as file:
        alerts = [json.loads(line) for line in file]
    with open(ERRORS) as file:
        summary = re.search("summary: (.*)", file.read()).group(1)
    return expected, alerts, dict((k, int(v)) for k, v in re.findall(r"(\w+) (\d+)", summary))


def equal(what, found, expected):
    if found != expected:
        raise AssertionError("%s: %r, not %r" % (what, found, expected))


def check(kind, how):
    expected, alerts, summary = trace(kind, how)
    counts = dict(collections.Counter(alert["rule"]["name"] for alert in alerts))
    if summary.get("forks_late"):
        # A child that calls at once may be faster than its probes; the program says so, and only the child's are missing.
        low, high = expected["getenv"] - expected["forked"], expected["getenv"]
        equal("%d calls between %d and %d" % (counts["getenv"], low, high), low <= counts["getenv"] <= high, True)
        expected["getenv"] = counts["getenv"]
    expected.pop("forked", None)
    equal("alerts", (counts, summary), (expected, summary))
    # An emulated processor stands still for longer than a probe waits; the function is armed at its next call, and none is missing.
    late = summary.get("lost_arm", 0) if kind == "arm" else 0
    equal("lost", (summary["lost"], late <= 5), (late, True))
    equal("python", {alert["process"]["python"] for alert in alerts}, {"%d.%d.%d" % sys.version_info[:3]})
    equal("truncated", any(alert["truncated"] for alert in alerts), False)
    if kind in ARGUMENTS:
        ARGUMENTS[kind](alerts)


def frame(alerts):
    one = next(alert for alert in alerts if alert["rule"]["name"] == "getenv")
    equal("arguments", one["args"], {"key": "KEY_0", "default": "[0, (None, 1.5)]"})
    equal("callers", [caller["function"] for caller in one["callers"]], ["environment", "frame", "<module>"])
    first, *_, asked, last = [alert for alert in alerts if alert["rule"]["name"] == "watched"]
    equal("depth", len(first["callers"]), 23)
    equal("request", [asked["request"][key] for key in ("method", "path", "query", "remote_addr")],
          ["GET", "/shop", "q=1", "203.0.113.9"])
    equal("arguments", last["args"], {"number": str(1 << 100), "word": "w\xf6rd \U0001f40d",
                                      "rest": r"('rest', b'\x00')", "more": "{'more': {'key': {1}}}"})


def call(alerts):
    one = next(alert for alert in alerts if alert["rule"]["name"] == "getenv")
    equal("arguments", one["args"], {"key": "KEY_0", "default": None})
    last = [alert for alert in alerts if alert["rule"]["name"] == "watched"][-1]
    equal("arguments", last["args"], {"number": 199, "word": "w\xf6rd \U0001f40d", "rest": "('rest',)",
                                      "more": "{'more': 1}"})


def audit(alerts):
    equal("arguments", alerts[7]["args"], {"0": 7, "1": "text"})


ARGUMENTS = {"frame": frame, "arm": frame, "call": call, "audit": audit}


def change_of_user():
    """Who becomes a user that a target names is traced from then on, as a kprobe tells of the change."""
    with open(RULES, "w") as file:
        file.write("- name: watched\n  %s\n  level: info\n" % RULES_OF["watched"])
    with open(CONFIG, "w") as file:
        file.write("rules: %s\ntargets:\n  - { name: web, match: { user: %d } }\noutputs:\n  - { type: file, path: %s }\n" % (
            RULES, USER, ALERTS))
    if os.path.exists(ALERTS):
        os.remove(ALERTS)
    with open(ERRORS, "w") as errors:
        tracer = subprocess.Popen([TRACE, "--config", CONFIG], stderr=errors)
        wait_for("ready", tracer)
        subprocess.run([PYTHON, "-S", TARGET, "user", "now", ANSWER], check=True, timeout=PATIENCE)
        tracer.terminate()
        equal("status", tracer.wait(PATIENCE), 0)
    with open(ALERTS) as file:
        alerts = [json.loads(line) for line in file]
    with open(ERRORS) as file:
        said = file.read()
    equal("alerts at all", bool(alerts), True)
    equal("targets", {alert["target"] for alert in alerts}, {"web"})
    numbers = [int(alert["args"]["number"]) for alert in alerts]
    equal("calls from then on", numbers, list(range(numbers[0], numbers[-1] + 1)))
    equal("noticed late, or said so", (re.findall("changes_late [1-9]", said), "kprobes" in said), ([], False))


def attempt(name, check, *arguments):
    start = time.monotonic()
    try:
        check(*arguments)
    except Exception as error:
        said = ""
        if os.path.exists(ERRORS):
            with open(ERRORS) as file:
                said = " | ".join(file.read().splitlines()[-4:])
        print("FAIL %s: %s %s; it said: %s" % (name, type(error).__name__, error, said), flush=True)
    else:
        print("PASS %s (%.0f s)" % (name, time.monotonic() - start), flush=True)


def main():
    os.environ["LC_ALL"] = "C.UTF-8"
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    attempt("frame --pid", check, "frame", "pid")
    attempt("frame run", check, "frame", "run")
    attempt("call --pid", check, "call", "pid")
    attempt("call run", check, "call", "run")
    if int(os.uname().release.split(".")[0]) >= 6:  # before, functions are not armed
        attempt("arm --pid", check, "arm", "pid")
        attempt("arm run", check, "arm", "run")
    attempt("direct --pid", check, "direct", "pid")
    attempt("audit --pid", check, "audit", "pid")
    attempt("change of user", change_of_user)
    print("END", flush=True)


sys.exit(main())
