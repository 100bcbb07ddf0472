# SPDX-License-Identifier: GPL-2.0-only
"""What it costs an application to start under `phrude-trace run`: the processor time of its imports, and of their threads' holds."""

import json
import os
import statistics
import subprocess

import table
from tracer import ROOT, TracerError, binary

ROUNDS = 6
WIDTHS = (30, 20, 36, 36)
# What applications begin with; what is not there is left out, and counted.
MODULES = ("flask", "django", "fastapi", "requests", "aiohttp", "jinja2", "sqlite3", "asyncio", "xml.dom.minidom", "xml.etree.ElementTree",
           "decimal", "ssl", "lzma", "bz2", "zlib", "hashlib", "json", "csv", "ctypes", "multiprocessing", "concurrent.futures", "http.client",
           "urllib.request", "email", "logging.handlers", "unittest", "curses", "readline", "uuid", "zoneinfo", "statistics", "array", "mmap",
           "select", "termios", "pyexpat", "cryptography.hazmat.primitives", "yaml")
START = """\
import time
wall, processor = time.perf_counter(), time.process_time()
import importlib, json, os, sys
missing = []
for name in json.loads(sys.argv[2]):
    try:
        importlib.import_module(name)
    except ImportError:
        missing.append(name)
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
with open(sys.argv[1], "w") as file:
    json.dump({"wall": time.perf_counter() - wall, "processor": time.process_time() - processor, "missing": missing,
               "modules": len(files), "in_c": sum(file.endswith(".so") for file in files)}, file)
"""


def start(bench, before):
    """What a program says of its own start."""
    said = bench.path("start.json")
    done = subprocess.run([*before, *bench.python, "-c", START, said, json.dumps(MODULES)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120)
    if done.returncode:
        raise TracerError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the program did not start")
    with open(said) as file:
        return json.load(file)


def measure(bench, _target):
    table.heading(f"Start of an application under `run`: the imports alone, {ROUNDS} rounds, interleaved")
    if len(bench.python) > 1:
        table.note("not measured: the file with the result would be outside of the chroot")
        return
    rules = {"rules/phrude.yaml": bench.rules, "the whole pack": os.path.join(ROOT, "rules")}
    plain, traced = [], {name: [] for name in rules}
    for _ in range(ROUNDS + 1):  # the first one reads files that are in no cache yet
        plain.append(start(bench, []))
        for name, path in rules.items():
            before = [binary(), "run", "--rules", path, "--output", bench.path("alerts.json"), "--"]
            traced[name].append(start(bench, before))
    plain.pop(0)
    table.note(f"{plain[0]['modules']} modules, {plain[0]['in_c']} of them files in C; not there: {', '.join(plain[0]['missing']) or 'none'}")
    table.row("rules", "by itself", "processor time: median (range)", "wall time: median (range)", widths=WIDTHS)
    for name, runs in traced.items():
        ratios = {what: [run[what] / own[what] for run, own in zip(runs[1:], plain)] for what in ("processor", "wall")}
        table.row(name, f"{statistics.median(run['wall'] for run in plain):.2f} s", table.spread(ratios["processor"], unit="x"),
                  table.spread(ratios["wall"], unit="x"), widths=WIDTHS)
        table.quote(f"start of an application under `run`, {name}", table.short(ratios["processor"]), "1.15x")
