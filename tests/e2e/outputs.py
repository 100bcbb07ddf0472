# SPDX-License-Identifier: GPL-2.0-only
"""For tests of outputs: a folder, and the tracer with some of them."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

from harness import expect
from tracer import BINARY, rule, yaml


class Folder:
    """A folder of its own, with rules for the target load.py."""

    def __init__(self, *rules):
        self.rules = rules or (rule("watched", file="load.py", level="warn", tags=["attack.T1059.006"]),)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-")
        self.write("rules.yaml", yaml(self.rules))
        return self

    def __truediv__(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text, mode=0o600):
        with open(self / name, "w", opener=lambda path, flags: os.open(path, flags, mode)) as file:
            file.write(text)
        return self / name

    def read(self, name):
        with open(self / name) as file:
            return file.read()

    def __exit__(self, *error):
        self.folder.cleanup()


def start(folder, target, *outputs, rules="rules.yaml", **settings):
    """The tracer with these outputs, once it is ready; the target has a .pid."""
    settings = {"rules": rules, "pid": target.pid, **settings, "outputs": outputs}
    config = folder.write("config.yaml", "".join("%s: %s\n" % (name, json.dumps(value)) for name, value in settings.items()))
    tracer = subprocess.Popen([BINARY, "--config", config], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    said = []
    for line in tracer.stderr:
        said.append(line)
        if "ready: " in line:
            break
    else:
        raise AssertionError("not ready: %s" % "".join(said))
    tracer.before = "".join(said)
    return tracer


@contextlib.contextmanager
def tracing(folder, target, *outputs):
    """The tracer at work with these outputs; has ended, asked by SIGINT, after the body.  What it said is in .errors then."""
    tracer = start(folder, target, *outputs)
    try:
        yield tracer
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)
        tracer.output, tracer.errors = tracer.communicate(timeout=30)
        tracer.errors = tracer.before + tracer.errors
    finally:
        tracer.kill()
        tracer.wait()


def wait_for(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < deadline, "%s: not within %d s", what, seconds)
        time.sleep(0.02)


def certificate(folder, name, *arguments, subject="localhost"):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=" + subject, "-keyout", folder / (name + ".key"), "-out", folder / (name + ".pem"), *arguments],
                   check=True, capture_output=True)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
