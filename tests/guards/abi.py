#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each structure of bpf/abi has its size and the place of its last field asserted, for both compilers.  Run in the root of the tree."""
import pathlib
import re
import sys

ABI = pathlib.Path("bpf/abi")
LAYOUT = ABI / "layout.h"
faults = []


def structures(header):
    """Names of the structures that a header defines, each with the name of its last field."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
    for name, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", text, re.S | re.M):
        last = body.rstrip("}; \t\n").rsplit(";", 1)[-1]
        yield name, re.findall(r"\w+", re.sub(r"\[[^]]*\]", "", last))[-1]


layout = LAYOUT.read_text()
for header in sorted(ABI.glob("*.h")):
    for name, last in structures(header):
        if not re.search(rf"^ABI_SIZE\({name}, \d+\);", layout, re.M):
            faults.append(f"{header}: struct {name} has no ABI_SIZE in {LAYOUT}")
        if last != "pad" and not re.search(rf"^ABI_AT\({name}, {last}, \d+\);", layout, re.M):
            faults.append(f"{header}: {last}, the last field of struct {name}, has no ABI_AT in {LAYOUT}")
for side in ("bpf/*.bpf.c", "user/kern/*.c"):
    if not any(re.search(r'#include "(bpf/)?abi/layout\.h"', p.read_text()) for p in pathlib.Path(".").glob(side)):
        faults.append(f"{LAYOUT}: no file of {side} includes it, so that nothing is asserted there")

for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
