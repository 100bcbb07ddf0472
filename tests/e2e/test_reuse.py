# SPDX-License-Identifier: GPL-2.0-only
"""What is kept of code objects from one match to the next is never another's: they are freed, and others made in their place."""

from harness import expect, expect_equal, test
from target import Target
from test_args import same_call
from tracer import Tracer, rule

ROUNDS = 150


def trace(interpreter, kind, rules):
    """What the tracer and the target say of the calls, and the process of each."""
    c = kind == "direct"
    # Without randomisation the addresses of a program are the same after an exec.
    with Target(interpreter, "reuse.py", wrapper=("setarch", "--addr-no-randomize")) as target:
        with Tracer(rules, target.pid, kind=kind) as tracer:
            truth = [target.ask("reuse", first=0, rounds=ROUNDS, c=c)]
            # Probes of the other kinds come to a child only after it has begun to run.
            if kind in ("arm", "direct"):
                truth.append(target.ask("fork", first=ROUNDS, rounds=ROUNDS, c=c))
                truth.append(target.ask("reuse", first=2 * ROUNDS, rounds=ROUNDS, c=c))
                target.ask("again")
                truth.append(target.ask("reuse", first=3 * ROUNDS, rounds=ROUNDS, c=c))
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    for part in truth:
        expect(part["used_again"] > ROUNDS // 2, "only %d addresses of code objects were used again", part["used_again"])
    # Alerts of one process are in its order.  Those of a child wait until it is known, while the parent's go on.
    pids = list(dict.fromkeys(part["pid"] for part in truth))
    alerts = [alert for pid in pids for alert in tracer.alerts if alert["process"]["pid"] == pid]
    calls = [call for pid in pids for part in truth if part["pid"] == pid for call in part["calls"]]
    expect_equal(len(tracer.alerts), len(alerts), "alerts of these processes")
    expect_equal(len(alerts), len(calls), "alerts")
    return zip(alerts, calls)


@test("kind", kinds=("usdt", "frame", "arm"))
def functions_made_and_dropped(interpreter, kind):
    for index, (alert, call) in enumerate(trace(interpreter, kind, [rule("watched", file="reuse.py")])):
        same_call(alert, call, "call %d" % index)


@test("interpreter")
def callers_made_and_dropped(interpreter):
    for index, (alert, call) in enumerate(trace(interpreter, "direct", [rule("crc32", module="zlib")])):
        # The innermost one calls it a line later than it told of its own callers.
        expect_equal(alert["callers"][0]["function"], call["name"], "call %d: caller" % index)
        expect_equal(alert["callers"][1:], call["callers"], "call %d: callers" % index)
