# SPDX-License-Identifier: GPL-2.0-only
"""Functions written in C: every call is one hit, and no other function's is."""

import tempfile

from harness import expect, expect_equal, test
from target import Target
from tracer import Tracer, command, rule, yaml

CRC = [rule("crc32", module="zlib")]


def complete(tracer):
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])


@test("interpreter")
def every_call_is_one_hit(interpreter):
    with Target(interpreter, "native.py") as target:
        with Tracer(CRC, target.pid) as tracer:
            expected = target.ask("call_all_ways", n=50)
    complete(tracer)
    expect("direct 1" in tracer.ready_line, "ready line: %s", tracer.ready_line)
    expect_equal(tracer.summary["hits"], expected, "hits")
    expect_equal(tracer.by_rule(), {"crc32": expected}, "alerts")
    expect_equal({alert["probe"] for alert in tracer.alerts}, {"direct"}, "probe")
    expect_equal({alert["callers"][0]["function"] for alert in tracer.alerts}, {"call_all_ways"}, "caller")


@test("interpreter")
def eight_threads(interpreter):
    with Target(interpreter, "native.py") as target:
        with Tracer(CRC, target.pid) as tracer:
            expected = target.ask("in_threads", n=50, threads=8)
    complete(tracer)
    expect_equal(tracer.by_rule(), {"crc32": expected}, "alerts")


@test("interpreter")
def arguments_of_each_convention(interpreter):
    rules = [rule("getpid", module="posix"), rule("getpgid", module="posix"), rule("pack", module="_struct"),
             rule("compile", module="builtins"), rule("open", module="builtins"), rule("eval", module="builtins"),
             rule("str.split", module="builtins"), rule("dict.fromkeys", module="builtins"),
             rule("stat", module="posix")]
    with Target(interpreter, "native.py") as target:
        with Tracer(rules, target.pid) as tracer:
            target.ask("arguments")
    complete(tracer)
    ours = [alert for alert in tracer.alerts if alert["callers"][0]["function"] == "arguments"]
    got = {alert["rule"]["name"]: alert["args"] for alert in ours}
    expect_equal(len(ours), len(rules), "alerts")
    expect_equal(got["getpid"], {}, "METH_NOARGS")
    expect_equal(got["getpgid"], {"pid": 0}, "METH_O or METH_FASTCALL")
    # 3.15 gave it a signature.
    named = {"format": "<I", "values": "(7,)"} if "format" in got["pack"] else {"0": "<I", "1": 7}
    expect_equal(got["pack"], named, "METH_FASTCALL")
    expect_equal({key: got["compile"][key] for key in ("source", "filename", "mode")},
                 {"source": "1", "filename": "name", "mode": "eval"}, "METH_FASTCALL | METH_KEYWORDS")
    expect_equal({key: got["open"][key] for key in ("file", "mode")}, {"file": "/dev/null", "mode": "rb"}, "open")
    expect_equal(got["str.split"], {"self": "a b", "sep": " ", "maxsplit": 1}, "a method")
    expect_equal(got["dict.fromkeys"], {"iterable": "(1, 2)", "value": 3}, "a class method")
    expect_equal(got["stat"], {"path": "/", "dir_fd": None, "follow_symlinks": True}, "keywords only")


@test("interpreter")
def what_methods_are_called_on(interpreter):
    """Methods of types written in C, bound and by their type, by both kinds; not functions of modules, class and static methods."""
    rules = [rule(name, module=module) for name, module in (
        ("str.format", "builtins"), ("bytes.split", "builtins"), ("list.insert", "builtins"), ("itemgetter.__repr__", "_operator"),
        ("dict.fromkeys", "builtins"), ("str.maketrans", "builtins"), ("getpgid", "posix"), ("open", "_io"))]
    for kind in ("direct", "call"):
        with Target(interpreter, "native.py") as target:
            with Tracer(rules, target.pid, kind=kind) as tracer:
                expected = target.ask("methods", through_call=kind == "call")
        complete(tracer)
        ours = [alert for alert in tracer.alerts if alert["callers"][0]["function"] == "methods"]
        got = [[alert["rule"]["name"], alert["args"].get("self", "absent")] for alert in ours]
        expect_equal(got, expected, "subjects by %s" % kind)
        formats = [alert for alert in ours if alert["rule"]["name"] == "str.format"]
        expect_equal([list(alert["args"])[0] for alert in formats], ["self"] * len(formats), "the first argument")
        # 3.13 gave it a signature.
        first = formats[0]["args"]
        expect_equal((first.get("0"), first.get("x")) if "0" in first else (first["args"], first["kwargs"]),
                     (1, 2) if "0" in first else ("(1,)", "{'x': 2}"), "the others")


