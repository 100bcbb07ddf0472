# SPDX-License-Identifier: GPL-2.0-only
"""A running phrude-console with a store of its own, and a client for it."""

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import tempfile
import threading
import uuid

import harness
from postgres import Cluster  # noqa: F401

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("PHRUDE_CONSOLE", os.path.join(ROOT, os.environ.get("BUILD", "build"), "phrude-console"))
# Of PostgreSQL, while the tests run that need it.
cluster = None
PASSWORD = "correct horse battery"


def alert(**changes):
    """An alert as the tracer writes it; a key with dots changes what lies deeper: alert(**{"rule.name": "X"})."""
    whole = {
        "id": str(uuid.uuid4()), "time": "2026-01-02T03:04:05.678901Z", "host": "app-7",
        "rule": {"name": "Access to Environment Variable", "id": None, "level": "info", "tags": ["attack.T1059.006", "CWE-78"]},
        "function": {"name": "getenv", "qualname": "getenv", "file": "/usr/lib/python3.11/os.py", "module": None, "line": 772},
        "args": {"key": "CLOUD_SECRET_KEY", "default": None}, "value": {"key": "CLOUD_SECRET_KEY"},
        "callers": [{"function": "call", "file": "/usr/lib/python3/dist-packages/jinja2/runtime.py", "line": 298},
                    {"function": "root", "file": "<template>", "line": 19},
                    {"function": "hello", "file": "/srv/app/app.py", "line": 7}],
        "request": {"remote_addr": "203.0.113.9", "method": "POST", "path": "/ssti", "query": "", "host": "shop.example",
                    "user_agent": "curl/8", "session": None, "trace_id": None},
        "process": {"pid": 1234, "tid": 1234, "ppid": 1, "uid": 33, "exe": "/usr/bin/python3.11",
                    "cmdline": ["python3", "app.py"], "python": "3.11.2", "container": None},
        "input": None, "probe": "usdt", "action": "detect", "truncated": False}
    for key, value in changes.items():
        place = whole
        *path, last = key.split(".")
        for name in path:
            place = place.setdefault(name, {})
        place[last] = value
    return whole


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """One user, or nobody: keeps the cookie and the CSRF token."""

    def __init__(self, port):
        self.port = port
        self.cookie = self.csrf = None

    def ask(self, method, path, body=None, timeout=30, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            headers.setdefault("Cookie", self.cookie)
        if self.csrf:
            headers.setdefault("X-CSRF-Token", self.csrf)
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = Answer(response, response.read())
        finally:
            connection.close()
        cookie = answer.headers.get("Set-Cookie")
        if cookie:
            self.cookie = cookie.split(";")[0]
        return answer

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def signed_in(self):
        self.csrf = self.get("/api/v1/session").json["csrf"]
        return self

    def alerts(self, query=""):
        answer = self.get("/api/v1/alerts?" + query)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json["alerts"]


class Console:
    def __init__(self, directory=None, options=("--keep", "0"), store=None):
        self.directory = directory or tempfile.mkdtemp(prefix="phrude-console-")
        self.store = store or (cluster.database() if harness.current.store == "postgresql" else "sqlite:" + os.path.join(self.directory, "console.db"))
        self.options = list(options)
        self.start()

    def sql(self, statement):
        """Asks the store itself; rows as lists of texts, an empty one for NULL."""
        if harness.current.store == "postgresql":
            return cluster.sql(self.store, statement)
        with contextlib.closing(sqlite3.connect(os.path.join(self.directory, "console.db"), timeout=20)) as store:
            rows = [["" if value is None else str(value) for value in row] for row in store.execute(statement)]
            store.commit()
            return rows

    def start(self):
        self.lines = []
        self.process = subprocess.Popen(
            [BINARY, "serve", "--store", self.store, "--listen", "127.0.0.1:0", *self.options],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="backslashreplace")
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            if ready := re.search(r"^phrude-console: ready: (http://127\.0\.0\.1:(\d+))$", line):
                self.url, self.port = ready[1], int(ready[2])
                break
        else:
            raise AssertionError(f"it did not start: {self.lines}")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def link(self):
        """The token of the link that was printed at the start."""
        return next(match[1] for line in self.lines if (match := re.search(r"/setup#(\S+)$", line)))

    def command(self, *arguments, **options):
        return subprocess.run([BINARY, *arguments, "--store", self.store], capture_output=True, text=True, timeout=120, **options)

    def key(self, app="shop"):
        done = self.command("key", "add", app)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def client(self):
        return Client(self.port)

    def admin(self):
        """Signed in; by the link, the first time."""
        client = self.client()
        answer = client.ask("POST", "/api/v1/setup", {"token": self.link(), "password": PASSWORD})
        assert answer.status == 200, answer.body
        return client.signed_in()

    def client_of(self, name):
        """Signed in by their password."""
        client = self.client()
        answer = client.ask("POST", "/api/v1/session", {"user": name, "password": PASSWORD})
        assert answer.status == 200, answer.body
        return client.signed_in()

    def user(self, name, role):
        done = self.command("user", "add", name, "--role", role)
        assert done.returncode == 0, done.stderr
        client = self.client()
        answer = client.ask("POST", "/api/v1/setup", {"token": done.stdout.strip().removeprefix("/setup#"), "password": PASSWORD})
        assert answer.status == 200, answer.body
        return client.signed_in()

    def send(self, alerts, key, compress=False, timeout=60, **headers):
        """Posts alerts; those that are bytes are sent as they are, a line each."""
        body = b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in alerts)
        if compress:
            body = gzip.compress(body)
            headers["Content_Encoding"] = "gzip"
        return self.client().ask("POST", "/api/v1/alerts", body, timeout, Authorization=f"Bearer {key}", **headers)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it as an administrator would; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self.reader.join(10)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        self.reader.join(10)
