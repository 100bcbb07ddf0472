# SPDX-License-Identifier: GPL-2.0-only
"""`run` and `test`: whom the program runs as, and that it finds what it would have found without us."""

import json
import os
import pwd
import resource
import shutil
import signal
import subprocess
import tempfile

from harness import expect, expect_equal, test
from interpreters import HERE, Interpreter
from target import ENVIRONMENT
from tracer import BINARY, command, rule, yaml

NOBODY = pwd.getpwnam("nobody")
host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


class Folder:
    """A folder that everyone can read, with a rule that watches the target's function."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="phrude-trace-e2e-")
        os.chmod(self.path, 0o755)
        self.rules = os.path.join(self.path, "rules.yaml")
        self.script = shutil.copy(os.path.join(HERE, "targets", "state.py"), self.path)
        with open(self.rules, "w") as file:
            file.write(yaml([rule("state", file="state.py")]))
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.path)


def started(argv, prepare=None, environment=None, **options):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          env=environment or ENVIRONMENT, preexec_fn=prepare, text=True, **options)
    expect_equal(done.returncode, 0, "status of %s (%s)" % (argv[0], done.stderr))
    return done


def traced(folder, words=(), options=(), **more):
    """What the program says of itself, what the tracer says, and the alerts."""
    alerts = os.path.join(folder.path, "alerts")
    done = started([BINARY, "run", "--rules", folder.rules, "--output", alerts, "--format", "json", *options, "--",
                    *host.argv, folder.script, *words], **more)
    with open(alerts) as file:
        seen = [json.loads(line) for line in file]
    os.unlink(alerts)
    return json.loads(done.stdout), done.stderr, seen


def plain():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def odd():
    """As after nohup, ulimit, nice, trap '' and a parent that is careless with its signals."""
    for number in (signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGUSR2, signal.SIGTERM, signal.SIGCHLD})
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 131072))
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))
    os.nice(3)
    os.umask(0o027)
    os.chdir("/usr/share")


def careless():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


@test()
def a_program_finds_what_it_would_have():
    with Folder() as folder:
        mark = os.open(folder.rules, os.O_RDONLY)
        os.set_inheritable(mark, True)
        for prepare in (plain, odd, careless):
            options = {"prepare": prepare, "close_fds": False, "restore_signals": False}
            alone = json.loads(started([*host.argv, folder.script, "a", "b"], **options).stdout)
            state, said, alerts = traced(folder, ["a", "b"], **options)
            for key in alone:
                expect_equal(state[key], alone[key], "%s, started as in %s" % (key, prepare.__name__))
            expect_equal(len(alerts), 1, "alerts")
            expect(str(mark) in state["descriptors"], "the descriptor was not handed on")
            expect("running" not in said, "it said: %s", said)
        os.close(mark)


def ids_of(user):
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    return [[user.pw_uid] * 3, [user.pw_gid] * 3, sorted(groups)]


@test()
def as_another_user():
    with Folder() as folder:
        own, _, _ = traced(folder)
        for name in ("nobody", str(NOBODY.pw_uid)):
            state, said, alerts = traced(folder, options=["--user", name])
            expect_equal(state["ids"], ids_of(NOBODY), "ids")
            expect_equal(int(state["privileges"]["CapEff"], 16), 0, "capabilities")
            expect_equal(state["environment"], {**own["environment"], "HOME": NOBODY.pw_dir, "USER": "nobody",
                                                "LOGNAME": "nobody"}, "environment")
            # From the first call on, as if it had not changed its user.
            expect_equal([alert["process"]["uid"] for alert in alerts], [NOBODY.pw_uid], "uids of the alerts")
            expect("running" not in said, "it said: %s", said)
        state, _, _ = traced(folder, options=["--user", "root"])
        expect_equal((state["ids"], state["environment"]), (own["ids"], own["environment"]), "as root")


@test()
def no_call_is_missed_as_another_user():
    with Folder() as folder:
        script = shutil.copy(os.path.join(HERE, "targets", "first.py"), folder.path)
        with open(folder.rules, "w") as file:
            file.write(yaml([rule("first", file="first.py"), rule("<module>", file="first.py", name="module")]))
        for kind in ("auto", "frame"):
            done = started([BINARY, "run", "--rules", folder.rules, "--output", "/dev/stderr", "--format", "json", "--probe", kind,
                            "--user", "nobody", "--", *host.argv, script, "0"])
            calls = [json.loads(line)["args"].get("n") for line in done.stderr.splitlines() if line.startswith("{")]
            expect_equal(calls, [None, 1, 2, 3, 4, 5], "calls seen with %s" % kind)


@test()
def under_sudo():
    sudo = {**ENVIRONMENT, "SUDO_UID": str(NOBODY.pw_uid), "SUDO_GID": str(NOBODY.pw_gid), "SUDO_USER": "nobody"}
    with Folder() as folder:
        state, said, alerts = traced(folder, environment=sudo)
        expect_equal(state["ids"], ids_of(NOBODY), "ids")
        expect_equal(len(alerts), 1, "alerts")
        expect_equal([line for line in said.splitlines() if "running" in line],
                     ["phrude-trace: running %s as user nobody (from SUDO_UID; --user root runs it as root)" % host.argv[0]],
                     "what it said")
        state, said, _ = traced(folder, options=["--user", "root"], environment=sudo)
        expect_equal(state["ids"][0], [0, 0, 0], "uids with --user root")
        expect("running" not in said, "it said: %s", said)
        state, said, _ = traced(folder, environment={**sudo, "SUDO_UID": "0", "SUDO_GID": "0"})
        expect_equal(state["ids"][0], [0, 0, 0], "uids under root's own sudo")
        expect("running" not in said, "it said: %s", said)


@test()
def users_that_there_are_not():
    with Folder() as folder:
        arguments = ["run", "--rules", folder.rules, "--", *host.argv, folder.script]
        for user in ("no-such-user", "3999999999", "-1", "0:0"):
            for words in ([*arguments[:3], "--user=" + user, *arguments[3:]],
                          ["test", os.path.join(HERE, "..", "..", "rules", "phrude.yaml"), "--user=" + user]):
                ended = command(*words)
                expect_equal((ended.status, ended.output), (2, ""), "status and stdout with --user %s" % user)
                expect("there is no user" in ended.errors and "--user" in ended.errors, "it said: %s", ended.errors)
                expect_equal(ended.errors.count("\n"), 1, "lines")
        for value in ("jane", "", "1000x", "-1", "4294967295", "3999999999"):
            ended = command(*arguments, env={**ENVIRONMENT, "SUDO_UID": value, "SUDO_GID": "0"})
            expect_equal((ended.status, ended.output), (2, ""), "status and stdout with SUDO_UID=%s" % value)
            expect("SUDO_UID" in ended.errors and "--user" in ended.errors, "it said: %s", ended.errors)
        with tempfile.TemporaryDirectory() as private:
            program = shutil.copy("/usr/bin/true", private)
            ended = command("run", "--rules", folder.rules, "--user", "nobody", "--", program)
            expect_equal(ended.status, 3, "status of a program that the user cannot reach")
            expect("as user nobody" in ended.errors and "ermission denied" in ended.errors, "it said: %s", ended.errors)


# It leaves what is not to be followed when its folder is removed.
CASE = """
- rule: getenv
  fires: |
    import os
    with open("here", "w") as file: file.write("x")
    os.mkdir("d")
    os.symlink("/etc", "d/link")
    os.getenv("IT_IS_" + str(os.getuid()))
  args: { key: IT_IS_%d }
"""


@test()
def test_cases_as_another_user():
    with Folder() as folder:
        cases = os.path.join(folder.path, "rules.test.yaml")
        with open(folder.rules, "w") as file:
            file.write(yaml([rule("getenv", file="os.py")]))
        with open(cases, "w") as file:
            file.write(CASE % NOBODY.pw_uid)
        before = set(os.listdir("/tmp"))
        ended = command("test", folder.rules, "--user", "nobody", "--python", host.argv[0], timeout=60)
        expect_equal(ended.status, 0, "status (%s)" % (ended.output + ended.errors))
        expect("1 passed, 0 failed" in ended.output, "it said: %s", ended.output)
        left = [name for name in set(os.listdir("/tmp")) - before if name.startswith("phrude-trace-test-")]
        expect_equal(left, [], "what is left in /tmp")
        # Without --user they run as root, under sudo as well.
        ended = command("test", folder.rules, "--python", host.argv[0], timeout=60,
                        env={**ENVIRONMENT, "SUDO_UID": str(NOBODY.pw_uid), "SUDO_GID": str(NOBODY.pw_gid)})
        expect("IT_IS_0" in ended.output, "it said: %s", ended.output + ended.errors)