@test("interpreter")
def types_and_slots(interpreter):
    """A type that is called, and its slots; others that share the slots' functions do not count."""
    rules = [rule("Struct", module="_struct"), rule("FileNotFoundError", module="builtins"),
             rule("PermissionError.__init__", module="builtins"), rule("itemgetter.__repr__", module="_operator"),
             rule("frozenset", module="builtins"), rule("partial.__new__", module="functools"),
             rule("Unpickler", module="_pickle")]
    with Target(interpreter, "native.py") as target:
        with Tracer(rules, target.pid) as tracer:
            expected = target.ask("types", n=50)
    complete(tracer)
    ours = [alert for alert in tracer.alerts if alert["callers"] and alert["callers"][0]["function"] in ("types", "__init__")]
    found = {}
    for alert in ours:
        found[alert["rule"]["name"]] = found.get(alert["rule"]["name"], 0) + 1
    expect_equal(found, expected, "alerts")
    expect_equal({alert["probe"] for alert in ours}, {"direct"}, "probe")
    unpickler = next(alert for alert in ours if alert["rule"]["name"] == "Unpickler")
    expect_equal(unpickler["args"]["encoding"], "latin-1", "a keyword")


@test("interpreter", where=lambda interpreter: interpreter.name == "debian-3.11")
def functions_of_cython(interpreter):
    module = "gevent._gevent_cgreenlet"
    with Target(interpreter, "native.py") as target:
        with Tracer([rule("get_my_hub", module=module), rule("get_hub_noargs", module=module)], target.pid) as tracer:
            n = target.ask("cython", n=50)
    complete(tracer)
    ours = [alert for alert in tracer.alerts if alert["callers"][0]["function"] == "cython"]
    expect_equal(len(ours), 2 * n, "alerts")
    expect_equal({tuple(alert["args"].items()) for alert in ours}, {(), (("0", "CLASS:Hub"),)}, "arguments")


@test("interpreter")
def what_is_not_always_called(interpreter):
    """The interpreter's own shortcuts, and classes written in Python: another kind, loaded besides, and a warning."""
    rules = CRC + [rule("len", module="builtins"), rule("Thread", module="threading")]
    shortcuts = interpreter.version >= (3, 11)
    with Target(interpreter, "native.py") as target:
        with Tracer(rules, target.pid) as tracer:
            expected = target.ask("call_all_ways", n=50)
    complete(tracer)
    expect_equal(tracer.by_rule()["crc32"], expected, "alerts")
    expect(("call 2, direct 1" if shortcuts else "call 1, direct 2") in tracer.ready_line, "ready line: %s", tracer.ready_line)
    # Of len, a profile-guided compiler may have made copies.
    warnings = [line for line in tracer.messages if "some calls only are seen" in line and "put copies" not in line]
    expect_equal(len(warnings), 2 if shortcuts else 1, "warnings: %s" % warnings)
    expect("Thread" in warnings[-1] and "a class written in Python" in warnings[-1], "%s", warnings)
    expect(not shortcuts or "does the work of len without calling it" in warnings[0], "%s", warnings)


@test("interpreter")
def imported_later(interpreter):
    rules = [rule("BZ2Compressor.compress", module="_bz2"), rule("_normal_dist_inv_cdf", module="_statistics")]
    with Target(interpreter, "native.py") as target:
        with Tracer(rules, target.pid) as tracer:
            expect_equal(target.ask("late"), ["_bz2", "_statistics"], "modules")
    # A tracer that gets no processor in time says so.
    if not tracer.summary.get("lost_import"):
        expect_equal(tracer.by_rule(), {"BZ2Compressor.compress": 1, "_normal_dist_inv_cdf": 1}, "alerts")


