#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Functions of user/ that are not static, and are needed by nobody outside of their file.

What a file uses itself may be visible for unit tests and fuzz targets; what they alone use is dead, but for these ways in.  Run in the root of the tree,
after the build.
"""
import os
import pathlib
import re
import subprocess
import sys

BUILD = os.environ.get("BUILD", "build")

# They hand text to a parser that has it from a file otherwise, and what only a test can wait for.
FOR_TESTS = {"elf_file_open_mem", "proc_maps_parse", "rule_set_parse", "rule_case_set_parse", "config_parse", "transitions_parse", "worker_counts"}

faults = []
sources = {f"{BUILD}/{path.with_suffix('.o')}": path for path in sorted(pathlib.Path("user").rglob("*.c"))}
for built in [built for built in sources if not os.path.exists(built)]:
    faults.append(f"{built}: is not built: run make")
    del sources[built]
symbols = subprocess.run(["nm", "-A", "-P", "-g", *sources], capture_output=True, text=True, check=True).stdout
tests = "\n".join(path.read_text() for path in sorted(pathlib.Path("tests").rglob("*.[ch]")))

defined, used = {}, set()
for line in symbols.splitlines():
    built, name, kind = line.split()[:3]
    if kind == "U":
        used.add(name)
    elif kind == "T":
        defined[name] = sources[built.rstrip(":")]
for name, source in sorted(defined.items(), key=lambda item: (item[1], item[0])):
    # main() is the C library's to call.
    if name in used or name in FOR_TESTS or name == "main":
        continue
    word = re.compile(rf"\b{name}\b")
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", source.read_text(), flags=re.S)
    if len(word.findall(code)) < 2:
        faults.append(f"{source}: {name} is used by nobody{' but tests' if word.search(tests) else ''}: remove it")
    elif not word.search(tests):
        faults.append(f"{source}: {name} is used by no other file: make it static")

for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
