#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Puts faults into a copy of the tree, one at a time, and looks whether their guard says so: none is a test that cannot fail.

Run in the root of the tree, after the build.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
CC = os.environ.get("CC", "gcc")
ERR, DOCS, BUDGET = "user/base/err.c", "docs/architecture.md", "bpf/budget.txt"
CHART, PLAIN = "deploy/helm/phrude-trace/", "deploy/kubernetes/"
PROMETHEUS, BOARD = "deploy/prometheus/phrude-trace.rules.yaml", "deploy/grafana/phrude-trace.json"


class Tree:
    """A copy of the tree in which files can be changed, and are as before afterwards."""

    def __init__(self, root):
        self.root, self.before = pathlib.Path(root), {}
        for name in ("bpf", "deploy", "docs", "rules", "scripts", "tests/formats", "tests/guards", "tests/monitoring", "user", "vmlinux"):
            shutil.copytree(name, self.root / name)
        for name in (".clang-format", ".clang-tidy", "Makefile"):
            shutil.copy(name, self.root)
        for name in ("user", "tidy"):
            if (BUILD / name).exists():
                shutil.copytree(BUILD / name, self.root / "build" / name)
        for built in [BUILD / "tracer.bpf.o", *BUILD.glob("phrude-*")]:
            (self.root / "build" / built.name).symlink_to(built)

    def path(self, name):
        path = self.root / name
        if name not in self.before:
            self.before[name] = path.read_bytes() if path.exists() else None
        return path

    def restore(self):
        for name, data in self.before.items():
            path = self.root / name
            if data is not None:
                path.write_bytes(data)
            elif path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        self.before.clear()


def add(name, text):
    """A fault: text at the end of a file."""
    return lambda tree: tree.path(name).write_text((tree.root / name).read_text() + text)


def change(name, pattern, replacement):
    """A fault: lines of a file that match are replaced."""

    def plant(tree):
        text, count = re.subn(pattern, replacement, tree.path(name).read_text(), flags=re.M)
        assert count, f"nothing in {name} matches {pattern}"
        tree.path(name).write_text(text)

    return plant


def compiled(text):
    """A fault: text at the end of err.c, and in its object."""

    def plant(tree):
        add(ERR, text)(tree)
        built = tree.path("build/user/base/err.o")
        built.unlink()
        subprocess.run(
            [CC, "-c", "-I.", "-Iuser", "-D_GNU_SOURCE", "-DPHRUDE_VERSION=", "-o", built, ERR], cwd=tree.root, check=True
        )

    return plant


def folder(name):
    return lambda tree: tree.path(name).mkdir()


def all_of(*faults):
    return lambda tree: [fault(tree) for fault in faults]


