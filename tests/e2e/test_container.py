# SPDX-License-Identifier: GPL-2.0-only
"""The image, made by its Dockerfile, and run with what the DaemonSet gives it."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

import yaml

from harness import Skip, expect, expect_equal, test
from interpreters import CHROOTS
from machine import ROOT, Application, packages
from test_discover import ALONE, token
from test_kube import SHAPES, Node, Pod

# What the kubelet knows of a pod.
FIELDS = {"spec.nodeName": "node-1"}
KUBERNETES = os.path.join(ROOT, "deploy", "kubernetes")


class Engine:
    """A container engine with a store of its own, whose mounts nobody else sees."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="phrude-trace-e2e-", dir="/var/tmp")
        self.holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", "echo up; exec sleep 600"],
                                       stdout=subprocess.PIPE, text=True)
        expect_equal(self.holder.stdout.readline(), "up\n", "what the engine's namespace says")
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.podman("rm", "--all", "--force", "--time", "1")
        self.holder.kill()
        self.holder.wait()
        shutil.rmtree(self.folder)

    def podman(self, *words, timeout=200, **options):
        argv = ["nsenter", "--target=%d" % self.holder.pid, "--mount", "podman", "--root", self.folder + "/root", "--runroot",
                self.folder + "/run", *words]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, **options)
        expect_equal(done.returncode, 0, "status of podman %s (%s%s)" % (" ".join(words), done.stdout[-2000:], done.stderr[-2000:]))
        return done.stdout + done.stderr if words[0] == "logs" else done.stdout.strip()

    def build(self):
        """By the Dockerfile, on a Debian 12 that has at hand what is installed; the programs are those that are tested."""
        with subprocess.Popen(["tar", "-C", os.path.join(CHROOTS, "bare"), "--exclude=./proc/*", "--exclude=./sys/*", "-c", "."],
                              stdout=subprocess.PIPE) as tar:
            self.podman("import", "--quiet", "-", "localhost/debian", stdin=tar.stdout)
        built = os.path.join(self.folder, "built")
        shutil.copytree(os.path.dirname(packages()["phrude-trace"]), built + "/build/deb", ignore=shutil.ignore_patterns("source", "log"))
        # A proxy that is not there: nothing comes from elsewhere.
        self.podman("build", "--quiet", "--layers=false", "--isolation", "chroot", "--build-arg", "BASE=localhost/debian", "--build-arg",
                    "http_proxy=http://127.0.0.1:1", "--build-context", "build=" + built, "--file",
                    os.path.join(ROOT, "deploy/container/Dockerfile"), "--tag", "localhost/phrude-trace", built)

    def run(self, spec, config, logs):
        """As the kubelet has the DaemonSet's only container run; returns the container's first process.  `logs` stands for /var/log."""
        (container,) = spec["containers"]
        context = container["securityContext"]
        expect_equal((context["privileged"], context["allowPrivilegeEscalation"]), (False, False), "what it may")
        words = ["--user=%d" % context["runAsUser"], "--security-opt=no-new-privileges", "--read-only", "--read-only-tmpfs=false"]
        words += ["--cap-drop=" + name for name in context["capabilities"]["drop"]]
        words += ["--cap-add=" + name for name in context["capabilities"]["add"]]
        words += ["--env=%s=%s" % (one["name"], FIELDS[one["valueFrom"]["fieldRef"]["fieldPath"]]) for one in container["env"]]
        words += ["--pid=host"] * spec["hostPID"]
        for mount in container["volumeMounts"]:
            (volume,) = [volume for volume in spec["volumes"] if volume["name"] == mount["name"]]
            place = volume["hostPath"]["path"].replace("/var/log", logs) if "hostPath" in volume else config
            expect(mount["readOnly"] and place.startswith(self.folder), "%s is mounted as it should not be here", mount)
            words.append("--volume=%s:%s:ro" % (place, mount["mountPath"]))
        # The engine's default profile of system calls is in force: nothing here says otherwise.
        self.podman("run", "--detach", "--name=tracer", "--runtime=runc", "--network=none", "--ulimit=nofile=1024:1024",
                    "--ulimit=nproc=4096:4096", *words, "localhost/phrude-trace", *container["args"])
        return int(self.podman("inspect", "--format={{.State.Pid}}", "tracer"))


