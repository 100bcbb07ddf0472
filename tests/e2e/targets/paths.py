# SPDX-License-Identifier: GPL-2.0-only
"""Paths in objects, each passed to a watched function, with what Python makes of it afterwards."""

import functools
import io
import os
import pathlib
import posix
import subprocess
import sys
import tempfile

from talk import serve, shown

Posix = type(pathlib.Path())


def probe(value):
    pass


class Derived(Posix):
    """With a dict of its own."""


class Narrow(Posix):
    __slots__ = ("other",)


class Mixin:
    def hello(self):
        pass


class Mixed(Mixin, Posix):
    pass


class Pure(pathlib.PurePosixPath):
    def __init__(self, *arguments):
        if sys.version_info >= (3, 12):
            super().__init__(*arguments)
        self.note = "x"


class Attribute:
    def __init__(self, where):
        self.before = "/not/this"
        self.where = where
        self.after = "/nor/this"

    def __fspath__(self):
        return self.where


class Documented(Attribute):
    def __fspath__(self) -> str:
        """Where it is."""
        return self.where


class Inherited(Mixin, Documented):
    def __init__(self, where):
        super().__init__(where)


class AsText(Attribute):
    def __fspath__(self):
        return str(self.where)


class AsPath(Attribute):
    def __fspath__(self):
        return os.fspath(self.where)


class Asking(Attribute):
    def __fspath__(self):
        return self.where.__fspath__()


class Private:
    def __init__(self, where):
        self.__where = where

    def __fspath__(self):
        return self.__where


class Slotted:
    __slots__ = ("a", "strpath", "z")

    def __init__(self, where):
        self.strpath = where

    def __fspath__(self):
        return self.strpath


class DerivedSlotted(Slotted):
    __slots__ = ("more",)


class Large(Attribute):
    """More attributes than instances keep without a dict."""

    def __init__(self, where):
        for number in range(100):
            setattr(self, "a%d" % number, number)
        super().__init__(where)


class Dynamic(Attribute):
    """Has had attributes deleted and its dict looked at."""

    def __init__(self, where):
        super().__init__("before")
        del self.where
        vars(self)["x"] = 1
        self.where = where


class Computed(Attribute):
    def __fspath__(self):
        return os.path.join(self.where, "file")


class Suffixed(Attribute):
    def __fspath__(self):
        return self.where + ".txt"


class Itself:
    def __fspath__(self):
        return self.me


class NoPath:
    """Has the attributes, but is no path."""

    def __init__(self, path):
        self.path = self._path = self.strpath = self._str = path


class Property(Attribute):
    @property
    def path(self):
        return self.where

    def __fspath__(self):
        return self.path


class PurePath:
    """Of pathlib's by name only."""
    __slots__ = ("_str", "x")


def entry(folder):
    with os.scandir(folder) as entries:
        return next(entries)


def touched(path, *names):
    for name in names:
        getattr(path, name)
    return path


def paths():
    """What is not to be kept: each call makes new ones."""
    Path, Windows = pathlib.Path, pathlib.PureWindowsPath
    made = {
        "plain": Path("/etc/shadow"), "untidy": Path("etc//./x/"), "empty": Path(), "dot": Path("."), "root": Path("/"),
        "two": Path("//a/b"), "three": Path("///a"), "joined": Path("a", "b"), "divided": Path("a") / "b/c" / "d",
        "absolute again": Path("/a") / "/b", "dots": Path("/a", "b", "../c"), "wide": Path("caf\xe9/\u65e5\u672c\U0001f600"),
        "surrogate": Path("/\udcff"), "of paths": Path(Path("a"), Path("b/c")), "right": "/left" / Path("b"),
        "parent": Path("/a/b/c").parent, "named": Path("/a/b").with_name("c"), "suffix": Path("/a/b.c").with_suffix(".d"),
        "cwd": Path.cwd(), "absolute": Path("x").absolute(), "resolved": Path("/etc/../etc/passwd").resolve(),
        "relative": Path("/a/b/c").relative_to("/a"), "child": next(Path("/etc").iterdir()), "posix": pathlib.PurePosixPath("p/q"),
        "as text": touched(Path("/a//b"), "name"), "long": Path("/" + "x" * 3000), "many": Path(*["part"] * 60),
        "walked": next(Path("/etc").glob("pass*")), "tidied": Path("./a/./b"),
        "windows": Windows("c:/x", "y"), "share": Windows("//server/share", "x"), "colon": Windows("a:b"), "rooted": Windows("/x"),
        "windows empty": Windows(), "drive": touched(Windows("c:x/y"), "drive"), "like a drive": Windows("./c:x"),
        "parts": touched(Path("/a/./b"), "parts"), "drives": touched(Path("a//b"), "drive", "root"),
        "derived": Derived("/a", "b"), "narrow": Narrow("/n"), "mixed": Mixed("m/n"), "pure": Pure("/pure"),
        "entry": entry("/etc"), "entry of bytes": entry(b"/etc"),
    }
    made["text"] = Path("/some//text")
    str(made["text"])
    made["hashed"] = Path("/a//hash")
    hash(made["hashed"])
    derived = made["derived with attributes"] = Derived("/d")
    derived.path = derived.strpath = "/no"
    for kind in (Attribute, Documented, Inherited, AsText, AsPath, Private, Slotted, DerivedSlotted, Large, Dynamic):
        made[kind.__name__] = kind("/in/" + kind.__name__)
        made[kind.__name__ + " of bytes"] = kind(b"/bytes")
        if kind is AsText:
            del made[kind.__name__ + " of bytes"]
    made["path in it"] = Asking(Path("/in", "it"))
    made["path in it as text"] = AsText(Path("in//it"))
    made["entry in it"] = AsPath(entry("/etc"))
    made["object in it"] = AsPath(Attribute("/two/deep"))
    return made


