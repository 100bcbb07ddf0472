#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prometheus' rules and Grafana's dashboard ask for what the tracer has, in PromQL; what cloud-init writes is a configuration.

Run in the root of the tree, after the build.  Ends with 77 if promtool is not there (scripts/tools.sh).
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOOLS = os.environ.get("PHRUDE_TOOLS", "/var/cache/phrude-trace/tools")
BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
RULES, TESTS, BOARD = "deploy/prometheus/phrude-trace.rules.yaml", "tests/monitoring/rules.test.yaml", "deploy/grafana/phrude-trace.json"
CLOUD, METRICS = "deploy/cloud-init.yaml", "docs/service.md"
PROMTOOL = shutil.which("promtool", path=TOOLS + os.pathsep + os.environ["PATH"])
# Labels that Prometheus adds.
ADDED = {"instance", "job"}

if not PROMTOOL:
    print("promtool is not there: run scripts/tools.sh")
    sys.exit(77)
try:
    import yaml
except ImportError as error:
    print(f"{error}: run scripts/setup.sh test")
    sys.exit(77)
faults = 0


def fault(message):
    global faults
    faults += 1
    print(message)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        fault(f"{' '.join(command[1:])}: {done.stdout}{done.stderr}")


def metrics():
    """Name -> labels, of those that the documentation has; each of them is in the sources."""
    found = {}
    for line in pathlib.Path(METRICS).read_text().split("\n"):
        if line.startswith("    phrude_"):
            for name, labels in re.findall(r"(phrude_[a-z_]+)(?:\{([a-z_,]+)\})?", line):
                found[name] = set(filter(None, labels.split(",")))
    sources = "".join(pathlib.Path(path).read_text() for path in ("user/metrics/metrics_text.c", "user/counters/counters.h", "bpf/abi/stats.h"))
    for name in found:
        own = name.removeprefix("phrude_")
        if f'"{own}"' not in sources and f'"{own.removesuffix("_total")}"' not in sources:
            fault(f"{METRICS}: {name} is no metric of the tracer")
    return found


def check_expression(place, text, known):
    """It names metrics that there are, with labels that they have."""
    used = re.findall(r"\b(phrude_[a-z_]+)(?:\{([^}]*)\})?", text)
    labels = set()
    for name, selector in used:
        if name not in known:
            fault(f"{place}: there is no metric {name}")
            continue
        labels |= known[name] | ADDED
        for label in re.findall(r"([a-z_]+) *(?:=~|!~|!=|=)", selector):
            if label not in known[name] | ADDED:
                fault(f"{place}: {name} has no label {label}")
    for by in re.findall(r"\bby *\(([^)]*)\)", text):
        for label in by.replace(" ", "").split(","):
            if used and label not in labels:
                fault(f"{place}: groups by {label}, which nothing of it has")


def check_board(known):
    board = json.loads(pathlib.Path(BOARD).read_text())
    expressions, taken, ids = [], set(), [panel["id"] for panel in board["panels"]]
    if len(set(ids)) != len(ids):
        fault(f"{BOARD}: two panels have the same id")
    variables = {variable["name"] for variable in board["templating"]["list"]} | {"__range", "__rate_interval"}
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        if cells & taken or at["x"] + at["w"] > 24:
            fault(f"{BOARD}: {panel['title']} lies over another panel, or beside the page")
        taken |= cells
        if not panel["targets"]:
            fault(f"{BOARD}: {panel['title']} asks nothing")
        for target in panel["targets"]:
            text = target["expr"]
            for variable in re.findall(r"\$(\w+)", text):
                if variable not in variables:
                    fault(f"{BOARD}: {panel['title']}: there is no variable {variable}")
            check_expression(f"{BOARD}: {panel['title']}", text, known)
            expressions.append(re.sub(r"\$__\w+", "5m", text))
    # promtool reads PromQL in rules only.
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        rules = [{"record": f"panel:{index}", "expr": text} for index, text in enumerate(expressions)]
        json.dump({"groups": [{"name": "board", "rules": rules}]}, file)
        file.flush()
        run(PROMTOOL, "check", "rules", file.name)


def check_cloud():
    text = pathlib.Path(CLOUD).read_text()
    if not text.startswith("#cloud-config\n"):
        fault(f"{CLOUD}: cloud-init takes it for something else")
    (written,) = yaml.safe_load(text)["write_files"]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(written["content"].replace("/usr/share/phrude-trace/rules", str(pathlib.Path("rules").resolve())))
        file.flush()
        run("env", str(BUILD / "phrude-trace"), "check", file.name)


def main():
    known = metrics()
    run(PROMTOOL, "check", "rules", RULES)
    run(PROMTOOL, "test", "rules", TESTS)
    tested = pathlib.Path(TESTS).read_text()
    for group in yaml.safe_load(pathlib.Path(RULES).read_text())["groups"]:
        for rule in group["rules"]:
            check_expression(f"{RULES}: {rule['alert']}", rule["expr"], known)
            if tested.count(f"alertname: {rule['alert']}") < 2:
                fault(f"{TESTS}: does not say when {rule['alert']} comes, and when not")
    check_board(known)
    check_cloud()
    return 1 if faults else 0


sys.exit(main())
