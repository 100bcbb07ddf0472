# SPDX-License-Identifier: GPL-2.0-only
"""Calls whose arguments lie in memory that never arrives, or in pages that are not there yet."""

import _pickle
import ctypes
import io
import os
import signal
import struct
import sys
import time

import talk

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_size_t)
libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

PAGE = 4096
# include/uapi/linux/userfaultfd.h
SYS_USERFAULTFD = 323
UFFDIO_API, UFFDIO_REGISTER = 0xc018aa3f, 0xc020aa00
UFFD_API, REGISTER_MODE_MISSING = 0xaa, 1
MADV_DONTNEED = 4
PR_SET_PDEATHSIG = 1
NOBODY = 65534


def ioctl(fd, request, *words):
    argument = ctypes.create_string_buffer(struct.pack("%dQ" % len(words), *words))
    if libc.ioctl(fd, ctypes.c_ulong(request), argument):
        raise OSError(ctypes.get_errno(), "ioctl 0x%x" % request)


def never(pages):
    """Memory that nobody will ever fill: whoever touches it waits."""
    size = pages * PAGE
    fd = libc.syscall(SYS_USERFAULTFD, os.O_CLOEXEC)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "userfaultfd")
    ioctl(fd, UFFDIO_API, UFFD_API, 0, 0)
    address = libc.mmap(None, size, 3, 0x22, -1, 0)
    ioctl(fd, UFFDIO_REGISTER, address, size, REGISTER_MODE_MISSING, 0)
    return address


def watched(argument):
    return argument is None


def list_in(address, length):
    """A list whose items are said to be there (PyListObject: ob_size, ob_item)."""
    made = [None] * length
    ctypes.c_uint64.from_address(id(made) + 24).value = address
    return made


def str_in(address):
    """A str that is no compact one, whose characters are said to be there: PyUnicodeObject, of which a list has the address."""
    raw = bytearray(200)
    made = ctypes.addressof(ctypes.c_char.from_buffer(raw)) + 15 & ~15
    compact = 56 if sys.version_info < (3, 12) else 40
    ctypes.memmove(made, struct.pack("QQQqQ", 1 << 20, id(str), 100, -1, 1 << 2 | 1 << 7), 40)
    ctypes.c_uint64.from_address(made + (72 if compact == 56 else 56)).value = address
    holder = [None]
    ctypes.c_uint64.from_address(ctypes.c_uint64.from_address(id(holder) + 24).value).value = made
    return holder, raw


def in_child(function):
    """The pid of a child that runs it and ends, without a look back at what it has made."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    return pid


children = []


def hostile(n, calls):
    """So many children call so many times; answers when each is about to."""
    def child():
        items, text, keep = list_in(never(16), 4000), None, []
        text, raw = str_in(never(1))
        keep += [items, text, raw]
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os.write(ready[1], b"r")
        for _ in range(calls):
            watched(items)
            watched(text)
        os.write(done[1], b"d")
        while True:
            watched(items)
            time.sleep(0.05)

    ready, done = os.pipe(), os.pipe()
    children.extend(in_child(child) for _ in range(n))
    for _ in range(n):
        os.read(ready[0], 1)
    hostile.done = done[0]
    return children


def idle(n):
    children.extend(in_child(signal.pause) for _ in range(n))
    return n


def called(n):
    """Answers when all of them have made their calls."""
    for _ in range(n):
        os.read(hostile.done, 1)
    return n


def end():
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(children)


def calls(n):
    for number in range(n):
        watched([number, "neighbour"])
    return n


def file_pages():
    """The read-only mappings of the interpreter's files: constants, names of types; not what was relocated."""
    found = []
    with open("/proc/self/smaps") as maps:
        for line in maps:
            fields = line.split()
            if "-" in fields[0]:
                start, end = (int(part, 16) for part in fields[0].split("-"))
                wanted = fields[1] == "r--p" and len(fields) > 5 and fields[5].startswith("/")
            elif fields[0] == "Anonymous:" and wanted and fields[1] == "0":
                found.append((start, end - start))
    return found


def drop(pages):
    for start, size in pages:
        libc.madvise(start, size, MADV_DONTNEED)


def bare_calls(n):
    pages, thing = file_pages(), slice(1)
    for _ in range(n):
        drop(pages)
        watched(thing)
    return n


def bare(n):
    """
    So many children call, each three functions, right after they have lost all their pages of read-only files.  Answers with their
    pids.
    """
    pages = file_pages()

    def child():
        stream, thing = io.BytesIO(b""), slice(1)
        drop(pages)
        watched(thing)
        drop(pages)
        _pickle.Unpickler(stream)
        drop(pages)
        sys.audit("pages.bare", thing)

    pids = []
    for _ in range(n):
        pids.append(in_child(child))
        _, status = os.waitpid(pids[-1], 0)
        if status:
            raise RuntimeError("a child ended with status %d" % status)
    return pids


if __name__ == "__main__":
    talk.serve(hostile=hostile, called=called, idle=idle, end=end, calls=calls, bare=bare, bare_calls=bare_calls)
