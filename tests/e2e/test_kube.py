# SPDX-License-Identifier: GPL-2.0-only
"""What Kubernetes calls a process: real processes in cgroups as the kubelet makes them, and its files in a folder that stands for /var/log."""

import contextlib
import os
import shutil
import tempfile
import time
import uuid

from harness import Skip, expect, expect_equal, test
from interpreters import two
from target import Target
from test_discover import ALONE, Service, early, host, targets, token
from tracer import command

NAME = "node-1.example"


def hierarchies():
    """Where the cgroups are of which it is told: systemd's own of version 1, else version 2."""
    found = {}
    with open("/proc/self/mounts") as file:
        for line in file:
            _, place, kind, options, *_ = line.split()
            if kind == "cgroup2":
                found["v2"] = place
            elif kind == "cgroup" and "name=systemd" in options.split(","):
                found["v1"] = place
    return found


class Node:
    """What the kubelet keeps in /var/log, in a folder of its own, and cgroups; all of it is gone in the end."""

    def __init__(self, logs=None):
        self.logs = logs or tempfile.mkdtemp(prefix="phrude-trace-e2e-")
        self.made = []

    def __enter__(self):
        os.makedirs(self.logs, exist_ok=True)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.logs)
        deadline = time.monotonic() + 10
        for place in reversed(self.made):
            while True:
                try:
                    os.rmdir(place)
                    break
                except OSError:
                    # Who was in it is still on his way out.
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)

    def cgroup(self, place, path):
        for part in path.strip("/").split("/"):
            place = os.path.join(place, part)
            if not os.path.isdir(place):
                os.mkdir(place)
                self.made.append(place)
        return place

    def told(self):
        return "kubernetes-logs: %s\nkubernetes-node: %s\n" % (self.logs, NAME)


class Pod:
    """Its cgroups, in the hierarchy of that version, and what the kubelet writes of it."""

    def __init__(self, node, path, namespace="shop", name="shop-6c4f", version=None, uid=None):
        mounted = hierarchies()
        version = version or next(iter(sorted(mounted)), None)
        if version not in mounted:
            raise Skip("no cgroup hierarchy of %s is mounted" % (version or "any version"))
        self.node, self.namespace, self.name = node, namespace, name
        self.uid = uid or str(uuid.uuid4())
        self.id = os.urandom(32).hex()
        self.path = path.replace("UID_", self.uid.replace("-", "_")).replace("UID", self.uid)
        self.root = mounted[version]
        self.directory = "%s_%s_%s" % (namespace, name, self.uid)

    def prepare(self, container):
        """Before the container starts."""
        os.makedirs(os.path.join(self.node.logs, "pods", self.directory, container))

    def link(self, container):
        """Once it runs."""
        os.makedirs(os.path.join(self.node.logs, "containers"), exist_ok=True)
        os.symlink(os.path.join("/var/log/pods", self.directory, container, "0.log"),
                   os.path.join(self.node.logs, "containers", "%s_%s_%s-%s.log" % (self.name, self.namespace, container, self.id)))

    def said(self, container):
        return {"namespace": self.namespace, "pod": self.name, "pod_uid": self.uid, "container": container, "node": NAME, "labels": None}

    def unnamed(self):
        return {**dict.fromkeys(self.said(None)), "pod_uid": self.uid, "node": NAME}

    def wrapper(self, below):
        """What a command is put behind to be run in that cgroup."""
        cgroup = self.node.cgroup(self.root, self.path + "/" + below.replace("ID", self.id))
        return ["sh", "-c", 'echo $$ > "$0"/cgroup.procs && exec "$@"', cgroup]


SHAPES = [
    ("cgroupfs", "/kubepods/burstable/podUID", "ID"),
    ("systemd", "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUID_.slice", "cri-containerd-ID.scope"),
    ("crio", "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podUID_.slice", "crio-ID.scope/container"),
]


@test("interpreter", where=two, alone=ALONE)
def in_every_shape(interpreter):
    """Those that there are, and those that come; and one that is in no pod."""
    mine = token()
    for version in hierarchies() or [None]:
        with Node() as node, contextlib.ExitStack() as stack:
            pods = [Pod(node, path, name="shop-" + name, version=version) for name, path, _ in SHAPES]
            # A static one.
            pods.append(Pod(node, SHAPES[1][1], "kube-system", "etcd-node-1", version, uuid.uuid4().hex))
            for pod in pods:
                pod.prepare("app")
                pod.link("app")
            wrappers = [pod.wrapper(below) for pod, (_, _, below) in zip(pods, [*SHAPES, SHAPES[1]])]
            before = [stack.enter_context(Target(interpreter, "load.py", mine, wrapper=wrapper)) for wrapper in wrappers]
            before.append(stack.enter_context(Target(interpreter, "load.py", mine)))
            with Service(targets(all='{ cmdline: "%s" }' % mine) + node.told()) as service:
                for target in before:
                    target.ask("watched", command="before")
                for wrapper in wrappers:
                    with Target(interpreter, "load.py", mine, wrapper=wrapper) as target:
                        target.ask("watched", command="after")
        wanted = [pod.said("app") for pod in pods]
        expect_equal([alert["kubernetes"] for alert in service.alerts], [*wanted, None, *wanted], "what alerts of cgroup %s say" % version)
        wanted = [pod.id for pod in pods]
        expect_equal([alert["process"]["container"] for alert in service.alerts], [*wanted, None, *wanted], "containers")


