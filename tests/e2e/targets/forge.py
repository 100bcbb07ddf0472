# SPDX-License-Identifier: GPL-2.0-only
"""A hostile target: what its memory says of where functions written in C begin is not true."""

import ctypes
import functools
import mmap
import os
import posix
import struct
import sys
import threading
import types

import _struct
import talk

M_ML = 16  # PyCFunctionObject.m_ml
ML_METH = 8  # PyMethodDef.ml_meth
TP_INIT, TP_NEW = 296, 312  # struct _typeobject
RETURN = b"\x31\xc0\xc3"  # xor %eax, %eax; ret

_kept = []
_undo = []


def word(address):
    return ctypes.c_uint64.from_address(address)


def point(function, address):
    """The function object says that its code is there, by a method definition of its own."""
    definition = ctypes.create_string_buffer(ctypes.string_at(word(id(function) + M_ML).value, 32), 32)
    struct.pack_into("<Q", definition, ML_METH, address)
    _kept.append(definition)
    before = word(id(function) + M_ML).value
    word(id(function) + M_ML).value = ctypes.addressof(definition)
    _undo.append(lambda: setattr(word(id(function) + M_ML), "value", before))


def restore():
    while _undo:
        _undo.pop()()
    return True


def meth(function):
    return word(word(id(function) + M_ML).value + ML_METH).value


def mapped(path, offset):
    """Maps a page of a file as code; the address of that place in it."""
    page = offset & ~0xfff
    with open(path, "rb") as file:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_uint64
        libc.mmap.argtypes = [ctypes.c_uint64, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64]
        at = libc.mmap(0, 4096, mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, file.fileno(), page)
    assert at != 2 ** 64 - 1, os.strerror(ctypes.get_errno())
    return at + offset - page


def jit():
    area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    area.write(RETURN)
    _kept.append(area)
    return ctypes.addressof(ctypes.c_char.from_buffer(area))


def vdso():
    with open("/proc/self/maps") as file:
        return next(int(line.split("-")[0], 16) for line in file if "[vdso]" in line) + 0x800


def place(what, path="", offset=0):
    if what == "file":
        return mapped(path, offset)
    return {"middle": lambda: meth(posix.system) + 1, "another": lambda: meth(posix.getpid), "data": lambda: id(_kept),
            "static data": lambda: id(type), "libc": lambda: ctypes.cast(ctypes.CDLL(None).system, ctypes.c_void_p).value,
            "vdso": vdso, "jit": jit, "nowhere": lambda: 0x123456789000, "kernel": lambda: 2 ** 64 - 4096}[what]()


def forge(**where):
    """posix.system is said to be there."""
    point(posix.system, place(**where))
    return True


def forge_slot(**where):
    """What calling _struct.Struct enters is said to be there."""
    address = place(**where)
    for slot in (TP_INIT, TP_NEW):
        at = id(_struct.Struct) + slot
        _undo.append(functools.partial(setattr, word(at), "value", word(at).value))
        word(at).value = address
    return True


def forge_machinery(**where):
    """So are those that the tracer itself has probes on: at imports, and for audit events."""
    import _imp
    for function in (_imp.exec_dynamic, _imp.exec_builtin, sys.audit):
        point(function, place(**where))
    return True


def forge_late(**where):
    """A module appears that rules wait for, with such a function."""
    module = types.ModuleType("_late")
    module.system = posix.system
    point(posix.system, place(**where))
    sys.modules["_late"] = module
    return True


_swapping = threading.Event()


def swap(path, good, evil):
    """From now on the file that is mapped and another one change names all the time."""
    other = path + ".other"
    os.link(good, path)
    os.link(evil, other)
    point(posix.system, mapped(path, 0x1000))
    exchange = ctypes.CDLL(None).renameat2

    def loop():
        while not _swapping.is_set():
            exchange(-100, path.encode(), -100, other.encode(), 2)  # AT_FDCWD, RENAME_EXCHANGE
    threading.Thread(target=loop, daemon=True).start()
    return True


def stop():
    _swapping.set()
    return True


def call(n):
    """Calls that a rule does name, of functions nobody has touched."""
    for _ in range(n):
        posix.getpgid(0)
    return n


def audit(n):
    for _ in range(n):
        sys.audit("forge.test", 1)
    return n


talk.serve(forge=forge, forge_slot=forge_slot, forge_machinery=forge_machinery, forge_late=forge_late, swap=swap,
           stop=stop, restore=restore, call=call, audit=audit)
