# SPDX-License-Identifier: GPL-2.0-only
"""Starts phrude-trace, waits until it is ready, reads its alerts, ends it.  Standard library only."""

import json
import os
import re
import signal
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def binary():
    """The program under test: $PHRUDE_TRACE, or what `make` built."""
    return os.environ.get("PHRUDE_TRACE") or os.path.join(ROOT, "build", "phrude-trace")


class TracerError(Exception):
    """phrude-trace ended, or was not ready in time; its own words are the message."""


class Tracer:
    """One phrude-trace process; its alerts go to the file `output` as JSON lines, or without one to its stdout."""

    def __init__(self, pids, rules, output=None, probe=None, echo=None, options=(), config=None):
        self.output = output
        self.echo = echo  # called with each line of its stderr
        self.messages = []
        self._position = 0
        self._partial = b""
        self._ready = threading.Event()
        pids = pids if isinstance(pids, list) else [pids]
        command = [binary(), "--pid", *map(str, pids), "--rules", rules, "--format", "json", *options]
        if probe:
            command += ["--probe", probe]
        if config:  # which names the output, and others
            command += ["--config", config]
        elif output:
            command += ["--output", output]
        if output:
            open(output, "w").close()
        self.command = command
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL if output else subprocess.PIPE,
                                            stderr=subprocess.PIPE)
        except OSError as error:
            raise TracerError(f"{command[0]} cannot be started: {error.strerror}; run make first") from error
        self._reader = threading.Thread(target=self._read_messages, daemon=True)
        self._reader.start()

    def _read_messages(self):
        for line in self.process.stderr:
            line = line.decode(errors="replace").rstrip("\n")
            self.messages.append(line)
            if self.echo:
                self.echo(line)
            if "ready:" in line:
                self._ready.set()
        self._ready.set()  # it has ended: nobody need wait any longer

    def wait_ready(self, timeout=30):
        """Returns the ready line; from then on no call is missed."""
        self._ready.wait(timeout)
        for line in self.messages:
            if "ready:" in line:
                return line
        self.process.kill()
        self.process.wait()
        raise TracerError("\n".join(self.messages) or f"not ready within {timeout} s")

    def new_alerts(self):
        """The alerts written since the last call."""
        with open(self.output, "rb") as file:
            file.seek(self._position)
            data = file.read()
        self._position += len(data)
        *lines, self._partial = (self._partial + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def wait_alerts(self, enough, timeout=5):
        """New alerts, until enough(alerts) holds or the time is over."""
        alerts = self.new_alerts()
        deadline = time.monotonic() + timeout
        while not enough(alerts) and time.monotonic() < deadline:
            time.sleep(0.02)
            alerts += self.new_alerts()
        return alerts

    def stop(self, timeout=20):
        """Ends it as ^C would; returns its exit status.  Safe to call twice."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)
        return self.process.returncode

    def counters(self):
        """The numbers of the summary line, as {"hits": ..., "lost": ...}; call stop() first."""
        for line in reversed(self.messages):
            if "summary:" in line:
                return {name: int(count) for name, count in re.findall(r"(\w+) (\d+)", line)}
        return {}
