# SPDX-License-Identifier: GPL-2.0-only
"""phrude-trace as a process: started, waited for, ended, and what it said."""

import collections
import datetime
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time

from harness import expect, expect_equal
from interpreters import BUILD, HERE

BINARY = os.environ.get("PHRUDE_TRACE") or os.path.join(BUILD, "phrude-trace")
KEYS = ["id", "time", "host", "rule", "function", "args", "value", "callers", "request", "process", "input", "probe",
        "action", "truncated"]
SUB_KEYS = {
    "rule": ["name", "id", "level", "tags"],
    "function": ["name", "qualname", "file", "module", "line"],
    "request": ["remote_addr", "method", "path", "query", "host", "user_agent", "session", "trace_id"],
    "process": ["pid", "tid", "ppid", "uid", "exe", "cmdline", "python", "container"],
}

# What must not stand in a line of JSON, or a terminal that shows it, as it is.
RAW = re.compile("[\0-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")

# Of an alert's line: the rule's name and the process.
PLACE = re.compile(rb'"rule":\s*{"name":\s*"([^"]*)".*"process":\s*{"pid":\s*(\d+)')

Ended = collections.namedtuple("Ended", "status output errors")


def rule(func, file=None, module=None, name=None, **keys):
    return dict(name=name or func, func=func, **({"module": module} if module else {"file": file}),
                **{"level": "info", **keys})


def pack(*names):
    """Files of the rule pack as one."""
    texts = []
    for name in names:
        with open(os.path.join(os.path.dirname(os.path.dirname(HERE)), "rules", name + ".yaml")) as file:
            texts.append(file.read())
    return "\n".join(texts)


def yaml(rules):
    """The rules as a rule file; a JSON string is a YAML one."""
    lines = []
    for entry in rules:
        for index, (key, value) in enumerate(entry.items()):
            lines.append("%s %s: %s" % (" " if index else "-", key, json.dumps(value, ensure_ascii=False)))
    return "\n".join(lines) + "\n"


def command(*arguments, timeout=30, **options):
    """Runs phrude-trace to its end."""
    done = subprocess.run([BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, **options)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


class Tracer:
    """
    One tracer at work.  As a context manager it is ready when the body starts and has ended, by ^C, after it; then
    .alerts, .summary and .status are there.  count: instead of the alerts, .counts has how many there are of each rule and pid,
    {(name, pid): number}, both as bytes.
    """

    def __init__(self, rules, *pids, kind=None, options=(), run=None, popen=None, count=False):
        self.folder = tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-")
        self.output = os.path.join(self.folder.name, "alerts.json")
        path = os.path.join(self.folder.name, "rules.yaml")
        with open(path, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(rules if isinstance(rules, str) else yaml(rules))
        arguments = [BINARY] + (["run"] if run else [])
        for pid in pids:
            arguments += ["--pid", str(pid)]
        arguments += ["--rules", path, "--format", "json", "--output", self.output, *options]
        if kind:
            arguments += ["--probe", kind]
        self.process = subprocess.Popen(arguments + (["--", *run] if run else []), stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, **(popen or {"stdout": subprocess.DEVNULL}))
        self.count = count
        self.messages = []
        self.ready_line = None
        self.status = None
        self._event = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            line = line.decode(errors="replace").rstrip("\n")
            self.messages.append(line)
            if line.startswith("phrude-trace: ready: "):
                self.ready_line = line
                self._event.set()
        self._event.set()

    def wait_ready(self, timeout=30):
        self._event.wait(timeout)
        if not self.ready_line:
            self.kill()
            raise AssertionError("phrude-trace not ready: status %s, it said: %s" % (
                self.process.returncode, " | ".join(self.messages[-3:]) or "nothing"))
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._reader.join(5)
        self.process.stderr.close()

    def wait(self, timeout=30):
        """Waits until it ends, and reads what it left."""
        try:
            self.status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("phrude-trace did not end within %d s" % timeout) from None
        self._reader.join(5)
        self.process.stderr.close()
        raw = b""
        if os.path.exists(self.output):
            with open(self.output, "rb") as file:
                raw = file.read()
        if self.count:
            self.counts = collections.Counter(PLACE.findall(raw))
        else:
            self.alerts = [checked(line) for line in raw.split(b"\n")[:-1]]
        self.summary = self._summary()
        self.folder.cleanup()
        return self

    def stop(self, number=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def _summary(self):
        lines = [line for line in self.messages if line.startswith("phrude-trace: summary: ")]
        expect(len(lines) == 1, "%d summary lines, status %s: %s", len(lines), self.status, self.messages[-3:])
        rest = lines[0].split("summary: ", 1)[1]
        pairs = dict((key, int(number)) for key, number in re.findall(r"([a-z_]+) (\d+)(?:,|$|\s)", rest))
        expect(list(pairs)[:4] == ["hits", "matches", "alerts", "lost"], "summary is %r", rest)
        return pairs

    def by_rule(self):
        return dict(collections.Counter(alert["rule"]["name"] for alert in self.alerts))

    def wait_alerts(self, number, timeout=10):
        """Waits until that many alerts are written, while it runs."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if os.path.exists(self.output):
                with open(self.output, "rb") as file:
                    if file.read().count(b"\n") >= number:
                        return
            time.sleep(0.01)
        raise AssertionError("not %d alerts within %d s" % (number, timeout))

    def __enter__(self):
        return self.wait_ready()

    def __exit__(self, kind, error, trace):
        if kind:
            self.kill()
            return
        self.stop()
        expect(self.status == 0, "phrude-trace ended with status %d: %s", self.status, self.messages[-3:])


def checked(line):
    """An alert, found to be as the contract has it: its keys, all of them, and clean UTF-8."""
    text = line.decode("utf-8")  # strict
    raw = RAW.search(text)
    expect(not raw, "raw U+%04X in an alert", raw and ord(raw.group()))
    alert = json.loads(text)
    expect(list(alert) == KEYS + ["repeated"] * ("repeated" in alert), "an alert's keys are %s", list(alert))
    for key, keys in SUB_KEYS.items():
        if key != "request" or alert[key] is not None:
            expect(list(alert[key]) == keys, "the keys of %s are %s", key, list(alert[key]))
    for caller in alert["callers"]:
        if list(caller) != ["function", "file", "line"]:
            raise AssertionError("a caller's keys are %s" % list(caller))
    expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", alert["time"]), "time is %r", alert["time"])
    # Version 7, of the alert's time in milliseconds.
    expect(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", alert["id"]), "id is %r",
           alert["id"])
    time = datetime.datetime.strptime(alert["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    since = time - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    expect(int(alert["id"].replace("-", "")[:12], 16) == since // datetime.timedelta(milliseconds=1), "id %s is not of %s",
           alert["id"], alert["time"])
    if alert["input"] is not None:
        expect_equal(list(alert["input"]), ["source", "name", "value", "arg"], "keys of input")
        expect(alert["request"] is not None and alert["input"]["arg"] in alert["args"], "input is %r", alert["input"])
    expect(alert["host"] == os.uname().nodename, "host is %r", alert["host"])
    expect(alert["action"] == "detect", "action is %r", alert["action"])
    return alert
