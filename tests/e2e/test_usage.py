# SPDX-License-Identifier: GPL-2.0-only
"""The command line: exit statuses, and one clear sentence for whatever cannot be done."""

import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from harness import Skip, expect, expect_equal, test
from interpreters import HERE, Interpreter, PYENV, SUPPORTED, built, few_or_embedded
from target import ENVIRONMENT, Target
from tracer import BINARY, Tracer, command, rule, yaml

NOBODY = 65534
GOOD = yaml([rule("watched", file="load.py")])
host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


class Files:
    """A folder of rule files that nobody, too, can read."""

    def __init__(self, **files):
        self.folder = tempfile.mkdtemp(prefix="phrude-trace-e2e-")
        os.chmod(self.folder, 0o755)
        for name, text in files.items():
            with open(self.path(name), "w") as file:
                file.write(text)

    def path(self, name):
        return os.path.join(self.folder, name.replace("__", "/").replace("_yaml", ".yaml"))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.folder)


def refused(ended, status, *patterns):
    """It ended with the status, said why on stderr in few words, and nothing on stdout."""
    expect_equal(ended.status, status, "status (it said: %s)" % ended.errors.strip()[-300:])
    for pattern in patterns:
        expect(re.search(pattern, ended.errors, re.I), "%r is not in what it said: %s", pattern, ended.errors[-500:])
    lines = ended.errors.strip().split("\n")
    expect(1 <= len(lines) <= 3, "%d lines on stderr: %s", len(lines), ended.errors[-500:])
    expect_equal(ended.output, "", "stdout")


@test()
def help_and_version():
    ended = command("--help")
    expect_equal((ended.status, ended.errors), (0, ""), "status, stderr")
    for word in ("--pid", "--rules", "--format", "--output", "--probe", "--count", "--duration", "--verbose", "--version",
                 "run", "check"):
        expect(word in ended.output, "--help does not say %s", word)
    ended = command("--version")
    expect_equal(ended.status, 0, "status")
    expect(re.fullmatch(r"phrude-trace \d+\.\d+\.\d+\n", ended.output), "--version says %r", ended.output)


@test()
def bad_usage():
    with Files(good_yaml=GOOD) as files:
        rules = files.path("good_yaml")
        for arguments, *patterns in (
                ([], r"--pid|--help"),
                (["--rules", rules], r"--pid"),
                (["--pid", os.getpid()], r"--rules"),
                (["--nonsense"], r"--nonsense"),
                (["--pid", "x", "--rules", rules], r"\bx\b"),
                (["--pid", "-5", "--rules", rules], r"-5"),
                (["--pid", "0", "--rules", rules], r"\b0\b"),
                (["--pid", "99999999999999999999", "--rules", rules], r"99999999999999999999"),
                (["--pid", os.getpid(), "--rules", rules, "--probe", "nonsense"], "nonsense", "frame"),
                (["--pid", os.getpid(), "--rules", rules, "--format", "xml"], "xml", "json"),
                (["--pid", os.getpid(), "--rules", rules, "--count", "none"], "none"),
                (["--pid", os.getpid(), "--rules", rules, "--count", "-1"], "-1"),
                (["--pid", os.getpid(), "--rules", rules, "--duration", "never"], "never"),
                (["--pid"], "--pid"), (["--rules"], "--rules"),
                (["run", "--rules", rules], "--|command|program"),
                (["run", "--", "true"], "--rules"),
                (["check"], "file"),
                (["nonsense"], "nonsense")):
            refused(command(*arguments), 2, *patterns)


@test()
def rules_that_are_not_there():
    with Files() as files:
        refused(command("--pid", os.getpid(), "--rules", files.path("no_yaml")), 2, r"no\.yaml", "no such file")
        refused(command("check", files.path("no_yaml")), 2, r"no\.yaml", "no such file")
        refused(command("--pid", os.getpid(), "--rules", files.folder), 2, "rule")
        refused(command("--pid", os.getpid(), "--rules", "/dev/null"), 2, "/dev/null")


