# SPDX-License-Identifier: GPL-2.0-only
"""A phrude-console for the demo: with a store of its own, under an account without rights; the tracer sends its alerts to it."""

import os
import pwd
import re
import subprocess
import threading

from tracer import ROOT


class DemoConsole:
    def __init__(self, directory, application):
        binary = os.environ.get("PHRUDE_CONSOLE") or os.path.join(ROOT, "build", "phrude-console")
        folder = os.path.join(directory, "console")
        os.mkdir(folder, 0o700)
        account = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chmod(directory, 0o755)
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        store = ["--store", f"sqlite:{folder}/console.db"]
        self.process = None
        try:
            key = subprocess.run([binary, "key", "add", application, *store], stdout=subprocess.PIPE, text=True, check=True, **account).stdout
            self.process = subprocess.Popen([binary, "serve", "--listen", "127.0.0.1:0", *store], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **account)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(f"phrude-console cannot be started: {error}") from error
        self._read_start()
        self.key_file = os.path.join(directory, "console.key")
        with open(os.open(self.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)

    def _read_start(self):
        lines = []
        self.link = None
        for line in self.process.stderr:
            lines.append(line)
            if found := re.search(r"http://\S+/setup#\S+", line):
                self.link = found[0]
            if found := re.search(r"ready: (http://\S+)", line):
                self.url = found[1]
                break
        else:
            raise RuntimeError("phrude-console did not start:\n" + "".join(lines))
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def configuration(self, alerts):
        """What the tracer is told: where its alerts go."""
        return ("outputs:\n"
                f"  - {{ type: file, path: {alerts}, format: json }}\n"
                f'  - {{ type: console, url: "{self.url}", key_file: {self.key_file} }}\n')

    def wait(self):
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
