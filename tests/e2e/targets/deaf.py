# SPDX-License-Identifier: GPL-2.0-only
"""A hostile target: memory that never arrives where it is looked at, lists without an end, more of everything than is real."""

import array
import ctypes
import gc
import mmap
import os
import posix
import sys
import types

import talk

gc.disable()  # what follows is for the eyes of others

MA_KEYS = 32  # PyDictObject.ma_keys
PAGE = 4096
SYS_USERFAULTFD = 323
UFFDIO_API, UFFDIO_REGISTER = 0xc018aa3f, 0xc020aa00

_kept = []
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def word(address):
    return ctypes.c_uint64.from_address(address)


def never():
    """The address of a page that never arrives."""
    page = mmap.mmap(-1, PAGE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    handle = libc.syscall(SYS_USERFAULTFD, os.O_CLOEXEC)
    api = (ctypes.c_uint64 * 3)(0xaa, 0, 0)
    register = (ctypes.c_uint64 * 4)(address, PAGE, 1, 0)
    if handle < 0 or libc.ioctl(handle, UFFDIO_API, api) or libc.ioctl(handle, UFFDIO_REGISTER, register):
        raise OSError(ctypes.get_errno(), "userfaultfd")
    _kept.append(page)
    return address


def lead_to(entries):
    """sys.modules, as others find it, is a dict with these; the interpreter has its own."""
    _kept.append(sys.modules)
    sys.modules = entries


def mapped(path):
    """The address of a file's first page."""
    with open(path, "rb") as file:
        libc.mmap.restype = ctypes.c_uint64
        libc.mmap.argtypes = [ctypes.c_uint64, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64]
        return libc.mmap(0, PAGE, mmap.PROT_READ, mmap.MAP_PRIVATE, file.fileno(), 0)


def hide(path=None):
    """What sys.modules leads to never arrives: it is in that file, or nowhere."""
    fake = {"nothing": 1}
    lead_to(fake)
    word(id(fake) + MA_KEYS).value = mapped(path) if path else never()
    return True


def loop(names):
    """An interpreter that follows itself, and names as long as one that is looked for, none of them that."""
    lead_to({"m%07d" % number: 1 for number in range(names)})
    get = ctypes.pythonapi.PyInterpreterState_Get
    get.restype = ctypes.c_uint64
    main = get()
    other = ctypes.create_string_buffer(ctypes.string_at(main, 65536), 65536)
    _kept.append(other)
    word(ctypes.addressof(other)).value = ctypes.addressof(other)
    word(main).value = ctypes.addressof(other)
    return True


def pretend(megabytes):
    """Memory in which every third word says that here is a code object, each with another name."""
    words = array.array("Q", bytes(1 << 20))
    memory = mmap.mmap(-1, megabytes << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    _kept.append(memory)
    number = 0
    for _ in range(megabytes):
        for index in range(0, len(words) - 2, 3):
            number += 8
            words[index] = id(types.CodeType)
            words[index + 1] = words[index + 2] = number
        memory.write(words)
    return True


def call(times):
    for _ in range(times):
        posix.getpid()
    return times


def watched():
    return None


def run(times):
    for _ in range(times):
        watched()
    return times


def fork_and(what):
    """A child of its own that goes bad, and waits to be killed."""
    pid = os.fork()
    if not pid:
        posix.getpid()
        {"hide": hide}[what]()
        posix.getpid()
        while True:
            libc.pause()
    return pid


if __name__ == "__main__":
    talk.serve(hide=hide, loop=loop, pretend=pretend, call=call, run=run, fork_and=fork_and)
    os._exit(0)  # the interpreter itself would be led astray
