#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Who uses whom, in user/ and bpf/, against the tables of docs/architecture.md.  Run in the root of the tree.

The tables are the contract: rooms in their order, libraries, programs, and the circles that are explained there.
"""
import collections
import os
import pathlib
import re
import subprocess
import sys

DOCS = "docs/architecture.md"
BUILD = os.environ.get("BUILD", "build")
# Of the C library; all other headers in angle brackets are a library's, with a row in the docs.
LIBC = set(
    """assert.h ctype.h dirent.h dlfcn.h elf.h endian.h errno.h execinfo.h fcntl.h float.h fnmatch.h ftw.h getopt.h glob.h
    grp.h ifaddrs.h inttypes.h limits.h link.h locale.h math.h netdb.h poll.h pthread.h pwd.h regex.h sched.h search.h
    semaphore.h setjmp.h signal.h spawn.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h
    string.h strings.h syslog.h termios.h threads.h time.h ucontext.h unistd.h wchar.h wctype.h""".split()
)
LIBC_FOLDERS = {"arpa", "asm", "linux", "net", "netinet", "sys"}
LIBC_LINKED = ("libc.so", "libm.so", "libpthread.so", "ld-linux", "libdl.so", "librt.so", "libgcc_s.so")

faults = []


def fault(where, text):
    faults.append(f"{where}: {text}")


def tables():
    """The tables of the docs by the heading of their first column: lists of rows, each a list of cells."""
    found, rows = {}, None
    for line in pathlib.Path(DOCS).read_text().splitlines():
        if not line.startswith("|"):
            rows = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if rows is None:
            rows = found.setdefault(cells[0], [])
        elif not set(cells[0]) <= set("-: "):
            rows.append(cells)
    return found


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


def includes(path):
    """Pairs of line number and included file; with its brackets."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+([<"][^>"]+)[>"]', line)
        if match:
            yield number, match[1]


def unit(name):
    return re.sub(r"(\.bpf)?\.[ch]$", "", os.path.basename(name))


class Room:
    """The files of a folder, and who among them uses whom."""

    def __init__(self, folder):
        self.folder = folder
        self.files = sorted(p for p in pathlib.Path(folder).iterdir() if p.suffix in (".c", ".h"))
        # A header whose functions are in several files belongs to none of them.
        self.units = {unit(p.name) for p in self.files if p.suffix == ".c"}
        self.uses = collections.defaultdict(set)

    def use(self, path, header):
        by, used = unit(path.name), unit(header)
        if by != used and by in self.units and used in self.units:
            self.uses[by].add(used)

    def reached(self, start):
        seen, todo = set(), [start]
        while todo:
            for used in self.uses[todo.pop()] - seen:
                seen.add(used)
                todo.append(used)
        return seen

    def circles(self):
        reached = {name: self.reached(name) for name in self.units}
        return {
            frozenset(other for other in reached[name] if name in reached[other])
            for name in self.units
            if name in reached[name]
        }


def check_order(rooms, order, libraries):
    """Includes of user/: downwards, and of libraries only where they belong.  Returns rooms by room that includes them."""
    used = collections.defaultdict(set)
    for room in rooms.values():
        own = os.path.basename(room.folder)
        for path in room.files:
            for line, included in includes(path):
                where, header = f"{path}:{line}", included[1:]
                folder = header.split("/")[0] if "/" in header else None
                if included[0] == "<":
                    check_library(where, own, header, folder, libraries)
                elif folder is None:
                    if header == "tracer.skel.h" and own == "kern":
                        continue
                    fault(where, f'"{header}" is not written with its room, as in "{own}/{header}"')
                elif folder == "bpf":
                    if not header.startswith("bpf/abi/"):
                        fault(where, f"user/ includes {header}, and of bpf/ only bpf/abi is for both sides")
                elif folder not in order:
                    fault(where, f"{folder} is no room in the table of {DOCS}")
                else:
                    used[own].add(folder)
                    if own in order and order.index(folder) > order.index(own):
                        fault(where, f"{own} uses {folder}, which stands below it in the table of {DOCS}")
                    if folder == own:
                        room.use(path, header)
    return used


