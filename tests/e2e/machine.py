# SPDX-License-Identifier: GPL-2.0-only
"""A Debian machine to install on, which is as new for each test: the chroot `bare` under a layer of its own."""

import os
import re
import resource
import shlex
import subprocess
import tempfile

from harness import expect, expect_equal, once
from interpreters import BUILD, CHROOTS, HERE

ROOT = os.path.dirname(os.path.dirname(HERE))


def packages():
    """Name -> path of the packages, made of the programs that are tested."""
    def make():
        done = subprocess.run([os.path.join(ROOT, "scripts", "deb.sh")], env={**os.environ, "BUILD": BUILD}, capture_output=True,
                              text=True, timeout=200)
        expect_equal(done.returncode, 0, "status of deb.sh (%s)" % done.stderr)
        return {os.path.basename(path).split("_")[0]: path for path in done.stdout.split()}
    return once("packages", make)


class Machine:
    """As a context manager it is there; its mounts are in a namespace that nobody else sees, and gone after."""

    def __init__(self):
        self.lower = os.path.join(CHROOTS, "bare")
        expect(os.path.isdir(self.lower), "%s is missing: run scripts/chroots.sh bare", self.lower)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-")
        script = ("mount -t tmpfs -o mode=0755 tmpfs $0 && cd $0 && mkdir upper work root && "
                  "mount -t overlay -o lowerdir=$1,upperdir=upper,workdir=work overlay root && "
                  "for name in proc sys dev; do mount --rbind /$name root/$name || exit; done && "
                  "mount -t tmpfs -o mode=0755 tmpfs root/run && echo ready && exec sleep 600")
        self.holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, self.folder.name, self.lower],
                                       stdout=subprocess.PIPE, text=True)
        expect_equal(self.holder.stdout.readline(), "ready\n", "what the machine says")
        return self

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.wait()
        self.folder.cleanup()

    def path(self, name):
        """A file of the machine, as it is seen from here."""
        return "/proc/%d/root%s/root%s" % (self.holder.pid, self.folder.name, name)

    def argv(self, *command):
        return ["nsenter", "--target=%d" % self.holder.pid, "--mount", "chroot", self.folder.name + "/root", *command]

    def run(self, *command, status=0, timeout=120):
        """Runs a command to its end; returns what it printed."""
        done = subprocess.run(self.argv(*command), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"})
        expect_equal(done.returncode, status, "status of %s (%s%s)" % (command, done.stdout, done.stderr))
        return done.stdout

    def left(self):
        """What is there of ours."""
        return self.run("find", "/", "-xdev", "-name", "*phrude*", "-not", "-path", "/tmp/*", "-not", "-path", "/.phrude-trace").split()

    def install(self, *names):
        """With what apt has at hand and finds that they depend on."""
        where = []
        for name in names:
            path = packages().get(name)
            if path:
                with open(path, "rb") as source, open(self.path("/tmp/%s.deb" % name), "wb") as file:
                    file.write(source.read())
            where.append("/tmp/%s.deb" % name if path else name)
        # A proxy that is not there: what is not at hand cannot be had.
        self.run("apt-get", "-q", "-y", "-o", "Acquire::http::Proxy=http://127.0.0.1:1", "install", *where)


class Unit:
    """A unit of systemd's: what it runs, and what that may do."""

    def __init__(self, text):
        self.keys = dict(re.findall(r"^(\w+)=(.*)$", text, re.M))

    def start(self, machine, **environment):
        """As the service manager would: with its folders, capabilities, limits, umask, and all else read-only."""
        own = []
        for key, above in (("Runtime", "/run/"), ("State", "/var/lib/"), ("Logs", "/var/log/")):
            folder = above + self.keys[key + "Directory"]
            machine.run("install", "-d", "-m", self.keys.get(key + "DirectoryMode", "0755"), folder)
            own.append(folder)
        expect_equal(self.keys["ProtectSystem"], "strict", "what of the file system is read-only")
        capabilities = "-all" + "".join(",+" + name[4:].lower() for name in self.keys["CapabilityBoundingSet"].split())
        expect_equal(self.keys["NoNewPrivileges"], "yes", "NoNewPrivileges")
        # What a machine of tests may have itself is the most that it can give.
        files = min(int(self.keys["LimitNOFILE"]), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        limits = ["prlimit", "--nofile=%d" % files, "--core=" + self.keys["LimitCORE"]]
        prepare = ("for folder in %s; do mount --bind $0$folder $0$folder; done; mount -o remount,bind,ro $0; "
                   "umask %s; exec chroot $0 \"$@\"" % (" ".join(own), self.keys["UMask"]))
        return subprocess.Popen(
            ["nsenter", "--target=%d" % machine.holder.pid, "--mount", "unshare", "--mount", "--propagation", "private",
             "sh", "-ec", prepare, machine.folder.name + "/root", *limits, "setpriv", "--no-new-privs", "--inh-caps=-all",
             "--bounding-set=" + capabilities, *shlex.split(self.keys["ExecStart"])],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment})


class Application:
    """A Python of this host that runs already, and does what is asked.  Its command line has the word."""

    SCRIPT = "import os, sys\nprint('up', flush=True)\nfor line in sys.stdin:\n    print(os.popen(line).read().strip(), flush=True)\n"

    def __init__(self, word, wrapper=()):
        self.process = subprocess.Popen([*wrapper, "/usr/bin/python3", "-c", self.SCRIPT, word], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.pid = self.process.pid
        expect_equal(self.process.stdout.readline(), "up\n", "what the application says")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def shell(self, command):
        """Through os.popen, which the rules report."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()
