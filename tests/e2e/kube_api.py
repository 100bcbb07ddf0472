# SPDX-License-Identifier: GPL-2.0-only
"""A Kubernetes API server, as far as the tracer asks one: pods of a node, listed and watched over TLS, as it goes well and as it does not."""

import contextlib
import http.server
import json
import pathlib
import ssl
import tempfile
import threading
import time
import urllib.parse

from outputs import certificate

PATH = "/api/v1/pods"


class Api(http.server.ThreadingHTTPServer):
    """
    `pods`: what it has, as put() and delete() leave it.  `refuses`: the status that it answers with, if not 0; `listing`: bytes in place of
    a list; `requests`: (what was asked, the token, the Accept header) of each.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder, port=0, names="IP:127.0.0.1"):
        super().__init__(("127.0.0.1", port), Handler)
        certificate(folder, "server", "-addext", "subjectAltName=" + names)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.account = folder / "account"
        self.account.mkdir(exist_ok=True)
        (self.account / "ca.crt").write_bytes((folder / "server.pem").read_bytes())
        self.give_token("first")
        self.lock = threading.Condition()
        self.pods, self.version, self.events, self.oldest = {}, 1, [], 0
        self.cuts, self.watches, self.refuses, self.listing, self.requests = 0, 0, 0, None, []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def finish_request(self, request, client_address):
        # The handshake is the request's own thread's.
        with self.context.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request, client_address):
        pass

    def give_token(self, token):
        self.token = token
        (self.account / "token").write_text(token + "\n")

    def told(self):
        return "kubernetes-account: %s\n" % self.account

    def wrapper(self):
        """What a tracer is put behind to find it."""
        return ["env", "KUBERNETES_SERVICE_HOST=127.0.0.1", "KUBERNETES_SERVICE_PORT=%d" % self.server_port]

    def tell(self, kind, item):
        self.events.append((self.version, json.dumps({"type": kind, "object": item}).encode() + b"\n"))
        self.lock.notify_all()

    def put(self, pod, labels, mirror=None, node="node-1.example"):
        """The pod has these labels now."""
        with self.lock:
            self.version += 1
            known = pod.uid in self.pods
            metadata = {"name": pod.name, "namespace": pod.namespace, "uid": mirror or pod.uid, "resourceVersion": str(self.version)}
            if labels is not None:
                metadata["labels"] = labels
            metadata["annotations"] = {"kubernetes.io/config.mirror": pod.uid} if mirror else {"labels": "{not: these}"}
            self.pods[pod.uid] = {"metadata": metadata, "spec": {"nodeName": node}}
            self.tell("MODIFIED" if known else "ADDED", self.pods[pod.uid])

    def delete(self, pod):
        with self.lock:
            self.version += 1
            item = self.pods.pop(pod.uid)
            item["metadata"]["resourceVersion"] = str(self.version)
            self.tell("DELETED", item)

    def bookmark(self):
        with self.lock:
            self.version += 1
            self.tell("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": str(self.version)}})

    def say(self, line):
        """To whoever watches."""
        with self.lock:
            self.events.append((self.version, line))
            self.lock.notify_all()

    def expire(self):
        """Nobody goes on from what was told until now."""
        with self.lock:
            self.oldest = self.version = self.version + 1
            self.events.clear()
        self.cut()

    def cut(self):
        """All watches."""
        with self.lock:
            self.cuts += 1
            self.lock.notify_all()

    def asked(self, kind):
        return [request for request in list(self.requests) if kind in request[0]]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        api, url = self.server, urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        api.requests.append((query, self.headers["Authorization"], self.headers["Accept"]))
        if self.headers["Authorization"] != "Bearer " + api.token:
            return self.answer(401, b'{"kind":"Status","message":"Unauthorized"}')
        if api.refuses:
            return self.answer(api.refuses, b'{"kind":"Status","message":"not now\\u001b[2J"}')
        if url.path != PATH:
            return self.answer(404, b"")
        return self.watch(query) if query.get("watch") == "1" else self.list(query)

    def mine(self, query):
        node = query["fieldSelector"].partition("spec.nodeName=")[2]
        return [pod for pod in self.server.pods.values() if pod["spec"]["nodeName"] == node]

    def list(self, query):
        api = self.server
        with api.lock:
            if api.listing is not None:
                return self.answer(200, api.listing)
            start = int(query.get("continue", "!0")[1:])
            pods, limit = self.mine(query), min(int(query["limit"]), 3)
            more = "!%d" % (start + limit) if start + limit < len(pods) else ""
            body = {"kind": "PartialObjectMetadataList", "metadata": {"resourceVersion": str(api.version), "continue": more},
                    "items": pods[start:start + limit]}
        return self.answer(200, json.dumps(body).encode())

    def watch(self, query):
        api, since = self.server, int(query["resourceVersion"])
        if since < api.oldest:
            return self.answer(410, b'{"kind":"Status","code":410}')
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with api.lock:
            cuts, done = api.cuts, next((n for n, (version, _) in enumerate(api.events) if version > since), len(api.events))
            api.watches += 1
            while api.cuts == cuts:
                for _, line in api.events[done:]:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                done = len(api.events)
                api.lock.wait(0.5)
        # Without its end.
        self.close_connection = True

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def api_server(**options):
    with tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-") as folder:
        server = Api(pathlib.Path(folder), **options)
        try:
            yield server
        finally:
            server.cut()
            server.shutdown()
            server.server_close()


def until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("%s: not within %d s" % (what, seconds))
        time.sleep(0.02)
