# SPDX-License-Identifier: GPL-2.0-only
"""The corpus of confirmed attacks, and what becomes of it when it is sent again."""

import contextlib
import http.server
import json
import os
import sys
import tempfile
import threading
import urllib.parse

from console import ROOT, Console, alert
from harness import Skip, equal, sqlite_test, test

sys.path.append(os.path.join(ROOT, "scripts", "demo"))
sys.path.append(os.path.join(ROOT, "scripts", "lib"))
from attacks import ATTACKS  # noqa: E402
from shop import Shop  # noqa: E402
from tracer import Tracer  # noqa: E402

RULES = os.path.join(ROOT, "rules", "phrude.yaml")


def attack(identity, path, query="", method="GET", source=None, name=None, value=None, **more):
    found = {"source": source, "name": name, "value": value, "arg": "cmd"} if source else None
    return alert(**{"id": identity, "rule.name": "Shell Command", "rule.level": "alert", "input": found, "request.path": path, "request.query": query,
                    "request.method": method, "request.host": "shop.example:8080", "request.user_agent": "curl/8 \u2028", **more})


def confirm(console, client, *identities):
    for identity in identities:
        equal(client.ask("POST", f"/api/v1/alerts/{identity}", {"state": "incident", "note": ""}).status, 200)


def export(console, *options):
    done = console.command("export", "--corpus", *options)
    equal(done.returncode, 0)
    return done.stdout


def saved(text):
    handle, path = tempfile.mkstemp(suffix=".har")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return path


@test
def requests_of_incidents_are_exported():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([attack("q", "/ping", "host=127.0.0.1%3B+id&x=%3Cb%3E", source="query", name="host", value="127.0.0.1; id"),
                      attack("again", "/ping", "host=127.0.0.1%3B+id&x=%3Cb%3E", source="query", name="host", value="127.0.0.1; id", **{"rule.name": "Other"}),
                      attack("p", "/files/../../etc/passwd ü", source="path", name="file", value="../../etc/passwd"),
                      attack("f", "/login", method="POST", source="form", name="user", value="a' OR 1=1 --&"),
                      attack("j", "/api", method="POST", source="json", name="q", value='"; drop'),
                      attack("c", "/", source="cookie", name="lang", value="../../x"),
                      attack("h", "/", source="header", name="X-Lang", value="${jndi:x}"),
                      attack("s", "/search", "password=hunter2secret&q=x"),
                      attack("none", "/", **{"request": None}),
                      attack("odd", "/", method="GET /x HTTP/1.1\r\nX: y"),
                      attack("new", "/not-confirmed")], key)
        equal(export(console), '{"log":{"version":"1.2","creator":{"name":"phrude-console","version":"' + console.command("--version").stdout.split()[1] + '"},"entries":[\n]}}\n')
        confirm(console, admin, "q", "again", "p", "f", "j", "c", "h", "s", "none", "odd")
        entries = {one["_phrude"]["alert"]: one for one in json.loads(export(console))["log"]["entries"]}
        equal(sorted(entries.keys() - {"q", "again"}), ["c", "f", "h", "j", "p", "s"])
        merged = entries.get("q") or entries["again"]
        equal(sorted(merged["_phrude"]["rules"]), ["Other", "Shell Command"])
        request = merged["request"]
        equal(request["url"], "http://shop.example:8080/ping?host=127.0.0.1;%20id&x=%3Cb%3E")
        equal(request["queryString"], [{"name": "host", "value": "127.0.0.1; id"}, {"name": "x", "value": "<b>"}])
        equal((request["method"], request["headers"], merged["_phrude"]["whole"]), ("GET", [{"name": "User-Agent", "value": "curl/8 \u2028"}], True))
        equal(entries["p"]["request"]["url"], "http://shop.example:8080/files/../../etc/passwd%20%C3%BC")
        equal(entries["f"]["request"]["postData"], {"mimeType": "application/x-www-form-urlencoded", "text": "user=a'%20OR%201%3D1%20--%26"})
        equal(json.loads(entries["j"]["request"]["postData"]["text"]), {"q": '"; drop'})
        equal((entries["f"]["_phrude"]["whole"], entries["c"]["_phrude"]["whole"]), (False, True))
        assert {"name": "Cookie", "value": "lang=../../x"} in entries["c"]["request"]["headers"]
        assert {"name": "X-Lang", "value": "${jndi:x}"} in entries["h"]["request"]["headers"]
        secret = entries["s"]["request"]
        assert "hunter2" not in json.dumps(secret) and secret["queryString"][0]["value"].startswith("[redacted:"), secret
        equal(entries["s"]["_phrude"]["whole"], False)
        lines = export(console, "--format", "params").splitlines()
        assert lines == sorted(lines) and 'GET /ping\tquery\t"host"\t"127.0.0.1; id"' in lines and 'POST /login\tform\t"user"\t"a\' OR 1=1 --&"' in lines, lines
        equal(sum(line.startswith("GET /ping\tquery\t\"host\"") for line in lines), 1)
        equal(json.loads(export(console, "--app", "billing"))["log"]["entries"], [])
        equal(console.command("export").returncode, 2)
        equal(console.command("export", "--corpus", "--format", "xml").returncode, 2)


