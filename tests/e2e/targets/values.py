# SPDX-License-Identifier: GPL-2.0-only
"""Objects of every form, each passed to a watched function."""

import collections
import datetime
import decimal
import functools
import types

from talk import serve, shown


def probe(value):
    pass


def watched(command):
    """What the hostile cases have at their bottom."""


def leads_to_watched():
    watched("id")


class Text(str):
    pass


class Heap:
    def __init__(self):
        self.first, self.second = 1, "two"


class Slots:
    __slots__ = ("a",)


class Liar:
    """Shows itself as something else to whoever asks it."""
    __class__ = dict

    def __repr__(self):
        raise RuntimeError("nobody should have asked")

    __str__ = __len__ = __iter__ = __repr__


def cycle_list():
    value = [1]
    value.append(value)
    return value


def cycle_dict():
    value = {"k": 1}
    value["self"] = value
    return value


def cycle_tuple():
    value = ([],)
    value[0].append(value)
    return value


def deleted_keys():
    value = {number: str(number) for number in range(12)}
    for number in range(0, 12, 2):
        del value[number]
    return value


def deleted_members():
    value = set(range(12))
    for number in range(0, 12, 2):
        value.discard(number)
    return value


def values():
    strings = {
        "empty": "", "one": "a", "ascii": "id; cat /etc/passwd", "latin": "caf\xe9 \xff", "ucs2": "\u65e5\u672c \u20ac",
        "ucs4": "smile \U0001f600 end", "nul": "before\0after", "nul ucs2": "\u20ac\0x", "controls": "\x01\t\n\r\x1b[31m\x7f",
        "c1": "\x80\x9f\xa0\xad", "separators": "a\u2028b\u2029c", "quotes": "'\"\\/", "bidi": "a\u202eb\u200bc",
        "high": "x\ud800y", "low": "\udcff", "reversed pair": "\udc00\ud800", "last": "\U0010ffff\uffff",
        "spaces": "  a  ", "4 KiB": "x" * 4096, "4 KiB latin": "\xe9" * 4096, "4 KiB ucs2": "\u65e5" * 4096,
        "4096 ucs4": "\U0001f600" * 4096,
        "subclass": Text("as plain"), "subclass latin": Text("caf\xe9"), "subclass ucs4": Text("\U0001f600"),
        "interned": "probe", "built": "".join(["a", "b"] * 40), "sliced": ("x" * 100)[3:50],
    }
    numbers = {
        "zero": 0, "1": 1, "-1": -1, "256": 256, "257": 257, "-6": -6, "1024": 1024, "1025": 1025,
        "2**30-1": 2 ** 30 - 1, "2**30": 2 ** 30, "-2**30": -2 ** 30, "2**31": 2 ** 31, "2**53": 2 ** 53,
        "2**53+1": 2 ** 53 + 1, "-2**53": -2 ** 53, "-2**53-1": -2 ** 53 - 1, "2**60": 2 ** 60, "2**63": 2 ** 63,
        "2**64": 2 ** 64, "-2**64": -2 ** 64, "10**50": 10 ** 50, "-10**50": -10 ** 50, "10**1000": 10 ** 1000,
        "True": True, "False": False, "None": None,
        "0.0": 0.0, "-0.0": -0.0, "1.0": 1.0, "1.5": 1.5, "0.1": 0.1, "1e300": 1e300, "5e-324": 5e-324,
        "1e22": 1e22, "1e16": 1e16, "-123456.789": -123456.789, "inf": float("inf"), "-inf": float("-inf"),
        "nan": float("nan"),
    }
    containers = {
        "b empty": b"", "b": b"abc", "b all": bytes(range(256)), "b quotes": b"'\"\\",
        "[]": [], "[1]": [1], "list": [1, "two", 3.0, None, True, b"4"], "()": (), "(1,)": (1,), "tuple": (1, (2, (3,))),
        "{}": {}, "dict": {"a": 1, 2: "b", None: (), (1, 2): [3]}, "dict deleted": deleted_keys(),
        "dict attributes": Heap().__dict__, "dict 100": {str(n): n for n in range(100)}, "kwargs": dict(x=1, y="\xe9"),
        "set()": set(), "set": {1, 2, 3}, "set of str": {"a"}, "set deleted": deleted_members(),
        "frozenset()": frozenset(), "frozenset": frozenset([1, 2]),
        "nested": [{"k": [(1, {2}), {"x": {"y": [b"z"]}}]}], "strings": ["'", '"', "'\"", "\n\0\x1b", "\xe9", "\u65e5",
                                                                           "\U0001f600", "\ud800", "\\", "\xa0", "\u200b"],
        "big inside": [2 ** 53 + 1, -10 ** 30, float("nan"), -0.0, 1e16, 1e-5, 123456789.123],
        "list cycle": cycle_list(), "dict cycle": cycle_dict(), "tuple cycle": cycle_tuple(),
        "shared": [[1]] * 3, "objects": [Heap(), object(), len, Heap, Ellipsis, probe],
        "environ": {"PATH": "/usr/bin", "CLOUD_REGION": "s3cr3t"}, "argv": ["/bin/sh", "-c", "id > /tmp/x"],
    }
    objects = {
        "object": object(), "heap": Heap(), "slots": Slots(), "liar": Liar(), "class": Heap, "type": type, "function": probe,
        "builtin": len, "method": Heap().__init__, "module": types, "ellipsis": Ellipsis, "notimplemented": NotImplemented,
        "bytearray": bytearray(b"x"), "memoryview": memoryview(b"x"), "complex": 1j, "range": range(3), "slice": slice(1),
        "deque": collections.deque([1]), "decimal": decimal.Decimal(1), "date": datetime.date(2020, 1, 2),
        "exception": ValueError("x"), "generator": (x for x in ()), "code": probe.__code__,
        "partial": functools.partial(probe), "namespace": types.SimpleNamespace(a=1), "proxy": types.MappingProxyType({}),
        "control name": type("A\nB\x1b[31m", (), {})(), "wide name": type("Caf\xe9\u65e5\U0001f600", (), {})(),
        "nul": type("A", (), {})(), "enum": __import__("enum").Enum("Color", "RED").RED,
    }
    return [*strings.items(), *numbers.items(), *containers.items(), *objects.items()]


