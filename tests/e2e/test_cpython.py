# SPDX-License-Identifier: GPL-2.0-only
"""CPython's own tests have the same outcome, test by test, in a traced interpreter."""

import os

from harness import Skip, expect, expect_equal, once, test
from target import Target
from tracer import Tracer, rule

LONG = bool(os.environ.get("PHRUDE_LONG_TESTS"))
MODULES = ["test_generators", "test_functools", "test_dict", "test_contextlib", "test_collections", "test_enum",
           "test_coroutines", "test_descr", "test_call", "test_scope", "test_extcall", "test_dataclasses", "test_heapq",
           "test_frame", "test_asyncgen", "test_positional_only_arg", "test_keywordonlyarg", "test_code", "test_property",
           "test_super", "test_thread", "test_yield_from", "test_weakset", "test_userdict", "test_contextvars",
           # These change how functions are entered.
           "test_sys_settrace", "test_sys_setprofile", "test_monitoring", "test_bdb"]
# More of them for what is asked for by name only, as it takes minutes for each interpreter.
MORE = ["test_with", "test_exceptions", "test_raise", "test_iter", "test_slice", "test_set", "test_list", "test_string",
        "test_textwrap", "test_inspect", "test_typing", "test_unpack", "test_opcache", "test_weakref", "test_copy"]
# Each version once: they take their time.
INTERPRETERS = ["pyenv-3.8", "bullseye-3.9", "pyenv-3.10", "bookworm-3.11", "pyenv-3.12", "trixie-3.13", "sid-3.14",
                "sid-3.15"]
SOME = ["pyenv-3.8", "bookworm-3.11", "pyenv-3.12", "trixie-3.13", "sid-3.15"]
# Where probes have to be hit by every call: one.
SHORT = ["trixie-3.13"]
# So that there are matches, captured while the tests do what they do to frames.
RULES = [rule("run", file="unittest/case.py"), rule("f", file="test_generators.py"), rule("g", file="test_coroutines.py"),
         rule("trace", file="test_sys_settrace.py")]


# Rules may name so many functions.
FUNCTIONS_MAX = 2000


def run_modules(target, modules=MODULES):
    outcomes = {}
    for module in modules:
        outcomes[module] = target.ask("run", module=module, timeout=300)
    return outcomes


def same_outcomes(expected, got):
    for module in got:
        # A test that fails here without us, too, is no matter of ours.
        for name, outcome in expected[module]["outcomes"].items():
            now = got[module]["outcomes"].get(name, "missing")
            expect(now == outcome or outcome in ("failure", "error"), "%s: %s, untraced %s: %s", name, now, outcome,
                   got[module]["details"].get(name, ""))
    tests = sum(len(module["outcomes"]) for module in got.values())
    expect(tests > 1000, "only %d tests were run", tests)


@test("kind", kinds=("arm",), where=lambda interpreter: interpreter.name in (INTERPRETERS if LONG else SOME), limit=900)
def own_tests(interpreter, kind):
    check_own_tests(interpreter, kind)


@test("kind", kinds=("usdt", "frame"), limit=900,
      where=lambda interpreter: interpreter.name in (INTERPRETERS if LONG else SHORT))
def own_tests_at_a_price(interpreter, kind):
    """The same by kinds that are hit by every call, which takes its time."""
    check_own_tests(interpreter, kind)


def check_own_tests(interpreter, kind):
    with Target(interpreter, "suite.py") as target:
        if not target.ask("available"):
            raise Skip("its tests are not installed")
        # It is the same for all kinds.
        expected = once("untraced-" + interpreter.name, lambda: run_modules(target))
    with Target(interpreter, "suite.py") as target:
        target.ask("available")
        with Tracer(RULES, target.pid, kind=kind) as tracer:
            got = run_modules(target)
    same_outcomes(expected, got)
    expect(tracer.summary["matches"] > 1000, "only %d matches", tracer.summary["matches"])
    expect_equal(tracer.summary["alerts"], len(tracer.alerts), "the summary's alerts")


@test("kind", kinds=("arm",), limit=3600,
      where=lambda interpreter: LONG and interpreter.name in INTERPRETERS)
def everything_armed(interpreter, kind):
    """As above, with all functions of the process armed, its tests' own among them."""
    with Target(interpreter, "suite.py") as target:
        if not target.ask("available"):
            raise Skip("its tests are not installed")
        expected = run_modules(target, MODULES + MORE)
    with Target(interpreter, "suite.py") as target:
        target.ask("available")
        functions = target.ask("functions", modules=MODULES + MORE, most=FUNCTIONS_MAX, timeout=60)
        rules = [rule(name, file=file, name="%d" % i) for i, (name, file) in enumerate(functions)]
        with Tracer(rules, target.pid, kind=kind, options=["--output", "/dev/null"]) as tracer:
            got = run_modules(target, MODULES + MORE)
    same_outcomes(expected, got)
    expect(len(functions) > 1000, "only %d functions", len(functions))
    expect(tracer.summary["matches"] > 100000, "only %d matches", tracer.summary["matches"])