SAME_IN_BOTH = "int x(int a)\n{\n\tif (a)\n\t\ta = 1;\n\telse\n\t\ta = 1;\n\treturn a;\n}\n"
# Guard, what it says, and the fault.
FAULTS = [
    ("format", f"{ERR}: is not formatted", add(ERR, "int  x ;\n")),
    ("format", "shellcheck has something to say", add("scripts/bench.sh", "echo $1\n")),
    ("size", f"{ERR}: has ", add(ERR, "\n" * 500)),
    ("layers", "base uses engine, which stands below it", add(ERR, '#include "engine/engine.h"\n')),
    ("layers", "of bpf/ only bpf/abi is for both sides", add(ERR, '#include "bpf/maps.bpf.h"\n')),
    ("layers", "is not written with its room", add(ERR, '#include "err.h"\n')),
    ("layers", f"base includes yaml.h: {DOCS} does not have it", add(ERR, "#include <yaml.h>\n")),
    ("layers", "lua.h is of no library", add(ERR, "#include <lua.h>\n")),
    ("layers", "user/attic: is no room in the table", folder("user/attic")),
    ("layers", "bpf/ includes user/base/err.h", add("bpf/read.bpf.h", '#include "user/base/err.h"\n')),
    ("layers", "bpf/abi includes vmlinux/base.h", add("bpf/abi/hash.h", '#include "vmlinux/base.h"\n')),
    (
        "layers",
        "err, out_file use each other in a circle",
        add("user/base/err.h", '#include "base/out_file.h"\n'),
    ),
    ("layers", "lists the room elf twice", change(DOCS, r"^\| `elf` .*\n", r"\g<0>\g<0>")),
    ("layers", "has a room attic that is not there", change(DOCS, r"^\| `elf` .*\n", r"\g<0>| `attic` | old |\n")),
    (
        "layers",
        "explains a circle of err, text in user/base that is not there",
        change(DOCS, r"^\| circle in .*\n.*\n", r"\g<0>| `user/base` | `err`, `text` | why not |\n"),
    ),
    (
        "layers",
        "phrude-trace has nothing of engine, but it does",
        change(DOCS, r"^\| `phrude-trace` .*", "| `phrude-trace` | `cli` | `engine` |"),
    ),
    (
        "layers",
        "is linked with libnettle.so.",
        all_of(
            change(DOCS, r"^\| `Nettle` .*\n", ""),
            change("user/request/request_session.c", "^#include <nettle.*\n", ""),
            change("user/redact/redact_priv.h", "^#include <nettle.*\n", ""),
        ),
    ),
    ("abi", "struct stray has no ABI_SIZE", add("bpf/abi/share.h", "struct stray {\n\t__u32 a;\n};\n")),
    ("abi", "more, the last field of struct ev_node, has no", change("bpf/abi/event.h", r"(^struct ev_node \{\n(.*\n)*?)\};", r"\1\t__u32 more;\n};")),
    ("abi", "no file of bpf/*.bpf.c includes it", change("bpf/maps.bpf.c", '^#include "abi/layout.h"\n', "")),
    ("budget", "proc_exit: has ", change(BUDGET, "^proc_exit .*", "proc_exit 1 1")),
    ("budget", "has no row for the program proc_exit", change(BUDGET, "^proc_exit .*\n", "")),
    ("budget", "has a row for attic, which is no program", add(BUDGET, "attic 1 1\n")),
    ("formats", "evnt.kind is no field of ECS", change("tests/formats/golden/full.ecs", '"event":', '"evnt":')),
    ("formats", "event.type may not be 'start'", change("tests/formats/golden/full.ecs", '"type":\\["info"', '"type":["start"')),
    ("formats", "finding.finding_info.uid is required", change("tests/formats/golden/full.ocsf", '"finding_info":{"uid":', '"finding_info":{"desc":')),
    ("formats", "finding.severity_id may not be 9", change("tests/formats/golden/full.ocsf", '"severity_id":.', '"severity_id":9')),
    ("formats", "timeUnixNano is no int64", change("tests/formats/golden/full.otlp", r'"timeUnixNano":"\d+"', '"timeUnixNano":1')),
    ("formats", "act is there twice", change("tests/formats/golden/hostile.cef", r"act\\=x", "act=x")),
    ("formats", "cs1 has no label", change("tests/formats/golden/full.cef", "cs1Label=Function ", "")),
    ("formats", "has not the structured data", change("tests/formats/golden/full.syslog", r"\[phrude", "[phr=ude")),
    ("formats", "has not the head of RFC 5424", change("tests/formats/golden/full.syslogcef", r"<84>", "<284>")),
    ("lint", "bugprone-branch-clone", add(ERR, SAME_IN_BOTH)),
    ("unused", f"{ERR}: stray is used by nobody", compiled("int stray(void)\n{\n\treturn 1;\n}\n")),
    ("kube", "V1PodSpec has no tolerates", change(PLAIN + "daemonset.yaml", "tolerations:", "tolerates:")),
    ("kube", "its capabilities are not those of", change(CHART + "templates/daemonset.yaml", ", SYS_NICE", "")),
    ("kube", "does not see /var/log/pods of the node", change(PLAIN + "daemonset.yaml", "path: /var/log/pods", "path: /var/lib/pods")),
    ("kube", "does not see /var/log/containers of the node", change(CHART + "templates/daemonset.yaml", r"(mountPath: /var/log/containers\n *readOnly:) true", r"\1 false")),
    ("kube", "is for 0.1.0, and this is 0.2.0", change("Makefile", "^VERSION := .*", "VERSION := 0.2.0")),
    ("kube", "their DaemonSets differ", change(CHART + "values.yaml", "cpu: 50m", "cpu: 60m")),
    ("kube", "phrude-trace check", change(PLAIN + "phrude-trace.yaml", "^targets:", "target:")),
    ("kube", "helm lint", change(CHART + "values.yaml", "port: 9464", 'port: "9464"')),
    ("monitoring", "there is no metric phrude_missed_total", change(PROMETHEUS, "phrude_lost_total", "phrude_missed_total")),
    ("monitoring", "test rules", change(PROMETHEUS, "for: 15m", "for: 5m")),
    ("monitoring", "phrude_targets has no label kind", change(BOARD, r'state=\\"traced', r'kind=\\"traced')),
    ("monitoring", "check rules", change(BOARD, r"sum by \(reason\) \(", "sum by (reason) ((")),
    ("monitoring", "phrude_lost_total is no metric of the tracer", change("user/metrics/metrics_text.c", '"lost_total"', '"missed_total"')),
    ("monitoring", "phrude-trace check", change("deploy/cloud-init.yaml", "      targets:", "      target:")),
    ("man", "docs/man/phrude-trace.8: --help of phrude-trace says something else", change("docs/man/phrude-trace.8", "^stop after N alerts\n", "")),
    ("man", "does not have the key module", change("docs/man/phrude-rules.5", r"^\.B module\n", ".B modul\n")),
    ("man", "groff says", add("docs/man/phrude-rules.5", ".XX y\n")),
    (
        "unused",
        f"{ERR}: stray is used by no other file",
        compiled("int stray(int a)\n{\n\treturn a > 1 ? a * stray(a - 1) : 1;\n}\n"),
    ),
]


def run(tree, guard):
    (program,) = (tree.root / "tests/guards").glob(f"{guard}.*")
    env = dict(os.environ, BUILD="build")
    return subprocess.run([program], cwd=tree.root, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)


failed = 0
with tempfile.TemporaryDirectory() as root:
    copy = Tree(root)
    for of, sentence, fault in FAULTS:
        fault(copy)
        done = run(copy, of)
        # 77: the tool is not there, and the guard itself says so.
        if done.returncode != 77 and (done.returncode == 0 or sentence not in done.stdout):
            print(f'{of} ended with status {done.returncode} and did not say "{sentence}", but: {done.stdout}{done.stderr}')
            failed += 1
        copy.restore()
sys.exit(1 if failed else 0)
