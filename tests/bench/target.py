# SPDX-License-Identifier: GPL-2.0-only
"""The measured process, seen from the driver."""

import atexit
import glob
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# What Flask consists of in Debian's packages: lets interpreters that have no Flask of their own use it.
FLASK_PARTS = ("flask", "werkzeug", "jinja2", "markupsafe", "click", "itsdangerous", "blinker", "importlib_metadata",
               "zipp", "more_itertools")


def _has_flask(python):
    done = subprocess.run([python, "-c", "import flask"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def _place(root):
    """A directory with the workload and Debian's Flask, as seen from inside `root`."""
    directory = tempfile.mkdtemp(prefix="phrude-bench-", dir=root + "/tmp")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    os.mkdir(directory + "/bench")
    for name in ("workload.py", "settrace_tracer.py"):
        shutil.copy(os.path.join(HERE, name), directory + "/bench")
    for name in FLASK_PARTS:
        for path in glob.glob(f"/usr/lib/python3/dist-packages/{name}") + glob.glob(
                f"/usr/lib/python3/dist-packages/{name}-*.*-info"):
            shutil.copytree(path, os.path.join(directory, "flask", os.path.basename(path)),
                            ignore=shutil.ignore_patterns("__pycache__"))
    return directory[len(root):]


class WorkloadError(Exception):
    """The measured process could not do what it was told."""


class Target:
    def __init__(self, python, root=""):
        """root: a chroot that `python` is in."""
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        environment.pop("PYTHONPATH", None)
        place = _place(root)
        if root or not _has_flask(python):
            environment["PYTHONPATH"] = place + "/flask"
        command = (["chroot", root] if root else []) + [python, place + "/bench/workload.py"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)
        self.pid = self.process.pid
        self._port = None
        self.python = self.answer()["python"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise WorkloadError(f"the measured process ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkloadError(answer["error"])
        return answer

    def send(self, what, **arguments):
        self.process.stdin.write(json.dumps(dict(arguments, do=what)) + "\n")
        self.process.stdin.flush()

    def do(self, what, **arguments):
        self.send(what, **arguments)
        return self.answer()

    def ns_each(self, loop, seconds):
        """Nanoseconds of processor time a request, or a call."""
        if loop == "http":
            return self._ns_each_http(seconds)
        answer = self.do(loop, seconds=seconds)
        return answer["ns"] / answer["count"]

    def _ns_each_http(self, seconds):
        if not self._port:
            self._port = self.do("serve")["port"]
        count, before, end = 0, self.do("cpu")["ns"], time.monotonic() + seconds
        while not count or time.monotonic() < end:
            with socket.create_connection(("127.0.0.1", self._port)) as connection:
                connection.sendall(b"GET /shop/3?title=sale HTTP/1.0\r\nHost: localhost\r\n\r\n")
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            if b" 200 OK" not in answer[:20]:
                raise WorkloadError(f"the application answered {answer[:60]!r}")
            count += 1
        return (self.do("cpu")["ns"] - before) / count

    def close(self):
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
