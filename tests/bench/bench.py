#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measures phrude-trace and prints the figures beside their budgets.  Nothing passes or fails here.

  BENCH_PYTHON=FILE  the interpreter that is traced (default: Debian's /usr/bin/python3)
  BENCH_ROOT=DIR     the chroot it is in (default: none)
  PHRUDE_TRACE=FILE  the program (default: build/phrude-trace)
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "scripts", "lib"))
sys.dont_write_bytecode = True

import apps  # noqa: E402
import hits  # noqa: E402
import images  # noqa: E402
import many  # noqa: E402
import matches  # noqa: E402
import overhead  # noqa: E402
import server  # noqa: E402
import starts  # noqa: E402
import stops  # noqa: E402
import table  # noqa: E402
from target import Target, WorkloadError  # noqa: E402
from tracer import ROOT, TracerError, binary  # noqa: E402

MATCH_RULES = """\
- name: Watched Call
  func: watched_call
  file: bench/workload.py
  level: info
  value: { name: "$func_args[name]" }
"""

PARTS = {"server": server.measure, "apps": apps.measure, "overhead": overhead.measure, "hits": hits.measure,
         "starts": starts.measure, "stops": stops.measure, "many": many.measure, "images": images.measure,
         "matches": matches.measure}


class Bench:
    """What all measurements need to know."""

    def __init__(self, arguments, directory):
        self.directory = directory
        root = os.environ.get("BENCH_ROOT", "").rstrip("/")
        self.python = (["chroot", root] if root else []) + [os.environ.get("BENCH_PYTHON", "/usr/bin/python3")]
        self.rules_name = "rules/phrude.yaml"
        self.rules = os.path.join(ROOT, self.rules_name)
        self.match_rules = self.path("watched.yaml")
        with open(self.match_rules, "w") as file:
            file.write(MATCH_RULES)
        self.kinds = arguments.kinds.split(",")
        self.pairs = arguments.pairs
        self.seconds = arguments.seconds
        self.rate_seconds = 3.0
        self.idle_seconds = 10.0

    def path(self, name):
        return os.path.join(self.directory, name)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--kinds", default="arm,usdt,frame,call", help="probe kinds, with commas (default: %(default)s)")
    parser.add_argument("--pairs", type=int, default=7, help="pairs of runs (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one run (default: %(default)s)")
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}: choose from {', '.join(PARTS)}")
    return arguments


class Kept:
    """Standard output, of which a copy is kept."""

    def __init__(self):
        self.copy = []

    def write(self, text):
        self.copy.append(text)
        return sys.__stdout__.write(text)

    def flush(self):
        sys.__stdout__.flush()


BEGIN, END = "<!-- made by make bench -->\n", "<!-- end of what make bench makes -->\n"


def write_readme():
    """What was quoted, as the README's table."""
    path = os.path.join(ROOT, "README.md")
    with open(path) as file:
        text = file.read()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise OSError(f"{path} has no place for the table: the lines {BEGIN.strip()} and {END.strip()} are missing")
    lines = ["| what | measured | budget |", "|---|---|---|"]
    lines += [f"| {what} | {measured} | {budget} |" for what, measured, budget in table.quotes]
    with open(path, "w") as file:
        file.write(before + begin + "\n".join(lines) + "\n" + end + after)


def main():
    arguments = parse_arguments()
    kept = sys.stdout = Kept()
    python = os.environ.get("BENCH_PYTHON", "/usr/bin/python3")
    root = os.environ.get("BENCH_ROOT", "").rstrip("/")
    version = subprocess.run([binary(), "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="phrude-bench-") as directory:
        bench = Bench(arguments, directory)
        target = Target(python, root)
        print(f"{version}; CPython {target.python} ({root}{python}); "
              f"Linux {platform.release()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")
        settings = [f"{name}={os.environ[name]}" for name in ("BENCH_ROOT", "BENCH_PYTHON") if name in os.environ]
        print("command:", *settings, "scripts/bench.sh", *sys.argv[1:])
        try:
            for part in arguments.parts or PARTS:
                PARTS[part](bench, target)
        finally:
            target.close()
    # A part, or another interpreter, is measured for whoever asks.
    if not arguments.parts and not settings:
        with open(os.path.join(ROOT, "docs", "bench.txt"), "w") as file:
            file.write("".join(kept.copy))
        write_readme()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (TracerError, WorkloadError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
