# SPDX-License-Identifier: GPL-2.0-only
"""The interpreters of this machine, and how to run a script under each."""

import glob
import os
import re
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(HERE, "..", "..", "build")))
CHROOTS = os.environ.get("PHRUDE_CHROOTS", "/var/cache/phrude-trace/chroots")
PYENV = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")

SUPPORTED = range(8, 16)
# Seen from inside a chroot as well.
SCRATCH = "/tmp/phrude-trace-e2e.%d" % os.getpid()
# What a machine set up by scripts/test.sh, with self-built interpreters, has; what of it is missing is said.
EXPECTED = (["pyenv-3.%d" % minor for minor in range(8, 14)] +
            ["bullseye-3.9", "bookworm-3.11", "trixie-3.13", "sid-3.14", "sid-3.15"])


class Interpreter:
    """name: "sid-3.15"; version: (3, 15); root: its chroot, "" for the host; kinds: the probe kinds that apply."""

    def __init__(self, name, program, root="", arguments=(), embedded=None):
        self.name = name
        self.root = root
        self.embedded = embedded  # "lib" or "dlopen": how a program of ours has got its libpython
        self.argv = [program, *arguments]
        if root:
            # A mount namespace of its own with its own /proc, as a container has; unshare executes in place, so the
            # process that was started is the target.
            self.argv = ["unshare", "--mount", "--root=" + root, "--mount-proc", "--wd=/", "--"] + self.argv
        text = subprocess.run(self.argv + ["-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
                              capture_output=True, text=True, check=True).stdout.strip()
        self.full_version = text
        self.version = tuple(int(part) for part in text.split(".")[:2])
        self.kinds = (["usdt"] if self._has_usdt() else []) + ["frame", "call", "arm"]

    def __str__(self):
        return self.name

    def _has_usdt(self):
        """function__entry is built in, and in a version in which it works."""
        if self.version >= (3, 11) and self.version < (3, 15):
            return False
        script = ("import sys\n"
                  "for line in open('/proc/self/maps'):\n"
                  "    path = line.split()[-1]\n"
                  "    if path.startswith('/') and 'python' in path + sys.executable:\n"
                  "        print(path)\n")
        paths = subprocess.run(self.argv + ["-c", script], capture_output=True, text=True, check=True).stdout.split()
        images = {path for path in paths if re.match(r"(lib)?python3", os.path.basename(path))}
        for path in images:
            with open(self.root + path, "rb") as image:
                if b"python\0function__entry\0" in image.read():
                    return True
        return False

    def place(self, path, name=None):
        """Copies a file or folder to where the interpreter sees it; returns the path there."""
        return _place(self.root, path, name)

    def clean(self):
        shutil.rmtree(self.root + SCRATCH, ignore_errors=True)


FEW = ("pyenv-3.8", "debian-3.11", "pyenv-3.12", "trixie-3.13", "sid-3.15")


def few(interpreter):
    """For what is heavy: one of those that are entered and looked into in one way; with PHRUDE_LONG_TESTS all of them."""
    return interpreter.name in FEW or bool(os.environ.get("PHRUDE_LONG_TESTS"))


def two(interpreter):
    """For what hardly depends on the interpreter: the host's own, and the newest one; with PHRUDE_LONG_TESTS all of them."""
    return interpreter.name in ("debian-3.11", "sid-3.15") or bool(os.environ.get("PHRUDE_LONG_TESTS"))


def few_or_embedded(interpreter):
    """Those, and the ways in which a program may have an interpreter inside."""
    return few(interpreter) or interpreter.embedded


def _place(root, path, name=None):
    inside = os.path.join(SCRATCH, name or os.path.basename(path))
    outside = root + inside
    if not os.path.exists(outside):
        os.makedirs(os.path.dirname(outside), exist_ok=True)
        # Another test may be at the same: it gets its name when it is complete.
        with tempfile.TemporaryDirectory(dir=root + SCRATCH) as folder:
            copy = os.path.join(folder, "copy")
            if os.path.isdir(path):
                shutil.copytree(path, copy, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, copy)
            try:
                os.rename(copy, outside)
            except OSError:
                if not os.path.exists(outside):
                    raise
    return inside


def built(source):
    """A small C program of these tests."""
    program = os.path.join(BUILD, "e2e", source)
    os.makedirs(os.path.dirname(program), exist_ok=True)
    fresh = "%s.%d" % (program, os.getpid())
    subprocess.run(["cc", "-O1", "-pthread", "-o", fresh, os.path.join(HERE, source + ".c"), "-ldl"], check=True)
    os.rename(fresh, program)
    return program


def _embedding(name, root, library, define=()):
    """A small program that embeds a shared libpython, as uwsgi or an editor does."""
    program = os.path.join(BUILD, "e2e", "embed-" + name)
    os.makedirs(os.path.dirname(program), exist_ok=True)
    # Another run may be at the same.
    fresh = "%s.%d" % (program, os.getpid())
    command = ["cc", "-O1", "-o", fresh, os.path.join(HERE, "embed.c"), *define]
    if not define:
        # The chroot's library wants the chroot's C library, which may be newer than this one.
        command += [library, "-Wl,--unresolved-symbols=ignore-in-shared-libs"]
    subprocess.run(command, check=True, capture_output=True)
    os.rename(fresh, program)
    arguments = [os.path.basename(library)] if define else []
    return Interpreter(name, _place(root, program), root, arguments, "dlopen" if define else "lib")


def _embeddings(label, root):
    for library in sorted(glob.glob(root + "/usr/lib/*/libpython3.*.so.1.0")):
        version = re.search(r"libpython(3\.\d+)\.so", library).group(1)
        for suffix, define in (("lib", ()), ("dlopen", ("-DDLOPEN",))):
            yield "%s-%s-%s" % (label, version, suffix), root, library, define


def find():
    """Returns the interpreters, and a list of (name, reason) of those that are not there."""
    found, missing = [], []

    def attempt(name, make, *arguments):
        try:
            found.append(make(name, *arguments))
        except (OSError, subprocess.CalledProcessError) as error:
            said = (getattr(error, "stderr", None) or str(error))
            said = said.decode(errors="replace") if isinstance(said, bytes) else said
            missing.append((name, "does not run here: " + (said.strip().splitlines() or ["?"])[-1]))

    host = os.path.realpath("/usr/bin/python3")
    attempt("debian-" + os.path.basename(host).replace("python", ""), Interpreter, host)
    for minor in SUPPORTED:
        for folder in sorted(glob.glob(os.path.join(PYENV, "versions", "3.%d.*" % minor))):
            attempt("pyenv-3.%d" % minor, Interpreter, os.path.join(folder, "bin", "python3"))
    for root in sorted(glob.glob(CHROOTS + "/[a-z]*")):
        label = os.path.basename(root)
        for program in sorted(glob.glob(root + "/usr/bin/python3.*[0-9]")):
            attempt("%s-%s" % (label, os.path.basename(program).replace("python", "")),
                    Interpreter, program[len(root):], root)
    for label, root in [("debian", "")] + [(os.path.basename(r), r) for r in sorted(glob.glob(CHROOTS + "/[a-z]*"))]:
        for arguments in _embeddings(label, root):
            if arguments[0].endswith("3.15-dlopen"):
                missing.append((arguments[0], "phrude-trace refuses a libpython 3.15 that was loaded by dlopen: it has no "
                                "pthread key, and its TLS is not at one offset from all threads' pointers"))
                continue
            attempt(arguments[0], _embedding, *arguments[1:])
    found.sort(key=lambda interpreter: (interpreter.version, interpreter.name))
    names = [name for name, _ in missing] + [interpreter.name for interpreter in found]
    missing += [(name, "not installed") for name in EXPECTED if name not in names]
    return found, missing
