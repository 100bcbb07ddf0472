# SPDX-License-Identifier: GPL-2.0-only
"""Users whom an authenticating proxy names."""

import base64
import http.client
import os
import pwd
import shutil
import socket
import subprocess

from browser import Browser
from console import Console, alert
from harness import Skip, equal, postgres_test, sqlite_test, test, until

OPTIONS = ["--keep", "0", "--auth-header", "X-Remote-User", "--auth-from", "127.0.0.1, 2001:db8::/32"]

NGINX = """
daemon off; user {user}; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
	access_log off;
	client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
	server {{
		listen 127.0.0.1:{port};
		auth_basic "console"; auth_basic_user_file {folder}/users;
		location / {{ proxy_pass http://127.0.0.1:{console}; proxy_set_header X-Remote-User $remote_user; proxy_set_header Authorization ""; }}
	}}
}}
"""


def add_user(console, name, role):
    done = console.command("user", "add", name, "--role", role)
    equal(done.returncode, 0)


def ask(console, method, path, headers, body=None, source="127.0.0.1", port=None):
    """With headers as they are, several of one name, too; from that address."""
    connection = http.client.HTTPConnection("127.0.0.1", port or console.port, timeout=30, source_address=(source, 0))
    try:
        connection.putrequest(method, path)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body or b"")))
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@test
def a_proxy_says_who_it_is():
    with Console(options=OPTIONS) as console:
        # Nobody needs a password.
        assert not [line for line in console.lines if "/setup#" in line], console.lines
        for name, role in (("vera", "viewer"), ("ann", "analyst"), ("root", "admin")):
            add_user(console, name, role)
        console.send([alert(id="one")], console.key())
        for name, list_status, change_status, audit_status in (("vera", 200, 403, 403), ("ann", 200, 403, 403), ("root", 200, 403, 200)):
            client = console.client()
            equal(client.get("/api/v1/alerts", X_Remote_User=name).status, list_status)
            equal(client.get("/alerts", X_Remote_User=name).status, 200)
            equal(client.get("/api/v1/audit", X_Remote_User=name).status, audit_status)
            # Without the token that other sites do not know nobody changes anything.
            equal(client.ask("POST", "/api/v1/alerts/one", {"state": "seen"}, X_Remote_User=name).status, change_status)
        said = {name: console.client().get("/api/v1/session", X_Remote_User=name).json for name in ("vera", "ann")}
        equal((said["ann"]["user"], said["ann"]["role"], said["ann"]["by"]), ("ann", "analyst", "proxy"))
        assert said["ann"]["csrf"] != said["vera"]["csrf"] and len(said["ann"]["csrf"]) >= 40, said
        for token, status in ((said["vera"]["csrf"], 403), (said["ann"]["csrf"], 200)):
            equal(console.client().ask("POST", "/api/v1/alerts/one", {"state": "seen"}, X_Remote_User="ann", X_CSRF_Token=token).status, status)
        notes = console.client().get("/api/v1/audit", X_Remote_User="root").json["audit"]
        equal((notes[0]["who"], notes[0]["what"]), ("ann", "said what an alert is"))
        # The token is good at other consoles of the store, and after a start.
        console.stop()
        console.start()
        equal(console.client().get("/api/v1/session", X_Remote_User="ann").json["csrf"], said["ann"]["csrf"])


