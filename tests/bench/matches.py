# SPDX-License-Identifier: GPL-2.0-only
"""What matches cost: the calling thread, the way to the alert, and how many a second go through unlost."""

import datetime
import json
import os
import statistics
import threading
import time

import table
from tracer import Tracer, TracerError

RATES = (2500, 5000, 10000, 15000, 20000, 25000, 30000, 40000, 50000, 75000, 100000)
LATENCY_RATES = (100, 1000, 5000)


def attach(bench, target, kind, output):
    tracer = Tracer(target.pid, bench.match_rules, output, probe=kind)
    tracer.wait_ready()
    return tracer


def cost_of_match(bench, target, kind):
    """Time of a watched call, less that of the same call unwatched, both under trace."""
    plain = target.do("match", batches=100, size=50)
    tracer = attach(bench, target, kind, bench.path("matches.json"))
    target.do("match", batches=5, size=50)
    traced = target.do("match", batches=200, size=50)
    tracer.stop()
    lost = tracer.counters().get("lost", "unknown")
    differences = [watched - twin for watched, twin in zip(traced["watched"], traced["twin"])]
    middle = statistics.median(differences)
    table.row(f"phrude-trace, {kind}", f"{middle / 1e3:.1f} us",
              f"p5 {table.percentile(differences, 5) / 1e3:.1f} us, p95 {table.percentile(differences, 95) / 1e3:.1f} us",
              "<= 25 us")
    table.note(f"  a call untraced {table.time_text(statistics.median(plain['watched']))}, "
               f"traced and unwatched {table.time_text(statistics.median(traced['twin']))}, "
               f"watched {table.time_text(statistics.median(traced['watched']))}; lost {lost}")


def one_rate(bench, target, kind, rate):
    """A run of a few seconds: (what the target says of it, counters, alerts in the file, highest memory in kB)."""
    output = bench.path("matches.json")
    tracer = attach(bench, target, kind, output)
    answer = target.do("rate", rate=rate, seconds=bench.rate_seconds)
    peak = memory(tracer.process.pid, "VmHWM")
    tracer.stop(timeout=60)
    with open(output, "rb") as file:
        written = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    os.unlink(output)
    return answer, tracer.counters(), written, peak


def sustained(bench, target, kind):
    """Raises the rate until matches are lost or the calling thread can do no more."""
    best, reason, peak, behind = 0, "that was the highest rate tried", 0, 0
    for rate in RATES:
        answer, counters, written, memory_kb = one_rate(bench, target, kind, rate)
        called, reached = answer["count"], answer["count"] / answer["ns"] * 1e9
        lost = counters.get("lost", called - written)
        if lost:
            reason = f"at {reached:,.0f}/s {lost:,} of {called:,} were lost, and counted"
            break
        if written != called:
            reason = f"at {reached:,.0f}/s {called - written:,} of {called:,} went missing and were NOT counted"
            break
        best, peak = max(best, reached), max(peak, memory_kb)
        if reached < rate * 0.97:
            share = answer["busy"] / answer["ns"]
            reason = f"the calling thread can do no more, with {share:.0%} of a core"
            if share < 0.9:
                reason += " (the machine is busy: measure again)"
            behind += 1
            if share >= 0.9 or behind == 2:  # once can be an accident
                break
        else:
            behind = 0
    if kind == "arm":
        table.quote("matches a second without loss", f"{best:,.0f}", "20,000")
    table.row(f"phrude-trace, {kind}", f"{best:,.0f}/s", f"then: {reason}", ">= 20,000/s", widths=(26, 18, 78, 20))
    table.note(f"  highest memory of phrude-trace in the runs without loss: {peak / 1024:.1f} MB")


def latency(bench, target, kind):
    """From the call in the application to the alert at a reader of phrude-trace's stdout."""
    for rate in LATENCY_RATES:
        tracer = attach(bench, target, kind, None)
        arrivals = []

        def read(stream=tracer.process.stdout, arrivals=arrivals):
            for line in stream:
                arrivals.append((time.time_ns(), line))

        reader = threading.Thread(target=read)
        reader.start()
        called = target.do("rate", rate=rate, seconds=bench.rate_seconds)["count"]
        time.sleep(0.2)
        tracer.stop()
        reader.join(10)
        alerts = [(arrived, json.loads(line)) for arrived, line in arrivals]
        # The call puts its own time into its second argument, too large for a JSON number.
        from_call = [(arrived - int(alert["args"]["number"])) / 1e6 for arrived, alert in alerts]
        from_alert = [arrived / 1e6 - milliseconds(alert["time"]) for arrived, alert in alerts]
        if not alerts:
            table.row(f"{kind}, {rate:,}/s", "no alerts")
            continue
        table.row(f"phrude-trace, {kind}, {rate:,}/s",
                  f"p50 {table.percentile(from_call, 50):.2f} ms",
                  f"p99 {table.percentile(from_call, 99):.2f} ms, largest {max(from_call):.2f} ms", "p99 <= 10 ms",
                  widths=(32, 16, 36, 16))
        if kind == "arm" and rate == 1000:
            table.quote("call to alert written, 1,000 a second", f"{table.percentile(from_call, 50):.1f} ms, "
                        f"p99 {table.percentile(from_call, 99):.1f} ms", "p99 10 ms")
        table.note(f"  from the alert's own time: p50 {table.percentile(from_alert, 50):.2f} ms, "
                   f"p99 {table.percentile(from_alert, 99):.2f} ms; {len(alerts):,} alerts of {called:,} calls")


def milliseconds(text):
    stamp = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    return stamp.timestamp() * 1e3


def memory(pid, field):
    with open(f"/proc/{pid}/status") as status:
        return next((int(line.split()[1]) for line in status if line.startswith(field)), 0)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def footprint(bench, target, kind):
    """phrude-trace itself, attached to an application with the default rules, which does nothing meanwhile."""
    start = time.monotonic()
    tracer = Tracer(target.pid, bench.rules, bench.path("alerts.json"), probe=kind)
    tracer.wait_ready()
    ready = time.monotonic() - start
    pid = tracer.process.pid
    before = cpu_seconds(pid)
    time.sleep(bench.idle_seconds)
    share = (cpu_seconds(pid) - before) / bench.idle_seconds * 100
    rss = memory(pid, "VmRSS") / 1024
    tracer.stop()
    if kind == "arm":
        table.quote("phrude-trace itself", f"{rss:.0f} MB, {share:.1f} % of a core when idle", "40 MB, 0.5 %")
    table.row(f"phrude-trace, {kind}", f"{rss:.1f} MB RSS", f"{share:.2f}% of a core when idle", "<= 40 MB, < 0.5%")
    table.note(f"  from its start to ready: {ready * 1e3:.0f} ms")


SECTIONS = (
    ("Cost of one match to the calling thread (20-frame stack, 3 arguments)",
     ("tracer", "median", "spread", "budget"), cost_of_match),
    ("Sustained matches a second without loss (20-frame stack, 3 arguments, JSON to a file)",
     ("tracer", "highest rate"), sustained),
    ("From the call to the alert (read from a pipe)", ("tracer", "median"), latency),
    ("phrude-trace itself", ("tracer", "memory", "processor", "budget"), footprint),
)


def measure(bench, target):
    for title, columns, section in SECTIONS:
        table.heading(title)
        table.row(*columns)
        for kind in bench.kinds:
            if kind == "call":
                continue  # the calls of the workload are inlined: PyObject_Call does not see them
            try:
                section(bench, target, kind)
            except TracerError as error:
                table.row(f"phrude-trace, {kind}", "not available:", str(error).splitlines()[0])
