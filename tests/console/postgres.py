# SPDX-License-Identifier: GPL-2.0-only
"""A PostgreSQL of the tests' own: a cluster in a folder, reached by a socket within it, run by somebody without rights."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
import threading


class Cluster:
    def __init__(self):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
        if not programs:
            raise FileNotFoundError("no PostgreSQL is installed: scripts/setup.sh test")
        self.programs = programs[-1]
        self.directory = tempfile.mkdtemp(prefix="phrude-postgres-", dir="/tmp")
        self.account, self.user = {}, pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:  # which PostgreSQL refuses to be run by
            nobody = pwd.getpwnam("nobody")
            os.chown(self.directory, nobody.pw_uid, nobody.pw_gid)
            self.account, self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}, "nobody"
        self._number = 0
        self._lock = threading.Lock()
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=tests", "-D", self.directory + "/data")
        self.start()

    def _run(self, program, *arguments):
        done = subprocess.run([os.path.join(self.programs, program), *arguments], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, timeout=120, **self.account)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def start(self):
        self._run("pg_ctl", "-D", self.directory + "/data", "-l", self.directory + "/log", "-w", "-o",
                  f"-c listen_addresses='' -c unix_socket_directories={self.directory} -c max_connections=300", "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-D", self.directory + "/data", "-m", mode, "-w", "stop")

    def close(self):
        self.stop("immediate")
        shutil.rmtree(self.directory, ignore_errors=True)

    def database(self):
        """A new one; its address."""
        with self._lock:
            self._number += 1
            name = f"console{self._number}"
        self._run("createdb", "-h", self.directory, "-U", "tests", name)
        return f"postgresql://tests@/{name}?host={self.directory}"

    def sql(self, address, statement):
        """Its rows, as lists of texts."""
        out = self._run("psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-c", statement, address)
        return [line.split("\x1f") for line in out.splitlines()]