@test("interpreter", where=two, alone=ALONE)
def chosen_by_name(interpreter):
    mine = token()
    text = ("targets:\n"
            "  - { name: web, match: { cmdline: %s, namespace: [shop, bank], pod: 'shop-*', container_name: web } }\n"
            "  - { name: shop, match: { cmdline: %s, namespace: shop } }\n"
            "exclude: [{ cmdline: %s, namespace: shop, container_name: sidecar }]\n" % (mine, mine, mine))
    names = [("shop", "shop-1", "web"), ("bank", "shop-2", "web"), ("bank", "bank-1", "web"), ("shop", "other", "web"),
             ("shop", "shop-3", "sidecar"), ("shop", "shop-4", "app")]
    with Node() as node, contextlib.ExitStack() as stack:
        wrappers = []
        for namespace, name, container in names:
            pod = Pod(node, SHAPES[0][1], namespace, name)
            pod.prepare(container)
            pod.link(container)
            wrappers.append(pod.wrapper("ID"))
        wrappers.append([])
        old = [stack.enter_context(Target(interpreter, "load.py", mine, wrapper=wrapper)) for wrapper in wrappers]
        with Service(text + node.told()) as service:
            for number, target in enumerate(old):
                target.ask("watched", command="old %d" % number)
            for number, wrapper in enumerate(wrappers):
                early(interpreter, "new %d" % number, mine, wrapper=wrapper)
    expected = [("web", 0), ("web", 1), ("shop", 3), ("shop", 5)]
    expect_equal(service.seen(), [(name, "%s %d" % (when, number)) for when in ("old", "new") for name, number in expected], "alerts; %s" % service.messages)


@test("interpreter", where=two, alone=ALONE)
def short_lives(interpreter):
    """A shell is moved into the pod, and becomes a program that is over at once: what it was chosen by is gone with it."""
    mine, lives = token(), ["life %d" % number for number in range(16)]
    with Node() as node:
        pod = Pod(node, SHAPES[0][1], "shop", "shop-1")
        pod.prepare("web")
        pod.link("web")
        with Target(interpreter, "load.py", mine, wrapper=pod.wrapper("ID")), \
                Service(targets(web="{ cmdline: %s, namespace: shop }" % mine) + node.told()) as service:
            for life in lives:
                early(interpreter, life, mine, wrapper=pod.wrapper("ID"))
    expect_equal(service.seen(), [("web", life) for life in lives], "alerts")
    expect_equal([alert["kubernetes"]["pod"] for alert in service.alerts], ["shop-1"] * len(lives), "pods")
    expect("programs_unseen" not in service.messages[-1], "it said: %s", service.messages[-1])


