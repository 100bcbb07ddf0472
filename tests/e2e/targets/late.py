# SPDX-License-Identifier: GPL-2.0-only
"""Modules written to disk and imported while traced, whose first act is what is watched."""

import importlib
import importlib.util
import os
import shutil
import sys
import tempfile

import talk

# Modules written in C and a call of one function of each, which is its first line of use.
CALLS = {
    "cmath": ("sqrt", "cmath.sqrt(4)"),
    "_bz2": ("BZ2Compressor.compress", "_bz2.BZ2Compressor().compress(b'x')"),
    "_lzma": ("is_check_supported", "_lzma.is_check_supported(0)"),
    "_queue": ("SimpleQueue.put", "_queue.SimpleQueue().put(1)"),
    "_csv": ("list_dialects", "_csv.list_dialects()"),
    "_json": ("encode_basestring_ascii", "_json.encode_basestring_ascii('x')"),
    "_pickle": ("dumps", "_pickle.dumps(1)"),
    "_heapq": ("heappush", "_heapq.heappush([], 1)"),
    "_statistics": ("_normal_dist_inv_cdf", "_statistics._normal_dist_inv_cdf(0.5, 0.0, 1.0)"),
    "_md5": ("md5", "_md5.md5(b'x')"),
    "_opcode": ("stack_effect", "_opcode.stack_effect(1)"),
    "unicodedata": ("lookup", "unicodedata.lookup('DIGIT ONE')"),
    "resource": ("getpagesize", "resource.getpagesize()"),
    "grp": ("getgrall", "grp.getgrall()"),
    "syslog": ("setlogmask", "syslog.setlogmask(0)"),
    "array": ("array.append", "array.array('i').append(1)"),
    # Calls itself "decimal" up to 3.12.
    "_decimal": ("getcontext", "_decimal.getcontext()"),
    "_posixsubprocess": ("fork_exec", ""),
}
# Through fork_exec, where 3.13 would otherwise take posix_spawn.
SPAWN = "import subprocess; subprocess.Popen(['/bin/true'], start_new_session=True).wait()\n"

folder = tempfile.mkdtemp()
sys.path.insert(0, folder)
sys.dont_write_bytecode = True


def waiting():
    """The modules that can be imported and are not yet: [module, function]."""
    return [[name, function] for name, (function, _) in CALLS.items()
            if name not in sys.modules and importlib.util.find_spec(name)]


def bring_in(name, text):
    path = os.path.join(folder, name + ".py")
    with open(path, "w") as file:
        file.write(text)
    importlib.invalidate_caches()
    importlib.import_module(name)
    os.unlink(path)


def call(module):
    """Its function, once."""
    exec("import %s; %s" % (module, CALLS[module][1]))
    return 1


def race(modules, spawns):
    """Each module is used by a new one as its first act; then come new ones that start a program."""
    for name in modules:
        if CALLS[name][1]:
            bring_in("uses_" + name, "import %s; %s\n" % (name, CALLS[name][1]))
    for number in range(spawns):
        bring_in("spawns_%d" % number, SPAWN)
    os.rmdir(folder)
    return spawns


def in_files():
    """Of those, the modules that have a file of their own."""
    return [[name, function] for name, function in waiting() if importlib.util.find_spec(name).has_location]


def call_copy(module):
    """The same in another process, which has a copy of the module's file."""
    import subprocess  # others watch how that is imported

    copies = tempfile.mkdtemp()
    shutil.copy(importlib.util.find_spec(module).origin, copies)
    text = "import sys; sys.path.insert(0, %r); import %s; %s; assert %s.__file__.startswith(%r)" % (
        copies, module, CALLS[module][1], module, copies)
    subprocess.run([sys.executable, "-c", text], check=True)
    shutil.rmtree(copies)
    return 1


if __name__ == "__main__":
    talk.serve(waiting=waiting, race=race, bring_in=bring_in, call=call, in_files=in_files, call_copy=call_copy)