class Instance(http.server.ThreadingHTTPServer):
    """Notes what it gets, and has an alert of each request whose path is `bad` in the console."""

    daemon_threads = True

    def __init__(self, console, key, bad):
        super().__init__(("127.0.0.1", 0), Handler)
        self.console, self.key, self.bad, self.requests = console, key, bad, []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def any(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        if self.path.startswith(self.server.bad):
            trace = self.headers["traceparent"].split("-")[1]
            self.server.console.send([alert(**{"id": trace, "time": at(0), "rule.name": "Still \x1b[2J", "request.trace_id": trace})], self.server.key)
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_HEAD = do_OPTIONS = any

    def log_message(self, *_):
        pass


def at(ago):
    from test_attackers import at as time_of

    return time_of(ago)


@test
def a_corpus_is_sent_again_as_it_was():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([attack("q", "/ping", "host=1%3B+id"), attack("p", "/files/../../etc/passwd"), attack("f", "/login", method="POST", source="form", name="user", value="a&b")], key)
        confirm(console, admin, "q", "p", "f")
        path = saved(export(console))
        with Instance(console, key, "/ping") as instance:
            done = console.command("replay", path, "--to", instance.url, "--wait", "1s")
            lines = done.stdout.splitlines()
            equal((done.returncode, len(lines)), (1, 4))
            assert "still  GET /ping?host=1;%20id: 404; Still \\x1b[2J" in lines, lines
            assert "silent GET /files/../../etc/passwd: 404; no alert, and before: Shell Command" in lines, lines
            assert "silent POST /login: 404; no alert, and before: Shell Command (not all of the request is known)" in lines, lines
            equal(lines[3], "3 requests: alerts of 1, none of 2; 0 were not answered")
            assert "alerts still come of 1 requests" in done.stderr, done.stderr
            sent = {one[1]: one for one in instance.requests}
            equal(sent.keys(), {"/ping?host=1;%20id", "/files/../../etc/passwd", "/login"})
            method, _, headers, body = sent["/login"]
            equal((method, body, headers["Content-Type"], headers["Host"]), ("POST", b"user=a%26b", "application/x-www-form-urlencoded", instance.url.removeprefix("http://")))
            equal(headers["User-Agent"], "curl/8 \u2028".encode().decode("latin-1"))
        with Instance(console, key, "/nothing") as instance:
            done = console.command("replay", path, "--to", instance.url, "--wait", "0")
            equal((done.returncode, done.stdout.count("silent ")), (0, 3))
            assert "no alert came at all" in done.stderr, done.stderr
        done = console.command("replay", path, "--to", instance.url, "--wait", "0")
        equal((done.returncode, done.stdout.count("failed ")), (1, 3))


@sqlite_test
def attacks_are_sent_to_this_machine_alone():
    with Console() as console:
        path = saved('{"log":{"entries":[]}}')
        for place in ("http://192.0.2.1", "http://127.0.0.1.example.org", "http://127.0.0.1@example.org", "http://localhost.example.org:80", "ftp://127.0.0.1", "http://[2001:db8::1]:80",
                      "http://127.0.0.1/x", "127.0.0.1:80", "http://0.0.0.0"):
            done = console.command("replay", path, "--to", place, "--wait", "0")
            equal((place, done.returncode), (place, 2))
        for place in ("http://127.0.0.1:1", "http://127.9.9.9", "http://localhost:5000", "http://[::1]:80"):
            equal((place, console.command("replay", path, "--to", place, "--wait", "0").returncode), (place, 0))
        equal(console.command("replay", path, "--to", "http://192.0.2.1", "--anywhere", "--wait", "0").returncode, 0)
        equal(console.command("replay", path).returncode, 2)
        for text, said in (("{", "is no"), ("[]", "it is no HAR"), ('{"log":{"entries":[{"request":{"method":"GET","url":"http://x"}}]}}', "entry 1: its URL"),
                           ('{"log":{"entries":[{"request":{"method":"G T","url":"http://x/"}}]}}', "entry 1: it has no method"),
                           ('{"log":{"entries":[{"request":{"method":"GET","url":"http://x/","headers":[{"name":"A","value":"b\\r\\nC: d"}]}}]}}', "(not all of the request is known)")):
            done = console.command("replay", saved(text), "--to", "http://127.0.0.1:1", "--wait", "0")
            equal((text, done.returncode), (text, 1))
            assert said in done.stderr + done.stdout or text == "{", (done.stderr, done.stdout)


@contextlib.contextmanager
def traced_shop():
    """A fresh instance of the demo's application, and its tracer; where alerts are written."""
    with tempfile.TemporaryDirectory(prefix="phrude-shop-", dir="/tmp") as directory:  # of another user, who may not look into the tests' own
        shop = Shop(directory, "/usr/bin/python3", "s3cr3t", 9)
        try:
            shop.get("/hello", name="Alice")
            alerts = os.path.join(directory, "alerts.json")
            tracer = Tracer(shop.process.pid, RULES, alerts)
            tracer.wait_ready()
            try:
                yield shop, alerts, tracer
            finally:
                tracer.stop()
        finally:
            shop.close()


@sqlite_test
def attacks_on_a_traced_application_go_round():
    """Attacked, confirmed, exported, and sent to a fresh instance: the same alerts come; what it does once comes no more."""
    if os.geteuid() != 0:
        raise Skip("tracing needs root")
    with Console() as console:
        with traced_shop() as (shop, alerts, tracer):
            for one in ATTACKS:
                with contextlib.suppress(OSError):
                    shop.get(one.path, **one.query)
            tracer.wait_alerts(lambda found: {one.rule for one in ATTACKS} <= {each["rule"]["name"] for each in found}, timeout=20)
            tracer.stop()
            equal(console.command("import", alerts, "--app", "shop").returncode, 0)
        admin = console.admin()
        confirm(console, admin, *[one["id"] for one in admin.alerts("limit=500")])
        text = export(console)
        urls = {urllib.parse.unquote(one["request"]["url"]).split("/", 3)[3] for one in json.loads(text)["log"]["entries"]}
        equal(urls, {one.path[1:] + "?" + "&".join(f"{name}={value}" for name, value in one.query.items()) for one in ATTACKS})
        with traced_shop() as (shop, alerts, tracer):
            replay = lambda: console.command("replay", saved(text), "--to", f"http://127.0.0.1:{shop.port}", "--alerts", alerts, "--wait", "4s")
            done = replay()
            equal((done.returncode, done.stdout.count("still ")), (1, 5))
            for one in ATTACKS:
                assert any(line.startswith("still  GET " + one.path) and one.rule in line for line in done.stdout.splitlines()), (one.rule, done.stdout)
            # A module is imported once; the other one fails at that, and is tried again.
            done = replay()
            assert "silent GET /plugin?name=thumbnailer: 200; no alert, and before: " in done.stdout, done.stdout
            equal((done.returncode, done.stdout.count("still ")), (1, 4))
