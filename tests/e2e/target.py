# SPDX-License-Identifier: GPL-2.0-only
"""A target: one of targets/*.py under some interpreter, told what to do through its standard input."""

import json
import os
import select
import subprocess
import tempfile
import time

from harness import expect
from interpreters import HERE

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
               "HOME": "/root", "PYTHONDONTWRITEBYTECODE": "1"}


class Target:
    """As a context manager it says hello first, and ends with status 0 after the body."""

    def __init__(self, interpreter, script, *arguments, environment=None, wrapper=(), **popen):
        self.folder = interpreter.place(os.path.join(HERE, "targets"))
        self.errors = tempfile.TemporaryFile()
        self._pending = b""
        self.process = subprocess.Popen(
            [*wrapper, *interpreter.argv, os.path.join(self.folder, script), *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env={**ENVIRONMENT, **(environment or {})},
            **popen)
        self.hello = self._answer(30)
        self.pid = self.process.pid

    def send(self, command, /, **arguments):
        self.process.stdin.write(json.dumps([command, arguments]).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, command, /, timeout=60, **arguments):
        """Has the target do something, returns what it says it did."""
        self.send(command, **arguments)
        return self._answer(timeout)

    def _answer(self, timeout):
        deadline = time.monotonic() + timeout
        while b"\n" not in self._pending:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            expect(ready, "the target did not answer within %d s", timeout)
            data = os.read(self.process.stdout.fileno(), 1 << 20)
            if not data:
                raise AssertionError("the target ended with status %s: %s" % (self.process.wait(10), self.said()))
            self._pending += data
        line, self._pending = self._pending.split(b"\n", 1)
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError("in the target: " + answer["error"])
        return answer

    answer = _answer

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()[-800:]

    def end(self):
        """Lets it end in its own way; returns its status."""
        if not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            return self.process.wait(30)
        finally:
            self._close()

    def _close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            try:
                file.close()
            except OSError:
                pass  # a command that it did not live to read

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            self._close()
            return
        status = self.end()
        expect(status == 0, "the target ended with status %d", status)
