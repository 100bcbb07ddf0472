# SPDX-License-Identifier: GPL-2.0-only
"""Where an interpreter may run: in a server as a plugin, in a container, as another user, from a deleted file."""

import contextlib
import glob
import os
import re
import shutil
import socket
import subprocess
import tempfile

from harness import Skip, expect, expect_equal, test
from interpreters import HERE, PYENV, Interpreter, built
from target import Target
from tracer import Tracer, rule

host = os.path.realpath("/usr/bin/python3")
PLAIN = [rule("plain", file="counts.py")]


def request(path, target):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(path)
        connection.sendall(b"GET %s HTTP/1.0\r\nHost: here\r\n\r\n" % target.encode())
        answer = b""
        while True:
            data = connection.recv(4096)
            if not data:
                return answer.split(b"\r\n\r\n", 1)[1].decode()
            answer += data


def serve(folder, *options):
    """Starts uwsgi; returns it and its socket once it listens."""
    path = os.path.join(folder, "http")
    process = subprocess.Popen(["uwsgi", "--plugin", "python3", "--http-socket", path, "--need-app", "--wsgi-file",
                                os.path.join(HERE, "targets", "app.py"), *options],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=folder)
    seen = []
    for line in process.stderr:
        seen.append(line.strip())
        if all(any(re.match(sign, said) for said in seen) for sign in (r"WSGI app 0 .* ready", "spawned uWSGI worker")):
            return process, path
    raise Skip("uwsgi did not start: %s" % " | ".join(seen[-2:]))


@test()
def uwsgi():
    if not shutil.which("uwsgi"):
        raise Skip("uwsgi is not installed")
    with tempfile.TemporaryDirectory() as folder:
        process, path = serve(folder)
        try:
            with Tracer([rule("handle", file="targets/app.py")], process.pid) as tracer:
                answers = [request(path, "/page%d?x=%d" % (number, number)) for number in range(5)]
            expect_equal(answers, ["/page%d?x=%d by %d" % (n, n, process.pid) for n in range(5)], "answers")
            expect_equal([alert["args"] for alert in tracer.alerts],
                         [{"path": "/page%d" % n, "query": "x=%d" % n} for n in range(5)], "arguments")
            for alert in tracer.alerts:
                expect(alert["process"]["exe"].endswith("uwsgi-core"), "exe is %r", alert["process"]["exe"])
                expect_equal([caller["function"] for caller in alert["callers"]], ["application"], "callers")
            expect_equal(request(path, "/after"), "/after? by %d" % process.pid, "answer afterwards")
        finally:
            process.kill()
            process.communicate()


def traced(target, pid):
    """Counts as usual, and the pids are those that this side knows."""
    with Tracer(PLAIN, pid) as tracer:
        counts = target.ask("go", n=10)
    expect_equal(tracer.by_rule(), {"plain": counts["plain"]}, "alerts")
    for alert in tracer.alerts:
        expect_equal((alert["process"]["pid"], alert["process"]["tid"]), (pid, pid), "pid, tid")
    return tracer.alerts[0]["process"]


@test("interpreter")
def pid_namespace(interpreter):
    """As in a container: process 1 there, another one here."""
    with Target(interpreter, "counts.py", wrapper=["unshare", "--pid", "--fork", "--mount-proc"]) as target:
        expect_equal(target.hello["pid"], 1, "pid inside")
        with open("/proc/%d/task/%d/children" % (target.pid, target.pid)) as file:
            pid = int(file.read())
        traced(target, pid)


@test()
def another_user():
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    with Target(Interpreter("host", host), "counts.py", wrapper=nobody) as target:
        expect_equal(traced(target, target.pid)["uid"], 65534, "uid")


@test()
def deleted_interpreter():
    """An upgrade has replaced the file that a process still runs."""
    with tempfile.TemporaryDirectory() as folder:
        program = shutil.copy(host, os.path.join(folder, "python3"))
        with Target(Interpreter("copy", program), "counts.py") as target:
            os.unlink(program)
            shutil.copy("/bin/true", program)
            traced(target, target.pid)