def check_library(where, room, header, folder, libraries):
    users_of = {library: users for library, (_, headers, users) in libraries.items() if header in headers}
    if users_of:
        if not any(room in users for users in users_of.values()):
            fault(where, f"{room} includes {header}: {DOCS} does not have it among the users of {', '.join(users_of)}")
        return
    if header not in LIBC and folder not in LIBC_FOLDERS:
        fault(where, f"{header} is of no library in the table of {DOCS}")


def check_bpf(room):
    for path in room.files:
        for line, included in includes(path):
            if included[0] == "<":
                continue
            header = included[1:]
            if "/" in header and not header.startswith(("abi/", "arch/")):
                fault(f"{path}:{line}", f"bpf/ includes {header}, and may include its own files only")
            elif "/" not in header:
                room.use(path, header)
    for path in sorted(pathlib.Path("bpf/abi").glob("*.h")):
        for line, included in includes(path):
            if included != '"' + os.path.basename(included[1:]) and included != "<linux/types.h":
                fault(f"{path}:{line}", f"bpf/abi includes {included[1:]}, and may include its own files only")


def check_circles(rooms, explained):
    """A circle is fine within the files that a row of the docs explains; a row without a circle is stale."""
    found = [(room.folder, circle) for room in rooms for circle in room.circles()]
    rows = [(f"{row[0].strip('`')}", frozenset(names(row[1]))) for row in explained]
    for folder, circle in found:
        if not any(folder == where and circle <= files for where, files in rows):
            fault(folder, f"{', '.join(sorted(circle))} use each other in a circle, which {DOCS} does not explain")
    for where, files in rows:
        if not any(folder == where and circle <= files for folder, circle in found):
            fault(DOCS, f"explains a circle of {', '.join(sorted(files))} in {where} that is not there any more")


def check_program(program, main, without, used, libraries):
    """Rooms that a program is made of, and what it is linked with."""
    made_of, todo = {main}, [main]
    while todo:
        for room in used[todo.pop()] - made_of:
            made_of.add(room)
            todo.append(room)
    for room in sorted(made_of & set(without)):
        fault(DOCS, f"{program} has nothing of {room}, but it does: look at who includes {room}/")
    binary = pathlib.Path(BUILD, program)
    if not binary.exists():
        fault(binary, "is not built: run make")
        return made_of
    dynamic = subprocess.run(["readelf", "-d", binary], capture_output=True, text=True, check=True).stdout
    for linked in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if linked.startswith(LIBC_LINKED):
            continue
        users = [set(row[2]) for row in libraries.values() if any(linked.startswith(n + ".") for n in row[0])]
        if not any(of & made_of for of in users):
            fault(binary, f"is linked with {linked}, which no room of it uses by the table of {DOCS}")
    return made_of


def main():
    docs = tables()
    for heading in ("part", "library", "program", "circle in"):
        if heading not in docs:
            fault(DOCS, f"has no table that begins with the column {heading!r}")
    if faults:
        return
    order = [name for row in docs["part"] for name in names(row[0])]
    for name in sorted({name for name in order if order.count(name) > 1}):
        fault(DOCS, f"lists the room {name} twice")
    # Two programs may have one in different ways.
    libraries = {row[0].replace("`", ""): (names(row[1]), names(row[2]), names(row[3])) for row in docs["library"]}
    rooms = {path.name: Room(str(path)) for path in sorted(pathlib.Path("user").iterdir()) if path.is_dir()}
    for name in rooms.keys() - set(order):
        fault(f"user/{name}", f"is no room in the table of {DOCS}: give it a row, below all that it uses")
    for name in set(order) - rooms.keys():
        fault(DOCS, f"has a room {name} that is not there")
    for library, (_, _, users) in libraries.items():
        for name in set(users) - set(order):
            fault(DOCS, f"has the room {name} among the users of {library}, but not in the table of rooms")

    used = check_order(rooms, order, libraries)
    bpf = Room("bpf")
    check_bpf(bpf)
    check_circles([*rooms.values(), bpf], docs["circle in"])
    part_of_one = set()
    for row in docs["program"]:
        part_of_one |= check_program(names(row[0])[0], names(row[1])[0], names(row[2]), used, libraries)
    for name in sorted(rooms.keys() & set(order) - part_of_one):
        fault(f"user/{name}", "is part of no program")


main()
for text in faults:
    print(text)
sys.exit(1 if faults else 0)