@test()
def rules_that_are_wrong():
    """FILE:LINE:COL: message, the nearest valid key, all errors at once; nothing is attached."""
    for text, *expected in (
            ("- name: a\n  fnuc: f\n  file: f.py\n  level: info\n", (2, 3, "fnuc", "func")),
            ("- name: a\n  func: f\n  file: f.py\n  level: loud\n", (4, 10, "loud", "info")),
            ("- name: a\n  func: f\n  level: info\n", (1, 3, "file")),
            ("- name: a\n  func: f\n  file: f.py\n  module: m\n  level: info\n", (4, 3, "module")),
            ("- func: f\n  file: f.py\n  level: info\n", (1, 3, "name")),
            ("- name: a\n  func: f\n  file: f.py\n", (1, 3, "level")),
            ("- name: a\n  func: f\n  file: f.py\n  level: info\n- name: a\n  func: g\n  file: g.py\n  level: info\n",
             (5, 9, "a")),
            ("- name: [a\n", (None, None, "")),
            ("name: a\n", (1, 1, "list")),
            ("- name: a\n  func: f\n  file: f.py\n  level: info\n  levle: info\n- name: b\n  func: {}\n  file: f.py\n"
             "  level: info\n", (5, 3, "levle", "level"), (7, 9, "func"))):
        with Files(bad_yaml=text) as files:
            path = files.path("bad_yaml")
            for arguments in (["check", path], ["--pid", os.getpid(), "--rules", path]):
                ended = command(*arguments)
                expect_equal(ended.status, 2, "status for %r" % text)
                said = ended.errors + ended.output
                places = re.findall(r"^(?:phrude-trace: (?:error: )?)?%s:(\d+):(\d+): (.*)" % re.escape(path), said, re.M)
                expect(len(places) >= len(expected), "%r: %d errors, expected %d: %s", text, len(places), len(expected), said)
                for line, column, *words in expected:
                    fit = [message for number, at, message in places
                           if (line is None or int(number) == line) and (column is None or int(at) == column)]
                    expect(any(all(word in message for word in words) for message in fit), "%r: no error at %s:%s with %s: %s",
                           text, line, column, words, said)


@test()
def check_of_good_rules():
    phrude = ('- name: Access to Environment Variable\n  func: getenv\n  file: os.py\n  value:\n'
              '    key: "$func_args[key]"\n  level: info\n  id: PT-1\n  description: reads one\n  tags: [CWE-78]\n'
              '  enabled: false\n')
    with Files(one_yaml=GOOD, two_yaml=phrude) as files:
        with open(os.path.join(files.folder, "two.test.yaml"), "w") as file:
            file.write("- nonsense\n")
        os.mkdir(os.path.join(files.folder, "below"))
        with open(os.path.join(files.folder, "below", "three.yaml"), "w") as file:
            file.write(GOOD.replace("watched", "other"))
        ended = command("check", files.folder)
        expect_equal(ended.status, 0, "status (%s)" % ended.errors)
        expect("2 rules" in ended.output, "it does not say how many rules it has, but for those not enabled: %s", ended)
        expect_equal(command("check", files.path("one_yaml"), files.path("two_yaml")).status, 0, "status of two files")
        expect_equal(command("check", os.path.join(files.folder, "two.test.yaml")).status, 2, "status of a bad file")


