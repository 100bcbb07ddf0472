# SPDX-License-Identifier: GPL-2.0-only
"""The bench's application for a WSGI server; with BENCH_SETTRACE=match|every it traces itself."""

import os

from workload import WATCHED, SettraceTracer, build_app

app = build_app()
mode = os.environ.get("BENCH_SETTRACE")
if mode:
    SettraceTracer(WATCHED, every=mode == "every").start()
