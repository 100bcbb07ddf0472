# SPDX-License-Identifier: GPL-2.0-only
"""type: webhook, received over HTTPS by a server of the test's own; type: console, by phrude-console."""

import contextlib
import http.client
import http.server
import json
import os
import signal
import ssl
import subprocess
import threading
import time

from harness import expect, expect_equal, test
from interpreters import BUILD, Interpreter
from outputs import Folder, certificate, free_port, tracing, wait_for
from target import Target
from tracer import command

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


class Receiver(http.server.ThreadingHTTPServer):
    """Notes requests, and answers as `answers` has it: (status, headers, body), 200 when they are at their end."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        certificate(folder, "server", "-addext", "subjectAltName=DNS:localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = "https://localhost:%d/hook" % self.server_port
        self.requests, self.answers = [], []
        self.delay = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def bodies(self):
        return [json.loads(body) for _, _, body in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.delay)
        status, headers, text = self.server.answers.pop(0) if self.server.answers else (200, {}, "")
        if callable(status):
            status = status(body)
        self.server.requests.append((time.monotonic(), dict(self.headers), body))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def receiver(folder):
    server = Receiver(folder)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def webhook(server, **keys):
    return {"type": "webhook", "url": server.url, "ca_file": "server.pem", **keys}


@test()
def batches_and_headers():
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        folder.write("headers", "# of the receiver\nX-Key: s3cret\n")
        with tracing(folder, target, webhook(server, headers_file="headers"), {"type": "file", "path": "all"}) as tracer:
            target.ask("watched", command="x", depth=99)
            wait_for(lambda: sum(map(len, server.bodies())) >= 100, "the alerts")
        expect_equal(tracer.returncode, 0, "status (%s)" % tracer.errors)
        alerts = [json.loads(line) for line in folder.read("all").splitlines()]
        expect_equal([alert for body in server.bodies() for alert in body], alerts, "alerts")
        expect(len(server.requests) < 50, "%d requests for 100 alerts", len(server.requests))
        for _, headers, _ in server.requests:
            expect_equal((headers["X-Key"], headers["Content-Type"]), ("s3cret", "application/json"), "headers")


@test()
def otlp():
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        with tracing(folder, target, webhook(server, format="otlp")) as tracer:
            server.answers.append((200, {}, '{"partialSuccess":{"rejectedLogRecords":"1"}}'))
            target.ask("watched", command="x")
            wait_for(lambda: server.requests, "the request")
        record = server.bodies()[0]["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
        expect_equal(record["eventName"], "phrude.alert", "event")
        expect("lost_refused 1" in tracer.errors, "it said: %s", tracer.errors)


@test()
def templates():
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        folder.write("page.json", '{"summary":"{{rule.name}}: {{args.command}}","alert":{{args|json}}}')
        with tracing(folder, target, webhook(server, name="a", template="page.json"), webhook(server, name="b", template="slack")):
            target.ask("watched", command='<!channel> "x"')
            wait_for(lambda: len(server.requests) >= 2, "the requests")
        slack, own = sorted(server.bodies(), key=len)
        expect_equal(own["summary"], 'watched: <!channel> "x"', "what the template made")
        expect_equal(own["alert"]["command"], '<!channel> "x"', "what the template made")
        expect("*warn*  *watched*" in slack["text"] and "<" not in slack["text"], "Slack gets %s", slack)


@test()
def tried_again():
    """503 is waited out as it says, nothing is sent meanwhile, and all arrives in order."""
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        server.answers.append((503, {"Retry-After": "3"}, "busy"))
        with tracing(folder, target, webhook(server)) as tracer:
            target.ask("watched", command="0")
            wait_for(lambda: server.requests, "the first request")
            for number in range(1, 4):
                target.ask("watched", command=str(number))
            wait_for(lambda: len(server.requests) >= 2, "the second request")
        expect(server.requests[1][0] - server.requests[0][0] >= 2.9, "tried again after %.1f s", server.requests[1][0] - server.requests[0][0])
        expect_equal([alert["args"]["command"] for body in server.bodies()[1:] for alert in body], list("0123"), "calls")
        expect("it answers 503: busy" in tracer.errors and "lost 0" in tracer.errors, "it said: %s", tracer.errors)


@test()
def refused():
    """What a receiver will never take is found among the others, which arrive, and counted."""
    def judge(body):
        return 422 if any(alert["args"]["command"] == "poison" for alert in json.loads(body)) else 200
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        server.answers.append((503, {"Retry-After": "2"}, ""))
        server.answers += [(judge, {}, "not that")] * 20
        with tracing(folder, target, webhook(server)) as tracer:
            for text in ("0", "1", "poison", "2", "3"):
                target.ask("watched", command=text)
            wait_for(lambda: any(alert["args"]["command"] == "3" for body in server.bodies()[1:] if len(body) == 1 for alert in body),
                     "the last one")
        expect("lost_refused 1" in tracer.errors and "lost_unwritten" not in tracer.errors, "it said: %s", tracer.errors)
        expect("it refuses an alert: 422: not that" in tracer.errors, "it said: %s", tracer.errors)


@test()
def secrets_that_others_can_read():
    with Folder() as folder, receiver(folder) as server:
        folder.write("headers", "X-Key: s3cret\n", mode=0o644)
        config = folder.write("config.yaml", "rules: rules.yaml\npid: %d\noutputs: [%s]\n" % (
            os.getpid(), json.dumps(webhook(server, headers_file="headers"))))
        ended = command("--config", config)
        expect_equal(ended.status, 1, "status (%s)" % ended.errors)
        expect("others can read it" in ended.errors and "s3cret" not in ended.errors, "it said: %s", ended.errors)


@test()
def hangs():
    """A receiver that does not answer delays neither the file nor the end."""
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        server.delay = 20
        with tracing(folder, target, webhook(server), {"type": "file", "path": "all"}) as tracer:
            target.ask("watched", command="x")
            wait_for(lambda: folder.read("all").count("\n") == 1, "the alert in the file")
            tracer.send_signal(signal.SIGTERM)
            asked = time.monotonic()
            tracer.wait(15)
            expect(time.monotonic() - asked < 8, "it took %.1f s to end", time.monotonic() - asked)
        expect("lost_unwritten 1" in tracer.errors, "it said: %s", tracer.errors)


@contextlib.contextmanager
def console(folder, *options):
    program, store = os.path.join(BUILD, "phrude-console"), "sqlite:" + (folder / "store.db")
    key = subprocess.run([program, "key", "add", "shop", "--store", store], capture_output=True, text=True, check=True).stdout
    folder.write("key", key)
    port = free_port()
    process = subprocess.Popen([program, "serve", "--store", store, "--listen", "127.0.0.1:%d" % port, *options], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def report():
        done = subprocess.run([program, "report", "--format", "json", "--store", store], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)
    try:
        wait_for(answers, "phrude-console does not answer")
        yield "http://127.0.0.1:%d" % port, report
    finally:
        process.terminate()
        process.wait(20)


@test()
def to_the_console():
    with Folder() as folder, console(folder) as (url, report), Target(host, "load.py") as target:
        with tracing(folder, target, {"type": "console", "url": url, "key_file": "key"}) as tracer:
            target.ask("watched", command="x", depth=99)
            wait_for(lambda: report()["total"] >= 100, "the alerts")
        expect_equal(tracer.returncode, 0, "status (%s)" % tracer.errors)
        expect_equal(report()["total"], 100, "alerts")
        expect("alerts 100, lost 0" in tracer.errors, "it said: %s", tracer.errors)


@test()
def with_a_wrong_key():
    with Folder() as folder, console(folder) as (url, report), Target(host, "load.py") as target:
        folder.write("key", "wrong\n")
        with tracing(folder, target, {"type": "console", "url": url + "/", "key_file": "key"}) as tracer:
            target.ask("watched", command="x")
        expect("it answers 401" in tracer.errors and "lost_unwritten 1" in tracer.errors, "it said: %s", tracer.errors)
        expect_equal(report()["total"], 0, "alerts")