@test
def nobody_else_does():
    with Console(options=OPTIONS) as console:
        add_user(console, "root", "admin")
        header = [("X-Remote-User", "root")]
        equal(ask(console, "GET", "/api/v1/alerts", header)[0], 200)
        equal(ask(console, "GET", "/api/v1/alerts", header, source="127.0.0.2")[0], 401)
        equal(ask(console, "GET", "/api/v1/alerts", header * 2)[0], 403)
        equal(ask(console, "GET", "/api/v1/alerts", [*header, ("x-remote-user", "vera")])[0], 403)
        for name in ("nobody", "root ; --", "' OR '1'='1", "x" * 5000, "Root", "root,root"):
            equal((name[:20], ask(console, "GET", "/api/v1/alerts", [("X-Remote-User", name)])[0]), (name[:20], 403))
        equal(ask(console, "GET", "/api/v1/alerts", [("X-Remote-User", "")])[0], 401)
        # A key is no user's, whoever it comes with.
        equal(ask(console, "POST", "/api/v1/alerts", header, b"{}")[0], 401)
        # A user's own password still does.
        vera = console.user("vera", "viewer")
        equal(vera.get("/api/v1/alerts").status, 200)
        equal(vera.signed_in().get("/api/v1/session").json["by"], "password")
        # Whom the proxy names counts more than a cookie that is left.
        equal(vera.get("/api/v1/session", X_Remote_User="root").json["user"], "root")


@test
def it_is_off_unless_asked_for():
    with Console() as console:
        console.admin()
        equal(ask(console, "GET", "/api/v1/alerts", [("X-Remote-User", "admin")])[0], 401)
        for options in (["--auth-header", "X-Remote-User"], ["--auth-from", "127.0.0.1"], ["--auth-header", "Cookie", "--auth-from", "127.0.0.1"],
                        ["--auth-header", "X-User", "--auth-from", "everybody"]):
            done = console.command("serve", "--listen", "127.0.0.1:0", *options)
            equal((options, done.returncode), (options, 2))
            assert "--auth-" in done.stderr, done.stderr


@postgres_test
def consoles_of_one_store_have_one_secret():
    with Console(options=OPTIONS) as first, Console(options=OPTIONS, store=first.store) as second:
        add_user(first, "ann", "analyst")
        tokens = {one.client().get("/api/v1/session", X_Remote_User="ann").json["csrf"] for one in (first, second)}
        equal(len(tokens), 1)


@sqlite_test
def pages_know_whom_the_proxy_names():
    with Console(options=OPTIONS) as console:
        add_user(console, "ann", "analyst")
        console.send([alert(id="one", time="2026-01-02T03:04:05Z")], console.key())
        with Browser() as browser:
            browser.cdp("Network.enable")
            browser.cdp("Network.setExtraHTTPHeaders", headers={"X-Remote-User": "ann"})
            browser.open(console.url + "/alerts/one")
            browser.wait("ann (analyst)")
            browser.click_button("Seen")
            browser.wait("ann: seen")
            assert "Sign out" not in browser.text()
            equal(browser.complaints(), [])


@sqlite_test
def behind_nginx():
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not nginx:
        raise Skip("nginx is not installed")
    with Console(options=OPTIONS) as console:
        add_user(console, "ann", "analyst")
        folder = console.directory
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        hashed = subprocess.run(["openssl", "passwd", "-apr1", "secret"], capture_output=True, text=True, check=True).stdout
        with open(f"{folder}/users", "w") as file:
            file.write("ann:" + hashed)
        with open(f"{folder}/nginx.conf", "w") as file:
            file.write(NGINX.format(folder=folder, user=pwd.getpwuid(os.geteuid()).pw_name, port=port, console=console.port))
        process = subprocess.Popen([nginx, "-e", "stderr", "-c", f"{folder}/nginx.conf"], stdin=subprocess.DEVNULL)

        def listens():
            with socket.socket() as asking:
                return not asking.connect_ex(("127.0.0.1", port))

        def authorization(password):
            return "Authorization", "Basic " + base64.b64encode(f"ann:{password}".encode()).decode()

        try:
            until(listens)
            equal(ask(console, "GET", "/api/v1/session", [], port=port)[0], 401)
            equal(ask(console, "GET", "/api/v1/session", [authorization("wrong")], port=port)[0], 401)
            # What a client says of itself is replaced.
            status, body = ask(console, "GET", "/api/v1/session", [authorization("secret"), ("X-Remote-User", "root")], port=port)
            equal((status, b'"user":"ann"' in body), (200, True))
        finally:
            process.terminate()
            process.wait(20)