@test(alone=ALONE)
def as_a_container_starts():
    """Its link is not there yet: what the kubelet has mounted in it tells which of the pod's containers it is."""
    mine = token()
    text = targets(app="{ cmdline: %s, container_name: app }" % mine, shop="{ cmdline: %s, namespace: shop }" % mine)
    with Node() as node:
        pod = Pod(node, SHAPES[0][1])
        pod.prepare("app")
        pod.prepare("sidecar")
        with Target(host, "load.py", mine), Service(text + node.told()) as service:
            for container in ("app", "unknown"):
                file = os.path.join(node.logs, "pods", pod.uid, "containers", container, "5be1")
                os.makedirs(os.path.dirname(file))
                with open(file, "w"):
                    pass
                pod.id = os.urandom(32).hex()
                mount = ["unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', file]
                with Target(host, "load.py", mine, wrapper=pod.wrapper("ID") + mount) as target:
                    target.ask("watched", command=container)
    expect_equal(service.seen(), [("app", "app"), ("shop", "unknown")], "alerts")
    expect_equal([alert["kubernetes"] for alert in service.alerts], [pod.said("app"), pod.said(None)], "what they say")


@test(alone=ALONE)
def names_that_come_late():
    mine = token()
    with Node() as node:
        pod = Pod(node, SHAPES[1][1])
        with Target(host, "load.py", mine, wrapper=pod.wrapper("docker-ID.scope")) as target, \
                Service(targets(all="{ cmdline: %s }" % mine) + node.told()) as service:
            target.ask("watched", command="early")
            pod.prepare("app")
            pod.link("app")
            time.sleep(3)  # it looks once a second
            target.ask("watched", command="late")
    expect_equal([alert["kubernetes"] for alert in service.alerts], [pod.unnamed(), pod.said("app")], "what alerts say")


@test(alone=ALONE)
def seen_from_within_a_pod():
    """The tracer is in a container with a cgroup namespace of its own, where paths are relative to its own."""
    mine = token()
    for version in hierarchies() or [None]:
        with Node() as node, contextlib.ExitStack() as stack:
            own = Pod(node, "/kubepods/besteffort/podUID", name="tracer", version=version)
            pods = [Pod(node, "/kubepods/besteffort/podUID", name="same", version=version),
                    Pod(node, "/kubepods/podUID", name="other", version=version),
                    Pod(node, own.path, name="tracer", version=version, uid=own.uid)]
            for pod in pods:
                pod.prepare("app")
                pod.link("app")
            old = [stack.enter_context(Target(host, "load.py", mine, wrapper=pod.wrapper("ID"))) for pod in pods]
            with Service(targets(all="{ cmdline: %s }" % mine) + node.told(), wrapper=[*own.wrapper("ID"), "unshare", "--cgroup"]) as service:
                with open("/proc/%d/cgroup" % service.process.pid) as file:
                    expect(own.path in file.read(), "the tracer is not in that cgroup")
                for target in old:
                    target.ask("watched", command="x")
        expect_equal([alert["kubernetes"] for alert in service.alerts], [pod.said("app") for pod in pods], "what alerts of cgroup %s say" % version)


@test(alone=ALONE)
def names_that_are_none():
    """Nothing of a name gets further that has not its form; nothing is opened, and no link followed."""
    mine = token()
    bad = "a\nb \x1b[2J" + "x" * 100
    with Node() as node:
        pod = Pod(node, SHAPES[0][1])
        for name in ("shop_%s_%s" % (bad, pod.uid), "Shop_x_" + pod.uid, "_" + pod.uid, "a_b_c_" + pod.uid):
            os.makedirs(os.path.join(node.logs, "pods", name))
        folder = os.path.join(node.logs, "containers")
        os.makedirs(folder)
        for name in (bad, "a_b_" + bad, "x_y_" + "z" * 64, "a_b_c"):
            os.symlink("/etc/shadow", os.path.join(folder, "%s-%s.log" % (name, pod.id)))
        # A loop, and a pipe that nobody writes to.
        os.symlink("a_b_d-%s.log" % pod.id, os.path.join(folder, "a_b_d-%s.log" % pod.id))
        os.mkfifo(os.path.join(folder, "a_b_e-%s.log" % pod.id))
        with Target(host, "load.py", mine, wrapper=pod.wrapper("ID")) as target, \
                Service(targets(all="{ cmdline: %s }" % mine) + node.told()) as service:
            target.ask("watched", command="x")
    expect_equal([alert["kubernetes"] for alert in service.alerts], [pod.unnamed()], "what it says")


@test(alone=ALONE)
def looked_for_once():
    """Of a container that is known already its files are not needed any more, nor for its forks."""
    mine = token()
    with Node() as node:
        pod = Pod(node, SHAPES[0][1])
        pod.prepare("app")
        pod.link("app")
        with Target(host, "load.py", mine, wrapper=pod.wrapper("ID")) as target, \
                Service(targets(all="{ cmdline: %s, pod: 'shop-*' }" % mine) + node.told()) as service:
            for name in os.listdir(node.logs):
                shutil.rmtree(os.path.join(node.logs, name))
            target.ask("watched", command="first")
            for number in range(10):
                early(host, str(number), mine, wrapper=pod.wrapper("ID"))
    expect_equal([alert["kubernetes"] for alert in service.alerts], [pod.said("app")] * 11, "what alerts say")


@test()
def what_check_says():
    with tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-") as folder:
        path = os.path.join(folder, "config.yaml")
        with open(path, "w") as file:
            file.write("rules: rules.yaml\ntargets:\n  - name: a\n    match:\n      namespace: 'shop-*'\n      pod: Shop_1\n      labels: { app: x* }\n"
                       "exclude: [{ container_name: [ok, a.b] }]\nkubernetes-node: Node_1\n")
        with open(os.path.join(folder, "rules.yaml"), "w") as file:
            file.write("- { name: x, func: popen, file: os.py, level: alert }\n")
        ended = command("check", path)
    expect_equal(ended.status, 2, "status")
    expect_equal([line.split(": ")[0] for line in ended.errors.strip().split("\n")],
                 ["%s:%s" % (path, place) for place in ("5:18", "6:12", "7:22", "8:34", "9:18")], "places (%s)" % ended.errors)
