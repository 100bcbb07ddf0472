# SPDX-License-Identifier: GPL-2.0-only
"""Installs the vulnerable application into a directory of its own, starts it and talks to it."""

import os
import pwd
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


class Shop:
    """The application as a process, under an account without rights if we are root."""

    def __init__(self, directory, python, secret, collector_port):
        self.directory = directory
        self.marker = os.path.join(directory, "writable", "marker")
        self._install(collector_port)
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "CLOUD_SECRET_KEY": secret,
        }
        account = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(os.path.dirname(self.marker), nobody.pw_uid, nobody.pw_gid)
            account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.log = open(os.path.join(directory, "app.log"), "w+")
        self.process = subprocess.Popen([python, os.path.join(directory, "app.py")], env=environment, cwd=directory,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        **account)
        self.port = self._read_port()

    def _install(self, collector_port):
        """Copies the application and its packages, with the demo's addresses in the places left for them."""
        os.chmod(self.directory, 0o755)
        os.mkdir(os.path.dirname(self.marker))
        shutil.copy(os.path.join(HERE, "app.py"), self.directory)
        packages = os.path.join(self.directory, "packages")
        shutil.copytree(os.path.join(HERE, "packages"), packages, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("fastcolors/__init__.py", "thumbnailer/bin/optimizer"):
            path = os.path.join(packages, name)
            with open(path) as file:
                text = file.read()
            text = text.replace("@COLLECTOR_PORT@", str(collector_port)).replace("@MARKER@", self.marker)
            with open(path, "w") as file:
                file.write(text)
        for path, directories, files in os.walk(packages):  # whatever the umask of the checkout
            for name in directories:
                os.chmod(os.path.join(path, name), 0o755)
            for name in files:
                os.chmod(os.path.join(path, name), 0o755 if name == "optimizer" else 0o644)
        os.chmod(os.path.join(self.directory, "app.py"), 0o644)

    def _read_port(self):
        line = self.process.stdout.readline()
        found = re.search(r"listening on port (\d+)", line)
        if not found:
            self.process.wait()
            self.log.seek(0)
            raise RuntimeError("the application did not start:\n" + self.log.read())
        return int(found.group(1))

    def get(self, path, **query):
        """The text of the answer."""
        url = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query)}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy
        with opener.open(url, timeout=20) as response:
            return response.read().decode()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()
