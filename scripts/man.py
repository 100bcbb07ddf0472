#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes those parts of the manual pages that --help says, too.

scripts/man.py             writes them
scripts/man.py --check     says which are not as --help has them

Run in the root of the tree, after the build.
"""
import os
import pathlib
import re
import subprocess
import sys

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
PROGRAMS = ("phrude-trace", "phrude-console")
MADE = re.compile(r'(\.\\" made from --help by scripts/man\.py: (\w+)\n).*?(\.\\" end of what was made\n)', re.S)
# Words, those that stand for others in a column of their own, and behind two blanks or more what they mean.
ROW = re.compile(r"  (\S.*?(?: +[A-Z][A-Z|]*)?)  +(?![A-Z|]+  )(\S.*)")


def roff(text):
    """Text as it is, on a line that is not taken for a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("`", "\\(ga")
    return "\\&" + text if text[0] in ".'" else text


def words(text):
    """Words in bold, but those that stand for others."""
    return ".BR " + ' " " '.join(("\\fI%s\\fP" if re.fullmatch(r"[A-Z|:.\[\]]{2,}|N", word) else "%s") % roff(word) for word in text.split())


class Help:
    """What a program says of itself, in paragraphs."""

    def __init__(self, program):
        said = subprocess.run([BUILD / program, "--help"], capture_output=True, text=True, check=True).stdout
        self.paragraphs = said.rstrip("\n").split("\n\n")

    def rows(self, begin):
        """The rows of the paragraph that begins so."""
        (found,) = [paragraph for paragraph in self.paragraphs if paragraph.startswith(begin)]
        rows = [ROW.fullmatch(line) for line in found.split("\n") if line.startswith("  ")]
        assert rows and all(rows), f"of {begin} not every row is understood"
        return [row.groups() for row in rows]

    def table(self, title, begin):
        return [f".SH {title}"] + [line for word, meaning in self.rows(begin) for line in (".TP", words(word), roff(meaning))]

    def synopsis(self):
        return self.table("SYNOPSIS", "  phrude-")

    def options(self):
        return self.table("OPTIONS", "Options:")

    def probes(self):
        return self.table("PROBE KINDS", "Probe kinds") + [".PP", roff("With auto the first of these is taken that can see a function.")]

    def status(self):
        """`Exit status: 0 this; 1 that.`"""
        (found,) = [paragraph for paragraph in self.paragraphs if paragraph.startswith("Exit status: ")]
        cases = " ".join(found.split()).removeprefix("Exit status: ").rstrip(".").split("; ")
        return [".SH EXIT STATUS"] + [line for case in cases for line in (".TP", f".B {case[0]}", roff(case[2:]))]


def renewed(program, text):
    said = Help(program)
    return MADE.sub(lambda part: part[1] + "\n".join(getattr(said, part[2])()) + "\n" + part[3], text)


def main():
    check = sys.argv[1:] == ["--check"]
    stale = 0
    for program in PROGRAMS:
        path = pathlib.Path("docs/man") / f"{program}.8"
        before = path.read_text()
        now = renewed(program, before)
        if check and now != before:
            print(f"{path}: --help of {program} says something else: run scripts/man.py")
            stale += 1
        elif not check:
            path.write_text(now)
    return 1 if stale else 0


sys.exit(main())
