# SPDX-License-Identifier: GPL-2.0-only
"""The whole way of an attacker: application under trace, console, its export, a proxy, the decoy."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import types

from harness import Skip, expect, expect_equal, test
from interpreters import BUILD, HERE
from outputs import Folder, free_port, start, wait_for
from target import ENVIRONMENT
from test_output_http import console

RULES = os.path.join(os.path.dirname(os.path.dirname(HERE)), "rules")
CONSOLE = os.path.join(BUILD, "phrude-console")
VISITOR, SCANNER, INTRUDER = "127.0.0.10", "127.0.0.66", "127.0.0.77"
KEEP_S = 20

NGINX = """
daemon off; pid %(folder)s/nginx.pid; error_log stderr crit;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path %(folder)s; proxy_temp_path %(folder)s; fastcgi_temp_path %(folder)s; uwsgi_temp_path %(folder)s; scgi_temp_path %(folder)s;
	upstream application { server 127.0.0.1:%(application)d; }
	upstream decoy { server 127.0.0.1:%(decoy)d; }
	geo $attacker { default 0; include %(folder)s/attackers; }
	map $attacker $copy { 0 application; 1 decoy; }
	server {
		listen 127.0.0.1:%(port)d;
		location / { proxy_pass http://$copy; proxy_set_header X-Forwarded-For $remote_addr; }
	}
}
"""

HAPROXY = """
defaults
	mode http
	timeout connect 10s
	timeout client 30s
	timeout server 30s
frontend web
	bind 127.0.0.1:%(port)d
	http-request set-header X-Forwarded-For %%[src]
	use_backend decoy if { src,map_ip(%(folder)s/attackers,0) -m int 1 }
	default_backend application
backend application
	server one 127.0.0.1:%(application)d
backend decoy
	server one 127.0.0.1:%(decoy)d
"""

PROXIES = {
    "nginx": (NGINX, ["nginx", "-e", "stderr", "-c"], signal.SIGHUP),
    "haproxy": (HAPROXY, ["haproxy", "-W", "-q", "-f"], signal.SIGUSR2),
}


def ask(port, path, client):
    """The status and the body that somebody at this address gets."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(client, 0))
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def answers(port):
    try:
        return ask(port, "/", VISITOR)[0] == 200
    except OSError:
        return False


@contextlib.contextmanager
def program(arguments, **options):
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def copy_of(name):
    """The application, by gunicorn; gives its port and process."""
    port = free_port()
    with program(["/usr/bin/python3", "-m", "gunicorn", "--bind", "127.0.0.1:%d" % port, "--log-level", "critical", "shop:app"],
                 cwd=os.path.join(HERE, "targets"), env={**ENVIRONMENT, "COPY": name, "PYTHONDONTWRITEBYTECODE": "1"}) as process:
        wait_for(lambda: answers(port), "gunicorn does not answer", 60)
        yield port, process.pid


def workers(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return {int(child) for child in file.read().split()}


class Proxy:
    def __init__(self, kind, folder, application, decoy):
        text, command, self.reload_signal = PROXIES[kind]
        self.kind, self.folder, self.port = kind, folder, free_port()
        self.export()
        self.command = [*command, folder.write("proxy.conf", text % {
            "folder": folder.folder.name, "port": self.port, "application": application, "decoy": decoy})]

    def export(self):
        """Writes the list anew, as an administrator's timer would; returns it."""
        done = subprocess.run([CONSOLE, "attackers", "export", "--format", self.kind, "--store", "sqlite:" + (self.folder / "store.db")],
                              capture_output=True, text=True, check=True)
        self.folder.write("attackers.new", done.stdout, 0o644)
        os.rename(self.folder / "attackers.new", self.folder / "attackers")
        return done.stdout

    def reload(self, process):
        """Once it is through, no worker is left that goes by the former list."""
        former = workers(process.pid)
        self.export()
        process.send_signal(self.reload_signal)
        wait_for(lambda: former.isdisjoint(workers(process.pid)), "its former workers do not end", 30)


def rehearse(kind):
    if not shutil.which(kind, path=ENVIRONMENT["PATH"]):
        raise Skip(kind + " is not installed")
    if subprocess.run(["/usr/bin/python3", "-c", "import flask, gunicorn"], stderr=subprocess.DEVNULL, env=ENVIRONMENT).returncode:
        raise Skip("not all of flask, gunicorn are installed")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(Folder())
        os.chmod(folder.folder.name, 0o755)
        url, _ = stack.enter_context(console(folder, "--attacker-keep", "%ds" % KEEP_S))
        # All are loopback here; the proxy and the visitor may well be attackers as far as this goes.
        subprocess.run([CONSOLE, "attackers", "disallow", "127.0.0.0/8", "--store", "sqlite:" + (folder / "store.db")], check=True)
        application, pid = stack.enter_context(copy_of("application"))
        decoy, _ = stack.enter_context(copy_of("decoy"))
        proxy = Proxy(kind, folder, application, decoy)
        server = stack.enter_context(program(proxy.command))
        wait_for(lambda: answers(proxy.port), "the proxy does not answer")
        (worker,) = workers(pid)
        tracer = start(folder, types.SimpleNamespace(pid=worker), {"type": "console", "url": url, "key_file": "key"},
                       rules=[os.path.join(RULES, name) for name in ("attackers.yaml", "injection.yaml", "lists.yaml")],
                       disabled=True, **{"trusted-proxies": ["127.0.0.1"]})
        try:
            def gets(client):
                return ask(proxy.port, "/", client)

            # A visitor who mistypes, and one who looks for what there is.
            for number in range(3):
                expect_equal(ask(proxy.port, "/mistyped", VISITOR)[0], 404, "status")
            for number in range(12):
                expect_equal(ask(proxy.port, "/admin/%d" % number, SCANNER)[0], 404, "status")
            # One attack is enough.
            expect_equal(ask(proxy.port, "/ping?host=;id", INTRUDER), (200, "application"), "the attack")
            wait_for(lambda: len(proxy.export().splitlines()) == 2, "attackers are not listed", KEEP_S - 5)
            expect_equal([line.split()[0].strip(";") for line in proxy.export().splitlines()], [SCANNER, INTRUDER], "attackers")
            expect_equal([gets(client) for client in (VISITOR, SCANNER)], [(200, "application")] * 2, "before the reload")
            proxy.reload(server)
            wait_for(lambda: gets(SCANNER) == (200, "decoy"), "the proxy does not know of it", 10)
            wait_for(lambda: gets(INTRUDER) == (200, "decoy"), "the proxy does not know of it", 10)
            expect_equal(gets(VISITOR), (200, "application"), "what a visitor gets")
            # At the decoy nothing counts: they are let go.
            expect_equal(ask(proxy.port, "/admin", SCANNER)[0], 404, "status")
            wait_for(lambda: not proxy.export(), "they are not let go", 2 * KEEP_S)
            proxy.reload(server)
            wait_for(lambda: gets(SCANNER) == gets(INTRUDER) == (200, "application"), "the proxy does not know of it", 10)
        finally:
            tracer.send_signal(signal.SIGINT)
            errors = tracer.communicate(timeout=30)[1]
        expect_equal(tracer.returncode, 0, "status (%s)" % errors)
        expect("alerts 16, lost 0" in errors, "it said: %s", errors)


@test()
def nginx_sends_them_to_the_decoy():
    rehearse("nginx")


@test()
def haproxy_sends_them_to_the_decoy():
    rehearse("haproxy")