@test("interpreter")
def doctor_tells_what_is_chosen(interpreter):
    """What it says of functions and kinds is what the counts of a trace bear out."""
    with Target(interpreter, "native.py") as target:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(yaml(CRC + [rule("nothing", module="_nowhere")]))
            file.flush()
            done = command("doctor", "--pid", target.pid, "--rules", file.name)
        with Tracer(CRC, target.pid) as tracer:
            expected = target.ask("call_all_ways", n=5)
    expect_equal(done.status, 0, "status of doctor: " + done.errors)
    expect("CPython " + interpreter.full_version in done.output, "no version in: %s", done.output)
    lines = [line.split() for line in done.output.splitlines()]
    expect(["direct", "1", "crc32"] in lines, "no line for crc32 in: %s", done.output)
    expect(["direct", "0", "nothing"] in lines, "no line for what is not there in: %s", done.output)
    expect("module _nowhere is not imported" in done.output, "no reason in: %s", done.output)
    expect_equal(tracer.by_rule(), {"crc32": expected}, "alerts")


@test("interpreter")
def methods_of_types_that_a_cache_is_full_of(interpreter):
    """Since 3.12 the dicts of types like str are searched for in memory that holds types and dicts of others as well."""
    with Target(interpreter, "native.py") as target:
        target.ask("types_and_dicts", n=8192)
        with Tracer([rule("split", module="builtins")], target.pid) as tracer:
            expected = target.ask("one_of_each", n=3)["split"]
    complete(tracer)
    ours = [alert for alert in tracer.alerts if alert["callers"][0]["function"] == "one_of_each"]
    expect_equal(len(ours), expected, "calls of %s" % sorted({alert["function"]["qualname"] for alert in ours}))


def table(output):
    """Of what doctor prints, {rule: (kind, number of functions, as it stands there)}."""
    lines = output.split("  KIND     FUNCTIONS  RULE\n")[1].splitlines()
    rows = [line.split() for line in lines if line[2:3].strip()]
    return {row[2]: (row[0], row[1]) for row in rows}


@test("interpreter", alone="an import that is not looked at in time loses a call, and says so")
def doctor_is_borne_out_by_counts(interpreter):
    """The kind of each rule is that of its alerts, and its functions are as many as were seen."""
    rules = CRC + [rule("split", module="builtins"), rule("bytearray", module="builtins"),
                   rule("compress", module="_bz2"), rule("plain", file="native.py"),
                   {"name": "os.putenv", "audit": "os.putenv", "level": "info"}]
    with Target(interpreter, "native.py") as target:
        imported = target.ask("imported", module="_bz2")
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(yaml(rules))
            file.flush()
            done = command("doctor", "--pid", target.pid, "--rules", file.name)
        with Tracer(rules, target.pid) as tracer:
            expected = target.ask("one_of_each", n=7)
    complete(tracer)
    claimed = table(done.output)
    expect_equal(sorted(claimed), sorted(expected), "rules in: " + done.output)
    ours = [alert for alert in tracer.alerts if alert["callers"][0]["function"] == "one_of_each"]
    kinds, functions, calls = {}, {}, {}
    for alert in ours:
        name = alert["rule"]["name"]
        kinds[name] = alert["probe"]
        functions.setdefault(name, set()).add(alert["function"]["qualname"])
        calls[name] = calls.get(name, 0) + 1
    expect_equal(calls, expected, "alerts")
    expect_equal(kinds, {name: kind for name, (kind, _) in claimed.items()}, "kinds")
    for name, (kind, number) in claimed.items():
        if kind == "direct":
            # What is not imported yet has none.
            seen = len(functions[name]) if name != "compress" or imported else 0
            expect_equal(int(number), seen, "functions of %s, seen %s" % (name, sorted(functions[name])))


@test()
def doctor_without_a_process():
    done = command("doctor")
    expect_equal(done.status, 0, "status: " + done.errors)
    expect(done.output.startswith("machine\n"), "output: %s", done.output)
    expect_equal(command("doctor", "--pid", 4194304).status, 3, "status without such a process")
