# SPDX-License-Identifier: GPL-2.0-only
"""Says what it was started with: all that a program inherits."""
import json, os, resource, sys

with open("/proc/self/status") as file:
    fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
with open("/proc/self/oom_score_adj") as file:
    oom = file.read()
descriptors = {}
for number in os.listdir("/proc/self/fd"):
    try:
        link = os.readlink("/proc/self/fd/" + number)
    except OSError:
        continue  # that of the folder itself
    descriptors[number] = link if int(number) > 2 else link.split(":")[0]
mask = os.umask(0)
os.umask(mask)


def state():
    """A rule watches it."""
    return {
        "signals": {name: fields[name] for name in ("SigBlk", "SigIgn", "SigCgt")},
        "privileges": {name: fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")},
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")},
        "ids": [os.getresuid(), os.getresgid(), sorted(os.getgroups())],
        "session": os.getsid(0), "folder": os.getcwd(), "umask": mask, "oom": oom, "descriptors": descriptors,
        "priority": [os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), sorted(os.sched_getaffinity(0))],
        "environment": dict(os.environ), "arguments": sys.argv[1:],
    }


json.dump(state(), sys.stdout)