def others():
    """No paths, or none that can be told without running code: shown by their class."""
    made = {"computed": Computed("/x"), "suffixed": Suffixed("/x"), "no path": NoPath("/x"), "property": Property("/x"),
            "number": Attribute(5), "none": Attribute(None), "list": Attribute(["/x"]), "itself": Itself(), "of name": PurePath(),
            "half made": object.__new__(Posix), "class": pathlib.Path, "of its class": Attribute,
            "method": pathlib.Path("/x").exists}
    made["without"] = Attribute("/x")
    del made["without"].where
    made["itself"].me = made["itself"]
    made["of name"]._str = "/x"
    return made


def call(function, through_call):
    return functools.lru_cache(maxsize=0)(function) if through_call else function


def show(through_call=False):
    """Twice: classes are looked at once and known from then on."""
    function = call(probe, through_call)
    result = []
    for _ in range(2):
        for name, value in paths().items():
            function(value)
            result.append([name, shown(os.fspath(value))])
        for name, value in others().items():
            function(value)
            result.append([name, "CLASS:" + type(value).__name__])
        for name, make in (("list", lambda p, q: [p, q]), ("tuple", lambda p, q: (p, (q,))),
                           ("dict", lambda p, q: {"key": p, "list": [q]}), ("mixed", lambda p, q: ["x", p, 1, q, None])):
            values = [pathlib.Path("a", "b"), Attribute("/c")]
            function(make(*values))
            result.append([name, shown(make(*map(os.fspath, values)))])
        keys = {pathlib.Path("/k"): pathlib.Path("/v")}
        function(keys)
        result.append(["keys", shown({str(k): str(v) for k, v in keys.items()})])
    return result


def broken(through_call=False):
    """Paths that somebody has put rubbish into."""
    function = call(probe, through_call)
    made = [pathlib.Path("/x") for _ in range(7)]
    raw, parts = "_raw_paths", "_tail_cached" if hasattr(Posix, "_tail_cached") else "_parts"
    made[0]._str = made[0]
    made[1]._str = 5
    made[2]._drv, made[2]._root = 1, 2
    setattr(made[2], parts, made[2])
    if hasattr(Posix, raw):
        made[3]._raw_paths = [made[3], 1, b"x"]
        made[4]._raw_paths = 7
        made[5]._raw_paths = ["x"] * 5000 + ["/etc/shadow"]
    deep = made[6] = [made[6]]
    for _ in range(20):
        deep = [deep]
    for value in made + [deep]:
        function(value)
    function("after")
    return len(made) + 2


def classes(through_call=False, calls=6):
    """Objects of sixty classes at once, each with two hundred attributes of its own."""
    function = call(probe, through_call)
    made = [type("Class%d" % number, (), {"a%d" % n: n for n in range(200)})() for number in range(60)]
    for _ in range(calls):
        function(made)
    return calls


def natives():
    """By functions written in C, each call with a path of its own."""
    place = tempfile.mkdtemp()
    path = pathlib.Path(place, "file")
    path.write_text("x")
    expected = []

    def fresh():
        return pathlib.Path(place) / "." / "file"

    expected.append(["io", str(path)])
    open(fresh()).close()
    expected.append(["io", str(path)])
    io.open(Attribute(str(path))).close()
    expected.append(["posix", str(path)])
    os.close(os.open(fresh(), os.O_RDONLY))
    expected.append(["posix", str(path)])
    os.close(posix.open(entry(place), os.O_RDONLY))
    fresh().read_text()
    path.unlink()
    os.rmdir(place)
    return expected


def run():
    subprocess.run([pathlib.Path("/bin/echo"), "x"], stdout=subprocess.DEVNULL, cwd=pathlib.Path("/", "tmp"))


def audited():
    """sys.audit() with a path as it is, and not as text."""
    for value in paths().values():
        sys.audit("phrude.path", value, 1)
    return [shown(os.fspath(value)) for value in paths().values()]


def repeat(n):
    """Objects of their own each time, refused or reported by the text that they stand for."""
    for number in range(n):
        probe(pathlib.Path("/harmless") / "file")
        probe(Attribute("/harmless/file"))
    probe(pathlib.Path("/etc") / "shadow")
    probe(Attribute("/etc/shadow"))
    probe(pathlib.Path("/harmless", "file"))


if __name__ == "__main__":
    serve(show=show, broken=broken, classes=classes, natives=natives, run=run, audited=audited, repeat=repeat)
