# SPDX-License-Identifier: GPL-2.0-only
"""A file on a FUSE mount of our own."""

import ctypes
import errno
import os
import stat
import struct
import tempfile
import threading

GETATTR, OPEN, READ, RELEASE, FLUSH, INIT = 3, 14, 15, 18, 25, 26
FORGET, BATCH_FORGET, INTERRUPT = 2, 42, 36
SIZE = 1 << 20
MNT_FORCE, MNT_DETACH = 1, 2

_libc = ctypes.CDLL(None, use_errno=True)


class FuseFile:
    """
    As a context manager; .path is the file, .asked is set once somebody asks for what it holds.  Without content it never
    arrives: who waits for it is past SIGKILL.
    """

    def __init__(self, content=None):
        self.content = content

    def __enter__(self):
        self.asked = threading.Event()
        handle, self.path = tempfile.mkstemp(prefix="phrude-trace-fuse-")
        os.close(handle)
        self._fuse = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = "fd=%d,rootmode=%o,user_id=0,group_id=0" % (self._fuse, stat.S_IFREG)
        if _libc.mount(b"phrude-test", self.path.encode(), b"fuse", 0, options.encode()):
            raise OSError(ctypes.get_errno(), "cannot mount a FUSE file")
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        # Whoever waits is let go by force.
        _libc.umount2(self.path.encode(), MNT_FORCE | MNT_DETACH)
        os.unlink(self.path)

    def _serve(self):
        size = SIZE if self.content is None else len(self.content)
        attributes = struct.pack("<QQQQQQIIIIIIIIII", 1, size, size // 512 + 1, 0, 0, 0, 0, 0, 0,
                                 stat.S_IFREG | 0o755, 1, 0, 0, 0, 4096, 0)
        while True:
            try:
                request = os.read(self._fuse, 1 << 17)
            except OSError:
                os.close(self._fuse)
                return
            _, opcode, unique = struct.unpack_from("<IIQ", request)
            body, error = b"", 0
            if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
                continue
            if opcode == READ:
                self.asked.set()
                if self.content is None:
                    continue
                _, offset, length = struct.unpack_from("<QQI", request, 40)
                body = self.content[offset:offset + length]
            if opcode == INIT:
                body = struct.pack("<IIIIHHIIHH", 7, 31, 0, 0, 0, 0, 4096, 1, 1, 0) + bytes(32)
            elif opcode == GETATTR:
                body = struct.pack("<QII", 3600, 0, 0) + attributes
            elif opcode == OPEN:
                body = struct.pack("<QII", 0, 0, 0)
            elif opcode not in (READ, FLUSH, RELEASE):
                error = -errno.ENOSYS
            os.write(self._fuse, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
