# SPDX-License-Identifier: GPL-2.0-only
"""Who may do what."""

import os
import stat
import subprocess

from console import BINARY, PASSWORD, Console, alert
from harness import equal, sqlite_test, test

# Each path with its method, and the status for nobody, a key, a viewer, an analyst, an administrator.
ROUTES = [
    ("GET", "/healthz", 200, 200, 200, 200, 200),
    ("GET", "/", 401, 403, 200, 200, 200),
    ("GET", "/alerts", 401, 403, 200, 200, 200),
    ("GET", "/sessions", 401, 403, 200, 200, 200),
    ("GET", "/session", 401, 403, 200, 200, 200),
    ("GET", "/overview.js", 401, 403, 200, 200, 200),
    ("GET", "/api/v1/overview", 401, 403, 200, 200, 200),
    ("GET", "/api/v1/sessions", 401, 403, 200, 200, 200),
    ("GET", "/api/v1/sessions/story", 401, 403, 400, 400, 400),
    ("GET", "/api/v1/senders", 401, 403, 200, 200, 200),
    ("POST", "/api/v1/senders", 401, 400, 401, 401, 401),
    ("GET", "/alerts/one", 401, 403, 200, 200, 200),
    ("GET", "/alerts.js", 401, 403, 200, 200, 200),
    ("GET", "/api/v1/alerts", 401, 403, 200, 200, 200),
    ("GET", "/api/v1/alerts/one", 401, 403, 200, 200, 200),
    ("POST", "/api/v1/alerts/one", 401, 403, 403, 400, 400),
    ("GET", "/api/v1/report", 401, 403, 200, 200, 200),
    ("GET", "/api/v1/exceptions", 401, 403, 200, 200, 200),
    ("GET", "/api/v1/session", 401, 403, 200, 200, 200),
    ("GET", "/api/v1/audit", 401, 403, 403, 403, 200),
    ("POST", "/api/v1/alerts", 401, 200, 401, 401, 401),
    ("DELETE", "/api/v1/alerts", 405, 405, 405, 405, 405),
    ("GET", "/api/v1/nothing", 404, 404, 404, 404, 404),
    ("GET", "/..%2f..%2fetc/passwd", 404, 404, 404, 404, 404),
]


@test
def each_role_against_each_route():
    with Console() as console:
        admin, key = console.admin(), console.key()
        equal(console.send([alert(id="one")], key).status, 200)
        clients = [console.client(), None, console.user("vera", "viewer"), console.user("ann", "analyst"), admin]
        for method, path, *wanted in ROUTES:
            for client, status in zip(clients, wanted):
                if client:
                    answer = client.ask(method, path)
                else:
                    answer = console.client().ask(method, path, Authorization="Bearer " + key)
                assert answer.status == status, (method, path, answer.status, wanted)


@test
def the_first_link_works_once():
    with Console() as console:
        link = console.link()
        equal(console.client().ask("POST", "/api/v1/setup", {"token": link, "password": "short"}).status, 400)
        equal(console.client().ask("POST", "/api/v1/setup", {"token": "x" + link, "password": PASSWORD}).status, 404)
        console.admin()
        equal(console.client().ask("POST", "/api/v1/setup", {"token": link, "password": PASSWORD}).status, 404)
        equal(console.stop(), 0)
        console.start()
        assert not [line for line in console.lines if "/setup#" in line], console.lines


@test
def a_file_says_what_options_say():
    with Console() as console:
        directory, key = console.directory, console.key("from-the-file")
        console.stop()
        path = os.path.join(directory, "console.yaml")
        with open(path, "w") as file:
            file.write(f"store: '{console.store}'\nlisten: 127.0.0.1:0\nkeep: 0\nkeep-size: 1G\nbehind-proxy: true\n")
        listed = subprocess.run([BINARY, "key", "list", "--config", path], capture_output=True, text=True, timeout=60)
        assert listed.stdout.startswith("from-the-file\t"), listed
        # What stands on the command line counts more, wherever it stands.
        console.options = [f"--config={path}", "--keep", "7d"]
        console.start()
        equal(console.send([alert()], key).status, 200)
        assert "Secure" in console.client().ask("POST", "/api/v1/setup", {"token": console.link(), "password": PASSWORD}).headers["Set-Cookie"]
        with open(path, "w") as file:
            file.write("listen: nowhere\nstroe: x\nkeep: soon\nkeep: 1d\ntls-key: key.pem\n")
        done = subprocess.run([BINARY, "serve", "--config", path], capture_output=True, text=True, timeout=60)
        equal(done.returncode, 2)
        for told in (f"{path}:2:1: unknown key `stroe`", f"{path}:3:7: --keep takes a span of time", f"{path}:4:1:"):
            assert told in done.stderr, (told, done.stderr)
        with open(path, "w") as file:
            file.write(f"store: '{console.store}'\nlisten: 127.0.0.1:0\ntls-key: none.pem\ntls-cert: none.pem\n")
        done = subprocess.run([BINARY, "serve", "--config", path], capture_output=True, text=True, timeout=60)
        assert done.returncode and f"{directory}/none.pem cannot be read" in done.stderr, done.stderr
        equal(subprocess.run([BINARY, "serve", "--config", path + "x"], capture_output=True, timeout=60).returncode, 2)