def config_map(folder, word):
    """The ConfigMap as the kubelet puts it there: files are links through a folder that is swapped."""
    with open(os.path.join(KUBERNETES, "phrude-trace.yaml")) as file:
        text = file.read()
    expect_equal(text.count("match: {}"), 1, "targets that fit all")
    os.makedirs(folder + "/..2026_11_28")
    with open(folder + "/..2026_11_28/phrude-trace.yaml", "w") as file:
        file.write(text.replace("match: {}", 'match: { cmdline: "%s" }' % word))
    os.symlink("..2026_11_28", folder + "/..data")
    os.symlink("..data/phrude-trace.yaml", folder + "/phrude-trace.yaml")


def asked_for():
    """Metrics of Prometheus' alerts and of the dashboard."""
    text = ""
    for name in ("prometheus/phrude-trace.rules.yaml", "grafana/phrude-trace.json"):
        with open(os.path.join(ROOT, "deploy", name)) as file:
            text += file.read()
    return sorted(set(re.findall(r"\bphrude_[a-z_]+", text)))


def curl(pid, container, path):
    """What is answered with 200, else None."""
    ((port, name),) = [(port["containerPort"], port["name"]) for port in container["ports"]]
    expect_equal(name, "metrics", "the port's name")
    command = ["nsenter", "--target=%d" % pid, "--net", "curl", "--silent", "--fail", "http://127.0.0.1:%d%s" % (port, path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return done.stdout if done.returncode == 0 else None


def answers(pid, container, probe, seconds):
    """Is the kubelet's question answered with 200, soon?"""
    asked = container[probe]["httpGet"]
    expect_equal(asked["port"], "metrics", "where it asks")
    deadline = time.monotonic() + seconds
    while curl(pid, container, asked["path"]) is None:
        expect(time.monotonic() < deadline, "its %s is not answered", probe)
        time.sleep(0.2)


def first_alert(engine, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for line in engine.podman("logs", "tracer").split("\n"):
            if line.startswith("{"):
                return json.loads(line)
        time.sleep(0.2)
    raise AssertionError("no alert came within %d s" % seconds)


@test(alone=ALONE, limit=600)
def as_the_daemon_set_runs_it():
    if not shutil.which("podman") or not shutil.which("runc"):
        raise Skip("podman or runc is not installed")
    with open(os.path.join(KUBERNETES, "daemonset.yaml")) as file:
        spec = yaml.safe_load(file)["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    mine = token()
    with Engine() as engine, Node(engine.folder + "/log") as node, \
            Application(mine, (pod := Pod(node, SHAPES[1][1])).wrapper(SHAPES[1][2])) as application:
        pod.prepare("app")
        pod.link("app")
        engine.build()
        config_map(engine.folder + "/config", mine)
        pid = engine.run(spec, engine.folder + "/config", node.logs)
        answers(pid, container, "startupProbe", container["startupProbe"]["periodSeconds"] * container["startupProbe"]["failureThreshold"])
        answers(pid, container, "readinessProbe", 0)
        answers(pid, container, "livenessProbe", 0)
        expect_equal(application.shell("echo hello"), "hello", "what the application is told")
        alert = first_alert(engine)
        served = curl(pid, container, "/metrics")
        for name in asked_for():
            expect("# TYPE %s " % name in served, "there is no %s in %s", name, served)
        expect_equal((alert["process"]["pid"], alert["target"], alert["host"]), (application.pid, "applications", "node-1"), "process, target and host")
        expect_equal(alert["kubernetes"], {**pod.said("app"), "node": "node-1"}, "what Kubernetes calls it")
        expect("echo hello" in json.dumps(alert), "the alert says %s", alert)
        engine.podman("stop", "--time=%d" % spec["terminationGracePeriodSeconds"], "tracer")
        expect_equal(engine.podman("inspect", "--format={{.State.ExitCode}}", "tracer"), "0", "status")
        (summary,) = [line for line in engine.podman("logs", "tracer").split("\n") if "summary: " in line]
        expect(" lost 0" in summary, "it says %s", summary)
        expect_equal(application.shell("echo still there"), "still there", "what the application is told afterwards")
