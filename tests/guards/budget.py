#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Instructions of each BPF program, the functions that it calls included, against bpf/budget.txt; `renew` writes that file.

Run in the root of the tree, after the build.  Ends with 77 if the compiler is not the one the file was made with.
"""
import collections
import os
import pathlib
import re
import struct
import subprocess
import sys

BUDGET = pathlib.Path("bpf/budget.txt")
OBJECT = pathlib.Path(os.environ.get("BUILD", "build"), "tracer.bpf.o")
# What a program may grow by before somebody has to have a look.
HEADROOM = 1.1
INSN = 8
STT_FUNC, SHT_SYMTAB, SHT_REL, SHF_EXECINSTR = 2, 2, 9, 4
R_BPF_64_64, R_BPF_64_32 = 1, 10
CALL, PSEUDO_CALL = 0x85, 1


class Object:
    """Functions of an ELF file of BPF code, and who calls whom."""

    def __init__(self, path):
        self.data = path.read_bytes()
        (shoff,) = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", self.data, shoff + i * size) for i in range(count)]
        self.section_names = [self.text(self.sections[names], s[0]) for s in self.sections]
        symtab = next(s for s in self.sections if s[1] == SHT_SYMTAB)
        strings = self.sections[symtab[6]]
        self.symbols = []
        for at in range(symtab[4], symtab[4] + symtab[5], 24):
            name, info, _, section, value, length = struct.unpack_from("<IBBHQQ", self.data, at)
            self.symbols.append((self.text(strings, name), info & 15, section, value, length))
        self.functions = {
            (section, value): (name, length // INSN)
            for name, kind, section, value, length in self.symbols
            if kind == STT_FUNC
        }
        self.calls = collections.defaultdict(set)
        self.find_calls()

    def text(self, section, at):
        start = section[4] + at
        return self.data[start : self.data.index(b"\0", start)].decode()

    def function_at(self, section, offset):
        """Where the function begins that an instruction is part of."""
        for (own, value), (_, count) in self.functions.items():
            if own == section and value <= offset < value + count * INSN:
                return own, value
        return None

    def find_calls(self):
        relocations = {}
        for section in self.sections:
            if section[1] == SHT_REL:
                for at in range(section[4], section[4] + section[5], 16):
                    offset, info = struct.unpack_from("<QQ", self.data, at)
                    relocations[section[7], offset] = (info >> 32, info & 0xFFFFFFFF)
        for section, value in self.functions:
            base, count = self.sections[section][4], self.functions[section, value][1]
            for offset in range(value, value + count * INSN, INSN):
                code, registers, _, imm = struct.unpack_from("<BBhi", self.data, base + offset)
                symbol, kind = relocations.get((section, offset), (0, 0))
                name, of_symbol, where, start, _ = self.symbols[symbol]
                called = None
                if kind == R_BPF_64_32:
                    # A static function is named by its section: the instruction has the rest.
                    called = (where, start if of_symbol == STT_FUNC else (imm + 1) * INSN)
                elif kind == R_BPF_64_64 and where < len(self.sections) and self.sections[where][2] & SHF_EXECINSTR:
                    called = (where, start + imm)
                elif code == CALL and registers >> 4 == PSEUDO_CALL:
                    called = (section, offset + (imm + 1) * INSN)
                if called in self.functions:
                    self.calls[section, value].add(called)

    def reached(self, start):
        seen, todo = {start}, [start]
        while todo:
            for called in self.calls[todo.pop()] - seen:
                seen.add(called)
                todo.append(called)
        return seen

    def programs(self):
        """Programs: functions of a section that is not .text; by name, with all functions that each is made of."""
        return {
            name: self.reached(function)
            for function, (name, _) in self.functions.items()
            if self.section_names[function[0]] != ".text"
        }


def compiler():
    version = subprocess.run([os.environ.get("CLANG", "clang"), "--version"], capture_output=True, text=True).stdout
    return re.search(r"version (\d+)", version)[1]


def read_budget():
    budget = {}
    for line in BUDGET.read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, limit = line.split()
            budget[name] = int(limit)
    return budget


def main():
    if not OBJECT.exists():
        print(f"{OBJECT}: is not built: run make")
        return 1
    built = Object(OBJECT)
    programs = built.programs()
    counts = {name: sum(built.functions[f][1] for f in made_of) for name, made_of in programs.items()}
    if sys.argv[1:] == ["renew"]:
        with BUDGET.open("w") as out:
            print("# Instructions of each program, and how many it may have; renewed by make budget.", file=out)
            print(f"# clang {compiler()}", file=out)
            for name, count in sorted(counts.items()):
                print(name, count, int(count * HEADROOM) + 1, file=out)
        return 0
    made_with = re.search(r"^# clang (\d+)$", BUDGET.read_text(), re.M)[1]
    if made_with != compiler():
        print(f"{BUDGET} was made with clang {made_with}, this is {compiler()}")
        return 77
    budget, faults = read_budget(), []
    for name, count in sorted(counts.items()):
        if name not in budget:
            faults.append(f"{BUDGET}: has no row for the program {name}: run make budget")
        elif count > budget[name]:
            faults.append(f"{name}: has {count} instructions, {budget[name]} are its limit in {BUDGET}: spend less, or run make budget")
    for name in sorted(budget.keys() - counts.keys()):
        faults.append(f"{BUDGET}: has a row for {name}, which is no program any more: run make budget")
    used = set().union(*programs.values())
    for function in sorted(built.functions.keys() - used):
        faults.append(f"bpf/: {built.functions[function][0]}() is called by no program: remove it")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
