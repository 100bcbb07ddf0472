# SPDX-License-Identifier: GPL-2.0-only
"""Who gets what the console sends: a mail server, and a receiver of webhooks, both with TLS."""

import contextlib
import email
import email.policy
import http.server
import json
import logging
import os
import ssl
import subprocess
import tempfile
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

# It has a word to say of each mail.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Certificate:
    """Of localhost, signed by itself."""

    def __init__(self):
        folder = tempfile.mkdtemp(prefix="certificate-")
        self.file, self.key = os.path.join(folder, "server.pem"), os.path.join(folder, "server.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-out", self.file, "-keyout", self.key], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.file, self.key)


def secret(text):
    """A file that nobody else may read."""
    handle, path = tempfile.mkstemp()
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return path


class MailServer:
    """Takes mails: over STARTTLS alone, and from `user` with `password`, if there is a certificate."""

    def __init__(self, certificate=None, user="alerts", password="s3cret, with spaces"):
        self.mails, self.refusals, self.signed_in = [], [], []
        server = self

        class Handler:
            async def handle_DATA(self, _, session, envelope):
                if server.refusals:
                    return server.refusals.pop(0)
                mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
                server.mails.append((envelope.mail_from, envelope.rcpt_tos, mail))
                return "250 taken"

        def check(_, session, envelope, mechanism, data):
            fits = (data.login.decode(), data.password.decode()) == (user, password)
            server.signed_in.append((bool(session.ssl), fits))
            return AuthResult(success=fits, handled=False)

        class Here(Controller):
            def _trigger_server(self):
                self.port = self.server.sockets[0].getsockname()[1]
                super()._trigger_server()

            def factory(self):
                if not certificate:
                    return SMTP(self.handler)
                return SMTP(self.handler, tls_context=certificate.context, require_starttls=True, auth_required=True, authenticator=check)

        self.controller = Here(Handler(), hostname="127.0.0.1", port=0)
        self.controller.start()
        self.url = f"smtp://localhost:{self.controller.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.controller.stop()


class Hook(http.server.ThreadingHTTPServer):
    """Notes what is posted, and answers as `answers` has it: (status, headers, body), 200 when they are at their end."""

    daemon_threads = True

    def __init__(self, certificate):
        super().__init__(("127.0.0.1", 0), Handler)
        self.socket = certificate.context.wrap_socket(self.socket, server_side=True)
        self.url = f"https://localhost:{self.server_port}/hook/T0PSECRET"
        self.posts, self.answers = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    @property
    def bodies(self):
        return [json.loads(body) for _, body in self.posts]

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, text = self.server.answers.pop(0) if self.server.answers else (200, {}, b"")
        if status == 200:
            self.server.posts.append((dict(self.headers), body))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(text)

    def log_message(self, *_):
        pass