@test()
def odd_path():
    with tempfile.TemporaryDirectory() as folder:
        odd = os.path.join(folder, "a b\\ (deleted)\n\xe9")
        os.mkdir(odd)
        program = shutil.copy(host, os.path.join(odd, "python3"))
        with Target(Interpreter("odd", program), "counts.py") as target:
            expect_equal(traced(target, target.pid)["exe"], program, "exe")


@test()
def two_interpreters_at_once():
    """Of different versions, in one tracer: each is read by its own layout."""
    found = [Interpreter(name, program) for name, program in
             [("host", host)] + [(path, path) for path in
                                 sorted(glob.glob(os.path.join(PYENV, "versions", "3.*", "bin", "python3")))]
             if name == "host" or re.search(r"/3\.(8|9|1[0-3])\.", name)]
    if len(found) < 2:
        raise Skip("there is only one interpreter")
    with contextlib.ExitStack() as stack:
        targets = [stack.enter_context(Target(interpreter, "values.py")) for interpreter in found]
        with Tracer([rule("probe", file="values.py")], *[target.pid for target in targets]) as tracer:
            for target in targets:
                target.send("show")
            expected = {target.pid: [value for _, value in target.answer(60)] for target in targets}
    for interpreter, target in zip(found, targets):
        alerts = [alert for alert in tracer.alerts if alert["process"]["pid"] == target.pid]
        expect_equal([repr(alert["args"]["value"]) for alert in alerts], [repr(value) for value in expected[target.pid]],
                     "values in %s" % interpreter.full_version)
        expect_equal({alert["process"]["python"] for alert in alerts}, {interpreter.full_version}, "python")


def libraries(interpreter):
    """Of other versions than the interpreter's, as it sees them."""
    found = sorted(glob.glob(interpreter.root + "/usr/lib/*/libpython3.*.so.1.0"))
    if not interpreter.root:
        found += sorted(glob.glob(os.path.join(PYENV, "versions", "3.*", "lib", "libpython3.*.so.1.0")))
    found = [path for path in found if "libpython%d.%d" % interpreter.version not in path]
    return [path[len(interpreter.root):] for path in found]


@test("interpreter", embedded=True)
def libraries_of_others(interpreter):
    """It is the version that runs which is traced, whatever else is mapped, above it or below."""
    others = libraries(interpreter)
    if not others:
        raise Skip("there is no library of another version")
    with Target(interpreter, "two.py", *others) as target:
        with Tracer([rule("watched", file="two.py")], target.pid) as tracer:
            expected = target.ask("call", count=100)
    expect("CPython %s," % interpreter.full_version in tracer.ready_line, "it said: %s", tracer.ready_line)
    expect_equal(tracer.by_rule(), {"watched": expected}, "alerts")
    expect(not any("two Pythons" in line for line in tracer.messages), "it said: %s", tracer.messages)


@test()
def two_that_run():
    """One of them is traced, and the other one is named."""
    found = {path.split("libpython")[1].split(".so")[0]: path for path in
             glob.glob(os.path.join(PYENV, "versions", "3.*", "lib", "libpython3.*.so.1.0"))}
    if not {"3.9", "3.12"} <= set(found):
        raise Skip("there are no two shared libpythons of pyenv")
    for other, main in (("3.9", "3.12"), ("3.12", "3.9")):
        with Target(Interpreter("both", built("plugin"), arguments=["both", found[other], found[main]]), "two.py") as target:
            with Tracer([rule("watched", file="two.py")], target.pid) as tracer:
                target.ask("call", count=100)
        said = [line for line in tracer.messages if "two Pythons" in line]
        expect_equal(len(said), 1, "said: %s" % tracer.messages)
        version = re.search(r"CPython (3\.\d+)", tracer.ready_line).group(1)
        expect("not seen, only that in " + found[version] in said[0] and found[other if version == main else main] in said[0],
               "%s, it said: %s", tracer.ready_line, said)
        expect_equal(len(tracer.alerts), 100 if version == main else 0, "alerts")