def call(function, through_call):
    return functools.lru_cache(maxsize=0)(function) if through_call else function


def show(through_call=False):
    function = call(probe, through_call)
    result = []
    for name, value in values():
        function(value)
        result.append([name, shown(value)])
    return result


def huge(through_call=False):
    """More than any bound."""
    function = call(probe, through_call)
    deep = []
    for _ in range(200):
        deep = [deep]
    pairs = {number: "v" * 50 for number in range(50000)}
    cases = [("str", "x" * 100_000_000), ("ucs4", "\U0001f600" * 10_000_000), ("bytes", b"y" * 50_000_000),
             ("list", list(range(1_000_000))), ("deep", deep), ("dict", pairs), ("set", set(range(100_000))),
             ("int", 1 << 3_000_000), ("list of long", ["z" * 5000] * 100)]
    for _, value in cases:
        function(value)
    function("after")
    return [name for name, _ in cases]


def renamed(function, name, filename=None):
    code = function.__code__
    keys = {"co_name": name}
    if hasattr(code, "co_qualname"):
        keys["co_qualname"] = name
    if filename:
        keys["co_filename"] = filename
    return types.FunctionType(code.replace(**keys), function.__globals__)


def names(surrogates=True):
    """Callers whose names were made to hurt whoever reads them."""
    cases = [("sur\ud800rogate", "/tmp/\udcff.py")] if surrogates else []
    cases += [("evil\x1b[31m\n\0name", "/tmp/a\x07b\nc.py"),
              ("\u65e5\u672c\U0001f600", "/tmp/\xe9\u202e.py"), ("n" * 200, "/" + "f" * 900 + ".py"), ("", "-")]
    for name, filename in cases:
        renamed(leads_to_watched, name, filename)()
    return [list(case) for case in cases]


def long_names():
    renamed(leads_to_watched, "n" * 100_000, "/" + "f" * 100_000)()
    renamed(leads_to_watched, "\U0001f600" * 1000, "\U0001f600" * 1000)()


def disguised():
    """A function goes by the name in its code object."""
    renamed(probe, "getsecret")("by its code's name")
    probe.__name__ = probe.__qualname__ = "something_else"
    probe("by its own name still")
    lambda_ = lambda value: None
    renamed(lambda_, "getsecret")("a lambda")
    renamed(probe, "caf\xe9\u65e5")("not ASCII")
    renamed(probe, "getsecret", "/somewhere/else.py")("from elsewhere")


if __name__ == "__main__":
    serve(show=show, huge=huge, names=names, long_names=long_names, disguised=disguised)
