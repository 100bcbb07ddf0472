#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""clang-tidy, with the checks of .clang-tidy, has nothing to say of user/.  Run in the root of the tree, after the build.

A file that was looked at is not looked at again until it changes, or a header of it, or the checks.  Ends with 77 if the tool is not
the one whose verdict is wanted.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys

BUILD = os.environ.get("BUILD", "build")
# Each version has other checks; this is Debian 12's.
VERSION = "14"
FLAGS = ["-I.", "-Iuser", f"-I{BUILD}", "-D_GNU_SOURCE", '-DPHRUDE_VERSION=""', "-std=gnu11"]
# Of the libraries, the one whose headers lie in a folder of their own.
FLAGS += subprocess.run(["pkg-config", "--cflags", "libpq"], capture_output=True, text=True).stdout.split()


def state(source):
    """A digest of what the verdict depends on.  The compiler has noted the headers."""
    noted = pathlib.Path(BUILD, source.with_suffix(".d"))
    headers = re.findall(r"[^\s:\\\\]+\.h\b", noted.read_text().split("\n\n")[0]) if noted.exists() else []
    digest = hashlib.sha256(VERSION.encode())
    for path in [".clang-tidy", __file__, source, *sorted(set(headers))]:
        if os.path.exists(path):
            digest.update(pathlib.Path(path).read_bytes())
    return digest.hexdigest()


def check(source):
    """What there is to say of a file, one sentence for each place."""
    seen = pathlib.Path(BUILD, "tidy", source.with_suffix(".seen"))
    now = state(source)
    if seen.exists() and seen.read_text() == now:
        return []
    done = subprocess.run(["clang-tidy", "-quiet", source, "--", *FLAGS], capture_output=True, text=True)
    said = [line for line in done.stdout.splitlines() if re.search(r": (error|warning): ", line)]
    if not said and done.returncode == 0:
        seen.parent.mkdir(parents=True, exist_ok=True)
        seen.write_text(now)
    elif not said:
        said = [f"{source}: clang-tidy ended with status {done.returncode}: {done.stderr.strip()[-500:]}"]
    return [line.removeprefix(os.getcwd() + "/") for line in said]


try:
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True).stdout
except FileNotFoundError:
    version = ""
if f"version {VERSION}." not in version:
    print(f"clang-tidy {VERSION} is not installed")
    sys.exit(77)
sources = sorted(pathlib.Path("user").rglob("*.c"))
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    faults = sorted({line for said in pool.map(check, sources) for line in said})
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