@test
def a_new_link_signs_out():
    with Console() as console:
        console.admin()
        vera = console.user("vera", "viewer")
        equal(vera.get("/api/v1/alerts").status, 200)
        console.user("vera", "viewer")
        equal(vera.get("/api/v1/alerts").status, 401)


@test
def passwords_sign_in_and_guesses_are_slowed_down():
    with Console() as console:
        console.admin()
        client = console.client()
        answer = client.ask("POST", "/api/v1/session", {"user": "admin", "password": PASSWORD})
        equal(answer.status, 200)
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie, cookie
        equal(client.get("/api/v1/alerts").status, 200)
        for user in ("admin", "nobody"):
            equal(console.client().ask("POST", "/api/v1/session", {"user": user, "password": "wrong password"}).status, 401)
        statuses = {console.client().ask("POST", "/api/v1/session", {"user": "admin", "password": "wrong password"}).status for _ in range(6)}
        equal(statuses, {401, 429})
        answer = console.client().ask("POST", "/api/v1/session", {"user": "admin", "password": PASSWORD})
        equal(answer.status, 429)
        assert int(answer.headers["Retry-After"]) > 0
        notes = client.signed_in().get("/api/v1/audit").json["audit"]
        assert ("admin", "failed to sign in") in [(note["who"], note["what"]) for note in notes]


@test
def requests_of_other_sites_change_nothing():
    with Console() as console:
        admin = console.admin()
        token, admin.csrf = admin.csrf, None
        equal(admin.ask("DELETE", "/api/v1/session").status, 403)
        equal(admin.ask("DELETE", "/api/v1/session", X_CSRF_Token="x" * len(token)).status, 403)
        equal(console.client().ask("POST", "/api/v1/session", b'{"user":"admin","password":"x"}', Content_Type="text/plain").status, 400)
        answer = admin.ask("DELETE", "/api/v1/session", X_CSRF_Token=token)
        equal(answer.status, 200)
        equal(admin.get("/api/v1/alerts").status, 401)


@test
def every_answer_has_the_headers_that_protect():
    with Console() as console:
        for path in ("/", "/healthz", "/nothing", "/api/v1/alerts"):
            headers = console.client().get(path).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
            equal(headers["X-Content-Type-Options"], "nosniff")


@sqlite_test
def the_store_is_for_its_owner_alone():
    with Console() as console:
        console.admin()
        path = os.path.join(console.directory, "console.db")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, "rb") as file:
            assert PASSWORD.encode() not in file.read()


@sqlite_test
def passwords_do_not_cross_a_network_unencrypted():
    with Console() as console:
        def serve(*options):
            return subprocess.run([BINARY, "serve", "--store", console.store, *options], capture_output=True, text=True, timeout=30)

        done = serve("--listen", "0.0.0.0:0")
        equal(done.returncode, 2)
        assert "--tls-cert" in done.stderr, done.stderr
        equal(serve("--listen", "localhost").returncode, 2)
        equal(serve("--tls-cert", "x").returncode, 2)
        equal(serve("--store", "mysql://x").returncode, 2)
        equal(serve("--nonsense").returncode, 2)


@sqlite_test
def tls_is_spoken():
    import http.client
    import ssl

    with Console() as console:
        directory = console.directory
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                        "-days", "2", "-keyout", f"{directory}/key.pem", "-out", f"{directory}/cert.pem"], check=True, capture_output=True)
        # The address of the ready line is the other scheme's: it is read here.
        process = subprocess.Popen([BINARY, "serve", "--store", f"sqlite:{directory}/tls.db", "--listen", "127.0.0.1:0", "--tls-cert",
                                    f"{directory}/cert.pem", "--tls-key", f"{directory}/key.pem"], stderr=subprocess.PIPE, text=True)
        try:
            line = next(line for line in process.stderr if "ready: https://" in line)
            context = ssl.create_default_context(cafile=f"{directory}/cert.pem")
            context.check_hostname = False
            connection = http.client.HTTPSConnection("127.0.0.1", int(line.rsplit(":", 1)[1]), context=context, timeout=20)
            connection.request("GET", "/healthz")
            equal(connection.getresponse().status, 200)
            connection.close()
        finally:
            process.terminate()
            equal(process.wait(20), 0)
            process.stderr.close()
