# SPDX-License-Identifier: GPL-2.0-only
"""
A target says where its functions begin, and lies: no probe is put where no file proves it, least of all on files that
others run.  Each file in question is mapped by the test itself, which so sees a breakpoint in it as any other process would.
"""

import contextlib
import mmap
import os
import shutil
import struct
import subprocess
import tempfile
import time

from fuse import FuseFile
from harness import expect, expect_equal, test
from interpreters import few
from target import Target
from tracer import Tracer, command, rule, yaml

SYSTEM = rule("system", module="posix")
GETPGID = rule("getpgid", module="posix")
REFUSALS = ("no probe is put there", "made at run time")


class Watched:
    """A file's code as another process that maps it has it."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.bytes = file.read()
            self.map = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC)

    def expect_untouched(self, what):
        now = self.map[:]
        if now != self.bytes:
            at = next(i for i, (a, b) in enumerate(zip(now, self.bytes)) if a != b)
            raise AssertionError("%s: 0x%x of %s is 0x%02x instead of 0x%02x" % (
                what, at, self.path, now[at], self.bytes[at]))


def text_offset(path):
    """The file offset of a program's entry point."""
    with open(path, "rb") as file:
        head = file.read(4096)
    entry, phoff = struct.unpack_from("<QQ", head, 24)
    for i in range(struct.unpack_from("<H", head, 56)[0]):
        kind, _, offset, address, _, size = struct.unpack_from("<IIQQQQ", head, phoff + 56 * i)
        if kind == 1 and address <= entry < address + size:
            return entry - address + offset
    raise AssertionError("no entry point in " + path)


@contextlib.contextmanager
def setuid_program(folder="/var/tmp"):
    """A program that anybody may run as root, where every interpreter can open it."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        path = os.path.join(name, "program")
        shutil.copy("/bin/true", path)
        os.chmod(name, 0o755)
        os.chmod(path, 0o4755)
        yield path


def expect_refused(tracer, what, refused=1):
    said = [line for line in tracer.messages if any(words in line for words in REFUSALS)]
    expect(said, "%s: no refusal among %s", what, tracer.messages)
    expect_equal(tracer.summary.get("places_refused"), refused, what + ": places_refused")


def in_host(interpreter):
    """Its file system is the test's own."""
    return not interpreter.root and not interpreter.embedded


@test("interpreter", where=few)
def nothing_where_no_function_is(interpreter):
    """Addresses of every kind that are not where posix.system begins."""
    places = ["middle", "another", "data", "static data", "libc", "vdso", "jit", "nowhere", "kernel"]
    with Target(interpreter, "forge.py") as target:
        for what in places:
            target.ask("forge", what=what)
            with Tracer([SYSTEM, GETPGID], target.pid) as tracer:
                # Others go on as they should.
                calls = target.ask("call", n=20)
            target.ask("restore")
            expect_refused(tracer, what)
            expect_equal(tracer.by_rule(), {"getpgid": calls}, what + ": alerts")
        with Tracer([SYSTEM], target.pid) as tracer:
            pass
        expect("direct 1" in tracer.ready_line, "an honest process: %s", tracer.ready_line)


@test("interpreter", where=in_host)
def nothing_on_a_setuid_program(interpreter):
    """The way to root: a place inside an instruction of a program that runs with privileges."""
    with setuid_program() as program, Target(interpreter, "forge.py") as target:
        watched = Watched(program)
        for more in (0, 1, 2):
            where = {"what": "file", "path": program, "offset": text_offset(program) + more}
            for ask, rules in (("forge", [SYSTEM]), ("forge_slot", [rule("Struct", module="_struct")])):
                target.ask(ask, **where)
                with Tracer(rules, target.pid) as tracer:
                    watched.expect_untouched(ask)
                    expect_equal(subprocess.run([program], check=False).returncode, 0, "the program's status")
                target.ask("restore")
                expect_refused(tracer, ask)