@test()
def rules_of_a_folder():
    with Files(one_yaml=GOOD, two_yaml=yaml([rule("work", file="load.py")])) as files:
        with Target(host, "load.py") as target:
            process = subprocess.Popen([BINARY, "--pid", str(target.pid), "--rules", files.folder, "--count", "1"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            ready = process.stderr.readline()
            expect(re.fullmatch(r"phrude-trace: ready: pid %d CPython %s, 2 rules, probes: \w+ 2\n" % (
                target.pid, re.escape(host.full_version)), ready), "the ready line is %r", ready)
            target.ask("watched", command="x")
            output, errors = process.communicate(timeout=20)
    expect_equal(process.returncode, 0, "status")
    expect_equal(output.count("\n"), 1, "alerts on stdout, which is no terminal, as JSON")
    expect(output.startswith('{"id":"'), "stdout is %r", output[:60])


@test()
def targets_that_cannot_be_traced():
    with Files(good_yaml=GOOD) as files:
        rules = files.path("good_yaml")
        gone = subprocess.Popen(["true"])
        gone.wait()
        refused(command("--pid", gone.pid, "--rules", rules), 3, str(gone.pid), "no (such )?process")
        refused(command("--pid", 4194303, "--rules", rules), 3, "4194303")
        sleeper = subprocess.Popen(["sleep", "60"])
        try:
            refused(command("--pid", sleeper.pid, "--rules", rules), 3, str(sleeper.pid), "python")
        finally:
            sleeper.kill()
        # Killed and not yet waited for: a zombie.
        os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
        refused(command("--pid", sleeper.pid, "--rules", rules), 3, str(sleeper.pid))
        sleeper.wait()
        refused(command("--pid", 2, "--rules", rules), 3, r"\b2\b")
        # One that can be traced does not make up for one that cannot.
        with Target(host, "load.py") as target:
            refused(command("--pid", target.pid, "--pid", gone.pid, "--rules", rules), 3, str(gone.pid))


@test()
def versions_that_are_not_supported():
    programs = [(version, path) for version in ("2.7", "3.6", "3.7")
                for path in [os.path.join(PYENV, "versions")] if os.path.isdir(path)
                for path in [os.path.join(path, name, "bin", "python") for name in sorted(os.listdir(path))
                             if name.startswith(version + ".")]]
    if not programs:
        raise Skip("no Python before 3.8 is installed")
    with Files(good_yaml=GOOD) as files:
        for version, program in programs:
            process = subprocess.Popen([program, "-c", "import sys; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            process.stdout.read(1)
            try:
                refused(command("--pid", process.pid, "--rules", files.path("good_yaml")), 3, re.escape(version))
            finally:
                process.communicate()


@test()
def no_privilege():
    with Files(good_yaml=GOOD) as files, tempfile.TemporaryDirectory() as folder:
        # Where nobody can run it.
        os.chmod(folder, 0o755)
        program = shutil.copy(BINARY, folder)
        nobody = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups", "--"]
        own = subprocess.Popen(nobody + [host.argv[0], "-c", "input()"], stdin=subprocess.PIPE)
        with Target(host, "load.py") as target:
            try:
                for pid in (target.pid, own.pid):
                    for extra in ([], ["--probe", "frame"]):
                        done = subprocess.run([*nobody, program, "--pid", str(pid), "--rules", files.path("good_yaml"), *extra],
                                              capture_output=True, text=True, timeout=30)
                        expect_equal(done.returncode, 4, "status (%s)" % done.stderr)
                        expect(re.search("root|sudo|privilege|CAP_", done.stderr), "it said: %s", done.stderr)
                        expect_equal(len(done.stderr.strip().split("\n")), 1, "lines it said")
            finally:
                own.communicate(b"\n")


@test()
def output_that_cannot_be_written():
    with Files(good_yaml=GOOD) as files, Target(host, "load.py") as target:
        ended = command("--pid", target.pid, "--rules", files.path("good_yaml"), "--output", "/no/such/folder/alerts")
        refused(ended, ended.status, "/no/such/folder/alerts", "no such file")
        expect(ended.status in (1, 2), "status is %d", ended.status)


@test(alone="how long it takes is measured")
def count_and_duration():
    with Target(host, "load.py") as target:
        target.ask("start")
        tracer = Tracer([rule("watched", file="load.py")], target.pid, options=["--count", "7"]).wait_ready().wait(20)
        expect_equal((tracer.status, len(tracer.alerts), tracer.summary["alerts"]), (0, 7, 7), "status, alerts")
        start = time.monotonic()
        tracer = Tracer([rule("watched", file="load.py")], target.pid, options=["--duration", "1.5"]).wait_ready()
        tracer.process.wait(20)
        seconds = time.monotonic() - start
        # That takes its time with as many alerts.
        tracer.wait()
        expect_equal(tracer.status, 0, "status")
        expect(0.5 < seconds < 6, "--duration 1.5 took %.1f s", seconds)
        expect(tracer.alerts, "no alert in that time")
        expect_equal(len(target.ask("stop")["digests"]), 1, "digests")


@test("interpreter", embedded=True, where=few_or_embedded)
def run_from_the_first_call(interpreter):
    """A program started under trace: no call is missed, its streams are its own."""
    script = os.path.join(interpreter.place(os.path.join(HERE, "targets")), "first.py")
    for kind in [None] + [kind for kind in interpreter.kinds if kind != "call"]:
        tracer = Tracer([rule("first", file="first.py"), rule("<module>", file="first.py", name="module")], kind=kind,
                        run=[*interpreter.argv, script, "0"], popen={"stdout": subprocess.PIPE, "env": ENVIRONMENT})
        output = tracer.process.stdout.read()
        tracer.process.stdout.close()
        tracer.wait()
        expect_equal(tracer.status, 0, "status with %s (%s)" % (kind, tracer.messages[-2:]))
        expect_equal([alert["args"].get("n") for alert in tracer.alerts], [None, 1, 2, 3, 4, 5], "calls seen with %s" % kind)
        expect_equal(output, b"out\n", "its output")
        expect("err" in tracer.messages, "its errors are not on stderr")
        expect(tracer.ready_line, "no ready line")
        expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])


@test()
def run_of_what_cannot_be_run():
    with Files(good_yaml=GOOD) as files:
        rules = ["run", "--rules", files.path("good_yaml"), "--"]
        for program in ("/no/such/program", "no-such-program", files.path("good_yaml")):
            ended = command(*rules, program)
            refused(ended, ended.status, re.escape(program))
            expect(ended.status in (1, 3), "status is %d", ended.status)
        ended = command(*rules, "true")
        expect_equal(ended.status, 3, "status of a program that is no Python")


@test()
def run_and_signals():
    """^C at a terminal goes to both; SIGTERM goes to phrude-trace, which does not leave the program behind unseen."""
    program = [*host.argv, "-c", "import time\ndef tick(): time.sleep(0.01)\nwhile True: tick()"]
    for number in (signal.SIGINT, signal.SIGTERM):
        tracer = Tracer([rule("tick", file="<string>")], run=program, popen={"stdout": subprocess.DEVNULL,
                                                                             "start_new_session": True}).wait_ready()
        tracer.wait_alerts(3)
        os.killpg(tracer.process.pid, number)
        tracer.wait(20)
        expect_equal(tracer.status, 0, "status after signal %d" % number)


@test()
def rules_given_twice_and_many_pids():
    with Files(one_yaml=GOOD, two_yaml=yaml([rule("work", file="load.py")])) as files:
        with Target(host, "load.py") as one, Target(host, "load.py") as other:
            process = subprocess.Popen([BINARY, "--pid", str(one.pid), str(other.pid), "--rules", files.path("one_yaml"),
                                        files.path("two_yaml"), "--format=json", "--count", "2"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            expect("ready" in process.stderr.readline(), "not ready")
            one.ask("watched", command="one")
            other.ask("watched", command="other")
            output, _ = process.communicate(timeout=20)
    expect_equal((process.returncode, output.count("\n")), (0, 2), "status, alerts")
    expect('"command":"one"' in output and '"command":"other"' in output, "alerts: %s", output)


def shared_libraries():
    """Of this machine, by version; those of which a program can be asked to run another."""
    found = {}
    for path in (glob.glob(os.path.join(PYENV, "versions", "3.*", "lib", "libpython3.*.so.1.0")) +
                 glob.glob("/usr/lib/*/libpython3.*.so.1.0")):
        version = re.search(r"libpython3\.(\d+)\.so", path)
        if version and int(version.group(1)) in SUPPORTED:
            found[int(version.group(1))] = path
    return found


@test()
def run_of_programs_that_load_it():
    """A library that is loaded in another thread, in a child, beside another one, or among many: no call is missed."""
    found = shared_libraries()
    if len(found) < 2:
        raise Skip("there are no two shared libpythons")
    plugin, script = built("plugin"), os.path.join(HERE, "targets", "first.py")
    rules = [rule("first", file="first.py"), rule("<module>", file="first.py", name="module")]
    for version, library in sorted(found.items())[::max(1, len(found) - 1)]:
        other = found[min(found, key=lambda one: (one == version, -one))]
        for way in (["thread"], ["fork"], ["twice", other], ["many"]):
            argv = ["sh", "-c", '"$@"; exit $?', "sh", plugin, *way, library, script]
            tracer = Tracer(rules, run=argv, popen={"stdout": subprocess.DEVNULL, "env": ENVIRONMENT}).wait()
            what = "%s of %s" % (way[0], library)
            expect_equal(tracer.status, 0, "status with %s: %s" % (what, tracer.messages))
            expect_equal([alert["args"].get("n") for alert in tracer.alerts], [None, 1, 2, 3, 4, 5], "calls seen with %s" % what)
            expect_equal(tracer.summary["lost"], 0, "lost with %s: %s" % (what, tracer.messages[-1]))
            expect("starts_late" not in tracer.summary, "%s: %s", what, tracer.messages[-1])


@test()
def run_of_a_program_that_cannot_be_held():
    """One that blocks all signals: it is traced from some moment on, and that calls may be missing is said."""
    found = shared_libraries()
    if not found:
        raise Skip("there is no shared libpython")
    program = "import time\ndef tick(n): time.sleep(0.01)\nfor number in range(400): tick(number)\n"
    tracer = Tracer([rule("tick", file="<string>")], run=[built("plugin"), "masked", found[min(found)], "-c", program],
                    popen={"env": ENVIRONMENT}).wait()
    expect_equal((tracer.status, tracer.summary.get("starts_late")), (0, 1), "status, starts_late")
    expect(0 < len(tracer.alerts) < 400, "%d alerts", len(tracer.alerts))
    expect(any("start was not seen" in line for line in tracer.messages), "it said: %s", tracer.messages)


@test()
def descriptors():
    """More than it may have at first are had if that is allowed; else what ran out is said, and no target is taken for dead."""
    with Files(good=GOOD) as files, contextlib.ExitStack() as stack:
        targets = [stack.enter_context(Target(host, "load.py")) for _ in range(20)]
        pids = [word for target in targets for word in ("--pid", str(target.pid))]
        trace = [BINARY, *pids, "--rules", files.path("good"), "--duration", "0.5"]
        for limits, status, said in (("40:4096", 0, r"^phrude-trace: ready: (pid \d+ .*?){20}rules"),
                                     ("40:40", 1, r"^phrude-trace: error: cannot load .*: Too many open files; this process may "
                                                  r"have 40 files open: raise that limit \(ulimit -n\)$"),
                                     ("90:90", 1, r"^phrude-trace: error: .*(python|process \d+|/proc/\d+).*: Too many open files; this process may "
                                                  r"have 90 files open: raise that limit \(ulimit -n\)$")):
            done = subprocess.run(["setpriv", "--bounding-set=-sys_resource", "prlimit", "--nofile=" + limits, *trace],
                                  capture_output=True, text=True, timeout=60)
            expect_equal(done.returncode, status, "status with %s: %s" % (limits, done.stderr))
            expect(re.search(said, done.stderr, re.M), "with %s it said: %s", limits, done.stderr)


@test()
def run_of_a_library_that_is_refused():
    """It is named where it would have been held, and then no more, however many libraries follow."""
    found = glob.glob(os.path.join(PYENV, "versions", "3.[67].*", "lib", "libpython3.[67]m.so.1.0"))
    if not found:
        raise Skip("there is no libpython that is too old")
    program = "import _ctypes, _json, _sqlite3, time\ntime.sleep(2.5)\n"
    ended = command("run", "--rules", os.path.join(HERE, "..", "..", "rules", "phrude.yaml"), "--", built("plugin"), "old", found[0],
                    "-c", program, env=ENVIRONMENT)
    expect_equal((ended.status, ended.errors.count("not supported")), (3, 1), "status, warnings: %s" % ended.errors)
