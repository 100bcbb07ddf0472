# SPDX-License-Identifier: GPL-2.0-only
"""Processes by the labels of their pods: real ones, in cgroups as the kubelet makes them, and a server over TLS that answers as Kubernetes' does."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

from harness import expect, expect_equal, test
from interpreters import two
from kube_api import api_server
from outputs import wait_for
from target import Target
from test_changes import seen_soon, settled, unseen_soon, written
from test_discover import ALONE, Service, host, targets, token
from test_kube import NAME, SHAPES, Node, Pod
from tracer import command


def placed(node, name, namespace="shop", **options):
    """A pod that runs, with one container, and what puts a command into that."""
    pod = Pod(node, SHAPES[0][1], namespace, name, **options)
    pod.prepare("app")
    pod.link("app")
    return pod, pod.wrapper("ID")


def labelled(mine, **labels):
    return targets(**{name: '{ cmdline: "%s", labels: %s }' % (mine, value) for name, value in labels.items()})


def watching(api):
    wait_for(lambda: api.watches, "nobody watches")


def once(interpreter, word, mine, wrapper):
    """A process that comes, calls, and goes."""
    with Target(interpreter, "load.py", mine, wrapper=wrapper) as target:
        target.ask("watched", command=word)


def said(service, word):
    return [line for line in list(service.messages) if word in line]


def long_test(function):
    """The pauses between tries are what it waits for: it runs with PHRUDE_LONG_TESTS."""
    return test(alone=ALONE)(function) if os.environ.get("PHRUDE_LONG_TESTS") else function


@test("interpreter", where=two, alone=ALONE)
def chosen_by_labels(interpreter):
    """Those that are there when labels become known, and those that come; alerts have them all."""
    mine = token()
    with Node() as node, api_server() as api, contextlib.ExitStack() as stack:
        pods = [placed(node, "shop-%d" % n) for n in range(6)]
        all_labels = [{"app": "shop", "app.kubernetes.io/name": "x"}, {"app": "bank", "tier": "web"}, {"app": "bank"}, {}, None,
                      {"app": "shop", "quiet": ""}]
        for (pod, _), labels in zip(pods, all_labels):
            api.put(pod, labels)
        text = labelled(mine, shop="{ app: shop }", other="[{ app: [bank, till], tier: web }, { app: nobody }]")
        text += "exclude: [{ labels: { quiet: '' } }]\n"
        old = [stack.enter_context(Target(interpreter, "load.py", mine, wrapper=wrapper)) for _, wrapper in pods]
        with Service(text + node.told() + api.told(), wrapper=api.wrapper()) as service:
            for target in old[:2]:
                seen_soon(service, target)
            for number, target in enumerate(old):
                target.ask("watched", command="old %d" % number)
            for number, (_, wrapper) in enumerate(pods):
                once(interpreter, "new %d" % number, mine, wrapper)
    wanted = [("shop", "old 0"), ("other", "old 1"), ("shop", "new 0"), ("other", "new 1")]
    expect_equal([seen for seen in service.seen() if "soon" not in seen[1]], wanted, "alerts")
    by_target = {alert["target"]: alert["kubernetes"] for alert in service.alerts}
    expect_equal(by_target, {name: {**pods[n][0].said("app"), "labels": all_labels[n]} for n, name in enumerate(("shop", "other"))},
                 "what they say")
    queries = [query for query, _, _ in api.requests]
    expect_equal({query["fieldSelector"] for query in queries}, {"spec.nodeName=" + NAME}, "whose pods are asked for")
    expect([query for query in queries if "continue" in query], "of its list only one page was asked for: %s", queries)
    expect(all("as=PartialObjectMetadata" in accept for _, _, accept in api.requests), "more than metadata was asked for")
    expect_equal(service.summary.get("labels_restarts"), None, "restarts")


@test(alone=ALONE)
def labels_that_change():
    """They come late, are changed, and go; a process is chosen anew each time, and alerts have what is so now."""
    mine = token()
    with Node() as node, api_server() as api:
        pod, wrapper = placed(node, "shop-1")
        with Target(host, "load.py", mine, wrapper=wrapper) as target, \
                Service(labelled(mine, shop="{ app: shop }", bank="{ app: bank }") + node.told() + api.told(), wrapper=api.wrapper()) as service:
            watching(api)
            target.ask("watched", command="too early")
            api.put(pod, {"app": "shop"})
            seen_soon(service, target)
            api.bookmark()
            api.put(pod, {"app": "bank", "v": "2"})
            settled(service, target, "bank")
            api.put(pod, {"app": "none"})
            unseen_soon(service, target)
            target.ask("watched", command="left out")
            api.put(pod, {"app": "shop", "v": "3"})
            seen_soon(service, target)
            # It goes by what it was until it has ended.
            api.delete(pod)
            once(host, "the last", mine, wrapper)
    words = [word for _, word in service.seen()]
    expect("too early" not in words and "left out" not in words, "seen: %s", words)
    expect_equal(service.seen()[-1], ("shop", "the last"), "after it was deleted")
    expect_equal(service.alerts[-1]["kubernetes"]["labels"], {"app": "shop", "v": "3"}, "its labels")


@test(alone=ALONE)
def a_static_pod():
    """The server knows its mirror; another pod that says to be that is not."""
    mine = token()
    with Node() as node, api_server() as api:
        static, wrapper = placed(node, "etcd-node-1", "kube-system", uid=uuid.uuid4().hex)
        other, _ = placed(node, "other", uid=static.uid)
        with Target(host, "load.py", mine, wrapper=wrapper) as target, \
                Service(labelled(mine, etcd="{ component: etcd }", evil="{ component: evil }") + node.told() + api.told(),
                        wrapper=api.wrapper()) as service:
            api.put(other, {"component": "evil"}, mirror=str(uuid.uuid4()))
            watching(api)
            api.pods.clear()
            api.put(static, {"component": "etcd"}, mirror=str(uuid.uuid4()))
            settled(service, target, "etcd")
    expect_equal({name for name, _ in service.seen()}, {"etcd"}, "targets")


@long_test
def cut_and_expired():
    """Connections break, and the server forgets: nothing is missed, and what was known holds meanwhile."""
    mine = token()
    with Node() as node, api_server() as api:
        pods = [placed(node, "shop-%d" % n) for n in range(3)]
        api.put(pods[0][0], {"app": "shop"})
        with contextlib.ExitStack() as stack:
            old = [stack.enter_context(Target(host, "load.py", mine, wrapper=wrapper)) for _, wrapper in pods]
            service = stack.enter_context(Service(labelled(mine, shop="{ app: shop }") + node.told() + api.told(), wrapper=api.wrapper()))
            seen_soon(service, old[0])
            api.refuses = 503
            api.cut()
            wait_for(lambda: said(service, "503"), "it does not say so")
            old[0].ask("watched", command="meanwhile")
            once(host, "meanwhile, new", mine, pods[0][1])
            api.put(pods[1][0], {"app": "shop"})
            api.refuses = 0
            seen_soon(service, old[1], 60)
            # What has happened is in no watch any more.
            api.put(pods[2][0], {"app": "shop"})
            api.expire()
            seen_soon(service, old[2], 60)
            # A token has its time.
            lists = len(api.requests)
            api.give_token("second")
            api.cut()
            wait_for(lambda: any(token == "Bearer second" for _, token, _ in api.requests[lists:]), "the new token is not taken")
            api.put(pods[0][0], {"app": "none"})
            unseen_soon(service, old[0], 60)
    words = [word for _, word in service.seen()]
    expect("meanwhile" in words and "meanwhile, new" in words, "seen: %s", words)
    expect(int(service.summary["labels_restarts"]) >= 3, "restarts: %s", service.messages[-1])
    expect_equal(len(said(service, "503")), 1, "how often it was warned of: %s" % service.messages)


def refused(api, word, account="", around=()):
    """A tracer to which no label gets, and why; it traces what needs none, and says so once."""
    mine = token()
    with Node() as node:
        pod, wrapper = placed(node, "shop-1")
        api.put(pod, {"app": "shop"})
        with Target(host, "load.py", mine, wrapper=wrapper) as target:
            text = labelled(mine, shop="{ app: shop }") + '  - { name: rest, match: { cmdline: "%s" } }\n' % mine
            with Service(text + node.told() + (account or api.told()), wrapper=[*api.wrapper(), *around]) as service:
                wait_for(lambda: said(service, "labels of pods"), "nothing is said")
                target.ask("watched", command="x")
                once(host, "y", mine, wrapper)
    expect_equal(service.seen(), [("rest", "x"), ("rest", "y")], "alerts")
    expect_equal({json.dumps(alert["kubernetes"]["labels"]) for alert in service.alerts}, {"null"}, "labels")
    lines = said(service, "labels of pods")
    expect(len(lines) == 1 and word in lines[0] and "\x1b" not in lines[0], "it said: %s", lines)
    expect(int(service.summary["labels_restarts"]) >= 1, "restarts: %s", service.messages[-1])


@test(alone=ALONE)
def who_is_not_that_server():
    """A certificate of somebody else, or for another name: the token is not sent."""
    with api_server() as api, api_server() as other:
        (api.account / "ca.crt").write_bytes((other.account / "ca.crt").read_bytes())
        refused(api, "certificate")
        expect_equal(api.requests, [], "what it was asked")
    # Not even one whom the system trusts.
    with api_server() as api, api_server() as other, tempfile.TemporaryDirectory() as folder:
        for name in ("server.pem", "ca-certificates.crt"):
            shutil.copy(api.account / "ca.crt", folder + "/" + name)
        subprocess.run(["openssl", "rehash", folder], check=True, capture_output=True)
        (api.account / "ca.crt").write_bytes((other.account / "ca.crt").read_bytes())
        trusting = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/ssl/certs && exec "$@"', folder]
        refused(api, "certificate", around=trusting)
        expect_equal(api.requests, [], "what it was asked")
    with api_server(names="DNS:elsewhere.example") as api:
        refused(api, "does not match")
        expect_equal(api.requests, [], "what it was asked")


@test(alone=ALONE)
def a_server_that_refuses():
    for status in (401, 403, 500):
        with api_server() as api:
            api.refuses = status
            refused(api, "it answers %d" % status)


@test(alone=ALONE)
def what_is_no_list():
    for listing in (b"", b"garbage", b"[" * 100000, b'{"metadata":{"resourceVersion":"1\\r\\nX: y"},"items":[]}', b"x" * (5 << 20)):
        with api_server() as api:
            api.listing = listing
            refused(api, "large" if len(listing) > 1 << 20 else "no list")


@test(alone=ALONE)
def pods_that_are_large():
    """Those of which no two fit a page are asked for one by one."""
    mine = token()
    with Node() as node, api_server() as api:
        pod, wrapper = placed(node, "shop-1")
        other, _ = placed(node, "shop-2")
        for one in (other, pod):
            api.put(one, {"app": "shop"})
            api.pods[one.uid]["metadata"]["annotations"]["large"] = "x" * (3 << 20)
        with Target(host, "load.py", mine, wrapper=wrapper) as target, \
                Service(labelled(mine, shop="{ app: shop }") + node.told() + api.told(), wrapper=api.wrapper()) as service:
            seen_soon(service, target)
    limits = [query["limit"] for query, _, _ in api.asked("limit")]
    expect_equal(limits, ["128", "32", "8", "2", "1", "1"], "pods of a page")


@test(alone=ALONE)
def without_an_account():
    with api_server() as api:
        refused(api, "/nonexistent/token", account="kubernetes-account: /nonexistent\n")
        expect_equal(api.requests, [], "what it was asked")


@test(alone=ALONE)
def a_server_that_says_nothing():
    """Somebody takes connections, and that is all: nothing waits for him, neither at the start nor at the end."""
    mine = token()
    with Node() as node, api_server() as api, socket.create_server(("127.0.0.1", 0)) as silent:
        pod, wrapper = placed(node, "shop-1")
        where = ["env", "KUBERNETES_SERVICE_HOST=127.0.0.1", "KUBERNETES_SERVICE_PORT=%d" % silent.getsockname()[1]]
        with Target(host, "load.py", mine, wrapper=wrapper) as target:
            text = labelled(mine, shop="{ app: shop }") + '  - { name: rest, match: { cmdline: "%s" } }\n' % mine
            with Service(text + node.told() + api.told(), wrapper=where) as service:
                silent.settimeout(30)
                with silent.accept()[0]:
                    target.ask("watched", command="x")
                    once(host, "y", mine, wrapper)
                    wait_for(lambda: '"y"' in written(service), "its alert does not come")
                    service.process.send_signal(signal.SIGINT)
                    began = time.monotonic()
                    service.process.wait(60)
                    took = time.monotonic() - began
    expect_equal(service.seen(), [("rest", "x"), ("rest", "y")], "alerts")
    expect(took < 8, "its end took %.1f s", took)


@long_test
def what_is_no_event():
    """Whatever a watch tells, the list says what is so, and other pods are as they were."""
    mine = token()
    with Node() as node, api_server() as api:
        pod, wrapper = placed(node, "shop-1")
        other, other_wrapper = placed(node, "shop-2")
        api.put(pod, {"app": "shop"})
        with Target(host, "load.py", mine, wrapper=wrapper) as target, Target(host, "load.py", mine, wrapper=other_wrapper) as late, \
                Service(labelled(mine, shop="{ app: shop }") + node.told() + api.told(), wrapper=api.wrapper()) as service:
            seen_soon(service, target)
            for line in (b"garbage\n", b'{"type":"ADDED","object":{"metadata":{"resourceVersion":"9"}}}\n', b'{"type":"NEWS","object":7}\n',
                         b'{"type":"ERROR","object":{"code":500,"message":"no more \\u001b[2J"}}\n', b"x" * (5 << 20) + b"\n"):
                watches = api.watches
                api.say(line)
                if len(line) < 1 << 20:
                    wait_for(lambda: api.watches > watches, "it does not ask anew after %r" % line[:40])
            # Labels that are none.
            api.put(other, {"app": "shop", "bad key": "x"})
            late.ask("watched", command="bad")
            target.ask("watched", command="still")
            api.put(other, {"app": "shop"})
            seen_soon(service, late, 60)
    words = [word for _, word in service.seen()]
    expect("still" in words and "bad" not in words, "seen: %s", words)
    expect(int(service.summary["labels_refused"]) >= 1 and int(service.summary["labels_restarts"]) >= 4, "counts: %s", service.messages[-1])
    expect(not any("\x1b" in line for line in service.messages), "it said: %s", service.messages)


@test(alone=ALONE)
def only_if_it_is_asked_for():
    """Without labels nobody is asked; with a reload that names them, somebody is; status says how it goes."""
    mine = token()
    with Node() as node, api_server() as api:
        pod, wrapper = placed(node, "shop-1")
        api.put(pod, {"app": "shop"})
        with Target(host, "load.py", mine, wrapper=wrapper) as target:
            tail = node.told() + api.told() + "control: { socket: control.sock }\n"
            with Service(targets(all='{ cmdline: "%s" }' % mine) + tail, wrapper=api.wrapper()) as service:
                path = service.folder.name + "/config.yaml"
                place = service.folder.name + "/control.sock"

                def status():
                    return json.loads(command("status", "--json", "--socket", place).output)["labels"]

                target.ask("watched", command="before")
                expect_equal(status()["state"], "off", "before")
                expect_equal(api.requests, [], "what it was asked")
                with open(path) as file:
                    text = file.read()
                with open(path, "w") as file:
                    file.write(text.replace("targets:\n", "targets:\n  - { name: shop, match: { labels: { app: shop } } }\n"))
                settled(service, target, "shop", 30)
                wait_for(lambda: status() == {"state": "watching", "pods": 1, "restarts": 0, "refused": 0, "error": None}, "status")
                expect("watching, 1 pod" in command("status", "--socket", place).output, "status has no labels")
                api.refuses = 403
                api.cut()
                wait_for(lambda: status()["state"] == "failing" and "it answers 403" in status()["error"], "status after an error")
    expect_equal(service.alerts[0]["kubernetes"]["labels"], None, "labels that nobody asked for")
