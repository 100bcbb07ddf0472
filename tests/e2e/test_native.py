# SPDX-License-Identifier: GPL-2.0-only
"""Functions of an application that have no frame, as Cython makes them: what they evaluate is the application's doing."""

import os
import subprocess
import tempfile

from harness import Skip, expect, expect_equal, test
from interpreters import HERE
from target import ENVIRONMENT, Target
from tracer import Tracer, pack

CODE = ("code-eval", "code-exec", "code-compile-attack")


def compile_to(folder):
    """native.pyx as a module for Debian's own interpreter."""
    if subprocess.run(["/usr/bin/python3", "-c", "import Cython, flask, django"], stderr=subprocess.DEVNULL,
                      env=ENVIRONMENT).returncode:
        raise Skip("not all of cython3, python3-flask, python3-django are installed")
    include = subprocess.run(["/usr/bin/python3", "-c", "import sysconfig; print(sysconfig.get_path('include'))"],
                             stdout=subprocess.PIPE, check=True, env=ENVIRONMENT).stdout.decode().strip()
    source = os.path.join(folder, "native_calls.c")
    for words in (["cython3", "-3", "--module-name", "native_calls", "-o", source, os.path.join(HERE, "targets", "native.pyx")],
                  ["gcc", "-shared", "-fPIC", "-w", "-I", include, source, "-o", os.path.join(folder, "native_calls.so")]):
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        expect(done.returncode == 0, "%s: %s", words[0], done.stdout.decode()[-300:])


def is_debians(interpreter):
    return interpreter.name.startswith("debian")


@test("interpreter", where=is_debians)
def views(interpreter):
    """Told, whoever calls them; nothing else is."""
    with tempfile.TemporaryDirectory(prefix="phrude-native-", dir="/var/lib") as folder:
        compile_to(folder)
        for way, times in (("flask", 1), ("django", 1), ("threads", 2), ("libraries", 0)):
            with Target(interpreter, "native_views.py", folder) as target:
                target.ask("call", way=way)  # imports are not what this is about
                with Tracer(pack("lists", "code-evaluation"), target.pid) as tracer:
                    target.ask("call", way=way)
            expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
            found = [alert["rule"]["id"] for alert in tracer.alerts]
            expect(found == list(CODE * times), "%s: rules %s", way, found)
            if way in ("flask", "django"):
                expect_equal([alert["request"] and alert["request"]["path"] for alert in tracer.alerts],
                             ["/evaluate", "/execute", "/compiled"], "%s: requests" % way)