@test("interpreter", where=in_host)
def nothing_by_late_imports_and_machinery(interpreter):
    """What appears while it is traced, and what the tracer needs for itself, is held to the same."""
    with setuid_program() as program, Target(interpreter, "forge.py") as target:
        watched = Watched(program)
        where = {"what": "file", "path": program, "offset": text_offset(program) + 1}
        with Tracer([rule("system", module="_late"), GETPGID], target.pid) as tracer:
            target.ask("forge_late", **where)
            # Such a module is found within a second; its refusal is what is waited for.
            deadline = time.monotonic() + 10
            while not any(words in line for line in tracer.messages for words in REFUSALS) and time.monotonic() < deadline:
                time.sleep(0.05)
            watched.expect_untouched("a late module")
            calls = target.ask("call", n=20)
        expect_refused(tracer, "a late module")
        expect_equal(tracer.by_rule(), {"getpgid": calls}, "alerts")
        target.ask("restore")
        target.ask("forge_machinery", **where)
        audited = {"name": "forge.test", "audit": "forge.test", "level": "info"}
        with Tracer([rule("nothing", module="_nowhere"), audited, GETPGID], target.pid) as tracer:
            watched.expect_untouched("machinery")
            calls = target.ask("call", n=20)
        expect_equal(tracer.by_rule(), {"getpgid": calls}, "alerts")
        target.ask("restore")


@test("interpreter", where=in_host)
def doctor_names_what_is_refused(interpreter):
    with setuid_program() as program, Target(interpreter, "forge.py") as target:
        target.ask("forge", what="file", path=program, offset=text_offset(program) + 1)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(yaml([SYSTEM]))
            file.flush()
            done = command("doctor", "--pid", target.pid, "--rules", file.name)
        target.ask("restore")
    expect("has system at 0x" in done.output and program in done.output and "no probe is put there" in done.output,
           "doctor said: %s", done.output)


@test("interpreter", where=lambda interpreter: interpreter.name in ("debian-3.11", "pyenv-3.13"))
def the_file_that_was_checked(interpreter):
    """A name that is now a module's and now a setuid program's: the probe goes where the check was, or nowhere."""
    with setuid_program() as program, Target(interpreter, "forge.py") as target:
        folder = os.path.dirname(program)
        module = build_module(folder)
        watched = Watched(program)
        target.ask("swap", path=os.path.join(folder, "swapped.so"), good=module, evil=program)
        for _ in range(15):
            with Tracer([rule("system", module="posix"), rule("fileno", module="posix")], target.pid):
                watched.expect_untouched("a swapped file")
        target.ask("stop")
        target.ask("restore")


def build_module(folder):
    """A file that claims to be the module posix, with its one function where its code begins."""
    source, module = (os.path.join(folder, name) for name in ("m.c", "m.so"))
    with open(source, "w") as file:
        file.write("void *PyInit_posix(void) { return 0; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-nostdlib", "-Wl,-z,separate-code", "-o", module, source],
                   check=True)
    return module


@test("interpreter", where=in_host)
def nothing_on_a_file_that_a_process_provides(interpreter):
    """Whoever provides it could have the kernel wait in the middle of putting a probe on, and all forks of the machine with it."""
    with tempfile.TemporaryDirectory() as folder:
        with open(build_module(folder), "rb") as file:
            content = file.read()
        with FuseFile(content) as file, Target(interpreter, "forge.py") as target:
            target.ask("forge", what="file", path=file.path, offset=0x1000)
            with Tracer([SYSTEM, GETPGID], target.pid) as tracer:
                calls = target.ask("call", n=20)
            target.ask("restore")
        expect(any("is on a FUSE file system" in line for line in tracer.messages), "it said: %s", tracer.messages)
        expect_equal(tracer.summary.get("places_refused"), 1, "places_refused")
        expect_equal(tracer.by_rule(), {"getpgid": calls}, "alerts")


@test("interpreter", where=in_host)
def an_unprivileged_one_gains_nothing(interpreter):
    """As it was found: a process of nobody, a program of root, and one rule."""
    with setuid_program() as program:
        watched = Watched(program)

        def become_nobody():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        try:
            target = Target(interpreter, "forge.py", preexec_fn=become_nobody)
        except (AssertionError, PermissionError):
            # An interpreter below /root, which nobody can read: the same from a process of root.
            target = Target(interpreter, "forge.py")
        with target:
            target.ask("forge", what="file", path=program, offset=text_offset(program) + 1)
            with Tracer([SYSTEM], target.pid) as tracer:
                watched.expect_untouched("from nobody")
            target.ask("restore")
        expect_refused(tracer, "from nobody")
