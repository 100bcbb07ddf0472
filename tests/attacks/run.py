#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Clean and attacked applications under the whole rule pack: what is reported of each, as tables.

    run.py clean [--requests N]     visitors who mean no harm: any warn or alert fails
    run.py attack                   the corpus of payloads.py: which are told, and by which rule
    run.py programs [-k TEXT]... [--python EXE]
                                    programs.py: each attack must be told, and each clean program be silent

The first two take --app flask|django|fastapi|aiohttp|tornado|bottle (all if not given).  Needs root, and Debian's python3-flask,
python3-django, python3-fastapi, python3-aiohttp, python3-tornado, python3-bottle, python3-waitress, uvicorn and gunicorn.
"""

import argparse
import collections
import datetime
import http.cookiejar
import http.server
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.environ.get("PHRUDE_TRACE", os.path.join(ROOT, os.environ.get("BUILD", "build"), "phrude-trace"))
RULES = os.path.join(ROOT, "rules")
APPS = ["flask", "django", "fastapi", "aiohttp", "tornado", "bottle"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Upstream(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"EUR": 1.0, "USD": 1.1}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_address[1]


def commands(port):
    gunicorn = ["/usr/bin/python3", "/usr/bin/gunicorn", "-b", "127.0.0.1:%d" % port, "-w", "1", "--threads", "4",
                "--log-level", "error"]
    return {
        "flask": gunicorn + ["flask_app:app"],
        "django": gunicorn + ["django_app:app"],
        "fastapi": ["/usr/bin/python3", "/usr/bin/uvicorn", "--host", "127.0.0.1", "--port", str(port), "--log-level",
                    "error", "fastapi_app:app"],
        "aiohttp": ["/usr/bin/python3", "aiohttp_app.py", str(port)],
        "tornado": ["/usr/bin/python3", "tornado_app.py", str(port)],
        "bottle": ["/usr/bin/python3", "/usr/bin/waitress-serve", "--listen", "127.0.0.1:%d" % port, "bottle_app:app"],
    }


class App:
    """An application, started, and traced once it has served a request."""

    def __init__(self, name, upstream_url):
        self.name = name
        self.data = tempfile.mkdtemp(prefix="phrude-app-", dir="/var/lib")
        self.port = free_port()
        self.url = "http://127.0.0.1:%d" % self.port
        env = dict(os.environ, UPSTREAM=upstream_url, DATA=self.data, PYTHONDONTWRITEBYTECODE="1")
        self.process = subprocess.Popen(commands(self.port)[name], cwd=os.path.join(HERE, "apps"), env=env,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.wait()
        self.alerts = os.path.join(self.data, "alerts")
        self.log = open(os.path.join(self.data, "log"), "w+")
        self.tracer = subprocess.Popen([BINARY, "--pid", *map(str, self.pids()), "--rules", RULES, "--format", "json",
                                        "--output", self.alerts], stderr=self.log)
        end = time.monotonic() + 30
        while "ready" not in open(self.log.name).read():
            if self.tracer.poll() is not None or time.monotonic() > end:
                sys.exit("the tracer did not start: " + open(self.log.name).read())
            time.sleep(0.02)

    def pids(self):
        children = open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)).read().split()
        return [self.process.pid, *map(int, children)]

    def wait(self):
        end = time.monotonic() + 30
        while True:
            try:
                return self.get("/")
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    sys.exit("%s did not start" % self.name)
                time.sleep(0.1)

    def get(self, path, data=None, kind="application/x-www-form-urlencoded"):
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": kind} if data else {})
        with self.opener.open(request, timeout=20) as response:
            return response.read()

    def settle(self, before):
        """Waits until no more alerts come; returns how long the file of alerts is."""
        start = changed = time.monotonic()
        size = before
        while time.monotonic() < (changed + 0.05 if size > before else start + 1.5):
            time.sleep(0.01)
            now = os.path.getsize(self.alerts)
            if now != size:
                size, changed = now, time.monotonic()
        return size

    def stop(self):
        self.tracer.send_signal(signal.SIGINT)
        self.tracer.wait(20)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.seek(0)
        log = self.log.read().strip().splitlines()
        with open(self.alerts, errors="replace") as f:
            alerts = [json.loads(line) for line in f]
        shutil.rmtree(self.data)
        return alerts, log[-1] if log else ""


def upload_body(content):
    boundary = "phrude%08x" % random.getrandbits(32)
    body = ('--%s\r\nContent-Disposition: form-data; name="file"; filename="cat.png"\r\nContent-Type: image/png\r\n\r\n'
            % boundary).encode() + content + ("\r\n--%s--\r\n" % boundary).encode()
    return body, "multipart/form-data; boundary=" + boundary


def visit(app, i):
    kind = i % 10
    if kind in (0, 1, 2):
        app.get("/?page=%d" % i)
    elif kind == 3:
        app.get("/login", urllib.parse.urlencode({"user": "Ada %d" % i}).encode())
    elif kind in (4, 5):
        app.get("/order", urllib.parse.urlencode({"name": "O'Reilly; book %d" % i, "price": "9.5"}).encode())
    elif kind == 6:
        app.get("/upload", *upload_body(os.urandom(2000)))
    elif kind == 7:
        app.get("/rates")
    elif kind == 8:
        app.get("/rates2")
    else:
        app.get("/static/style.css")


def clean(names, requests):
    ok = True
    for name in names:
        app = App(name, upstream())
        start = time.monotonic()
        for i in range(requests):
            visit(app, i)
        seconds = time.monotonic() - start
        alerts, summary = app.stop()
        levels = collections.Counter(a["rule"]["level"] for a in alerts)
        print("%-8s %5d requests in %5.1f s: %d alert, %d warn, %d info" % (
            name, requests, seconds, levels["alert"], levels["warn"], levels["info"]))
        for (level, rule), n in sorted(collections.Counter((a["rule"]["level"], a["rule"]["name"]) for a in alerts).items()):
            print("         %5d %-5s %s" % (n, level, rule))
        print("         " + summary)
        ok &= not levels["alert"] and not levels["warn"]
    return ok


def is_of(request, hole, i):
    return bool(request) and request["path"] == "/hole/" + hole and request["remote_addr"] == "127.0.0.1" and (
        urllib.parse.parse_qs(request["query"]).get("attack") == [str(i)])


def attack(names):
    from payloads import PAYLOADS

    ok = True
    for name in names:
        app = App(name, upstream())
        marks = []
        for i, (hole, text) in enumerate(PAYLOADS):
            try:
                app.get("/hole/%s?%s" % (hole, urllib.parse.urlencode({"text": text, "attack": i})))
            except OSError:
                pass
            marks.append(app.settle(marks[-1] if marks else 0))
        raw = open(app.alerts, "rb").read()
        app.stop()
        told, start, wrong = 0, 0, 0
        for i, (hole, text) in enumerate(PAYLOADS):
            alerts = [json.loads(line) for line in raw[start:marks[i]].decode(errors="replace").splitlines()]
            start = marks[i]
            alerts = [a for a in alerts if a["rule"]["level"] != "info"]
            found = sorted({a["rule"]["id"] or a["rule"]["name"] for a in alerts})
            stray = [a for a in alerts if not is_of(a["request"], hole, i)]
            told += bool(found)
            wrong += bool(stray)
            print("%-8s %-5s %-17s %-50.50s %s" % (name, "STRAY" if stray else "told" if found else "MISS", hole,
                                                   text.replace("\n", "; "), ", ".join(found)))
            for a in stray:
                print("         %s is not of this request: %s" % (a["rule"]["name"], a["request"]))
        print("%s: %d of %d payloads told, of %d not all alerts have the right request" % (name, told, len(PAYLOADS), wrong))
        ok &= told == len(PAYLOADS) and not wrong
    return ok


# What a program needs of packages is what it imports or runs of these.  The library has no distutils and imp any more since 3.12.
PACKAGES = ("aiohttp attr bottle celery distutils django flask gevent httpx imp jinja2 mako numpy pip pytest requests setuptools sqlalchemy "
            "tornado uvicorn uvloop werkzeug xdist").split()


def missing_packages(python, program):
    _, _, files, run = program
    words = set(re.findall(r"[a-z0-9]+", " ".join([*files.values(), run]))) | ({"xdist"} if "pytest -q -n 2" in run else set())
    wanted = [name for name in PACKAGES if name in words]
    code = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if not u.find_spec(n)])"
    return subprocess.run([python, "-c", code, *wanted], capture_output=True, text=True, check=True).stdout.split()


def lay_out(base, programs, python):
    """Each program in a folder of its own, and a script that runs one after the other and notes when each began."""
    script = []
    for name, _, files, run in programs:
        folder = os.path.join(base, name)
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "w") as f:
                f.write(text)
        script.append("cd %s; date +%%s.%%N >>%s/starts; timeout 90 %s >out 2>&1 </dev/null; sleep 0.2" % (
            folder, base, re.sub(r"\bPY\b", python, run)))
    script.append("date +%%s.%%N >>%s/starts" % base)
    with open(os.path.join(base, "all.sh"), "w") as f:
        f.write("\n".join(script))


def seconds(alert):
    time_of = datetime.datetime.strptime(alert["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    return time_of.replace(tzinfo=datetime.timezone.utc).timestamp()


def run_programs(wanted, python):
    import programs_packages  # noqa: F401 - adds its own
    from programs import PROGRAMS

    chosen, skipped = [], 0
    for program in PROGRAMS:
        if wanted and not any(text in program[0] for text in wanted):
            continue
        missing = missing_packages(python, program)
        if missing:
            print("SKIP   %-28s %s has no %s" % (program[0], python, ", ".join(missing)))
            skipped += 1
        else:
            chosen.append(program)
    base = tempfile.mkdtemp(prefix="phrude-programs-", dir="/var/lib")
    lay_out(base, chosen, python)
    # Nobody is reached: of the network there is the loopback interface, and that is theirs.
    subprocess.run([BINARY, "run", "--rules", RULES, "--format", "json", "--output", base + "/alerts", "--",
                    "unshare", "--net", "sh", "-c", "ip link set lo up; exec sh %s/all.sh" % base], check=True)
    with open(base + "/alerts", errors="replace") as f:
        alerts = [json.loads(line) for line in f]
    # what a .pth file of this machine's does is none of the programs'
    alerts = [a for a in alerts if a["rule"]["level"] != "info" and all(c["function"] != "addpackage" for c in a["callers"] or [])]
    starts = [float(line) for line in open(base + "/starts")]
    failed = 0
    for (name, attacked, _, _), start, end in zip(chosen, starts, starts[1:]):
        mine = [a for a in alerts if start <= seconds(a) < end]
        found = sorted({a["rule"]["id"] or a["rule"]["name"] for a in mine})
        ok = bool(found) == attacked
        failed += not ok
        with open(os.path.join(base, name, "out"), errors="replace") as f:
            last = ([""] + f.read().strip().splitlines())[-1]
        print("%-4s %-6s %-28s %s%s" % ("PASS" if ok else "FAIL", "attack" if attacked else "clean", name, ", ".join(found),
                                        "" if ok else "  " + last))
    shutil.rmtree(base)
    print("%d passed, %d failed, %d skipped" % (len(chosen) - failed, failed, skipped))
    return not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["clean", "attack", "programs"])
    parser.add_argument("--app", action="append", choices=APPS)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("-k", action="append", metavar="TEXT")
    parser.add_argument("--python", default="/usr/bin/python3")
    arguments = parser.parse_args()
    if arguments.what == "programs":
        sys.exit(0 if run_programs(arguments.k, arguments.python) else 1)
    names = arguments.app or APPS
    ok = clean(names, arguments.requests) if arguments.what == "clean" else attack(names)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
