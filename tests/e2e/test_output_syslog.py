# SPDX-License-Identifier: GPL-2.0-only
"""type: syslog, read by rsyslogd: one of its own for each test, with its own folder, on ports of its own."""

import contextlib
import json
import os
import socket
import subprocess

from harness import Skip, expect, expect_equal, test
from interpreters import Interpreter
from outputs import Folder, certificate, free_port, tracing, wait_for
from target import Target

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
# What rsyslogd makes of a message, as JSON.
CONFIG = """
global(workDirectory="%(folder)s" defaultNetstreamDriverCAFile="%(folder)s/ca.pem" defaultNetstreamDriverCertFile="%(folder)s/server.pem"
       defaultNetstreamDriverKeyFile="%(folder)s/server.key" maxMessageSize="64k")
template(name="seen" type="list" option.jsonf="on") {
    property(outname="pri" name="pri" format="jsonf") property(outname="host" name="hostname" format="jsonf")
    property(outname="app" name="app-name" format="jsonf") property(outname="procid" name="procid" format="jsonf")
    property(outname="msgid" name="msgid" format="jsonf") property(outname="sd" name="structured-data" format="jsonf")
    property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf") property(outname="msg" name="msg" format="jsonf")
}
%(input)s
action(type="omfile" file="%(folder)s/seen" template="seen")
"""
INPUTS = {
    "unix": 'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="%(folder)s/log" UseSpecialParser="off" ParseHostname="on" UseSysTimeStamp="off" IgnoreTimestamp="off")',
    "udp": 'module(load="imudp")\ninput(type="imudp" address="127.0.0.1" port="%(port)d")',
    "tcp": 'module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="%(port)d")',
    "tls": 'module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")\n'
           'input(type="imtcp" address="127.0.0.1" port="%(port)d")',
}


class Rsyslog:
    def __init__(self, folder, way, port=0):
        self.folder, self.way = folder, way
        self.port = port or free_port()
        place = {"folder": folder.folder.name, "port": self.port}
        self.config = folder.write("rsyslog.conf", CONFIG % {**place, "input": INPUTS[way] % place})
        self.address = "unix:%s" % (folder / "log") if way == "unix" else "%s://%s:%d" % (
            way, "localhost" if way == "tls" else "127.0.0.1", self.port)
        self.start()

    def start(self):
        if not os.path.exists("/usr/sbin/rsyslogd"):
            raise Skip("there is no rsyslogd: scripts/setup.sh test")
        self.process = subprocess.Popen(["/usr/sbin/rsyslogd", "-n", "-f", self.config, "-i", self.folder / "pid"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.listens, "rsyslogd does not listen")

    def listens(self):
        expect(self.process.poll() is None, "rsyslogd ended")
        if self.way == "unix":
            return os.path.exists(self.folder / "log")
        with open("/proc/net/udp" if self.way == "udp" else "/proc/net/tcp") as file:
            return ":%04X " % self.port in file.read()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def seen(self):
        if not os.path.exists(self.folder / "seen"):
            return []
        return [json.loads(line) for line in self.folder.read("seen").splitlines()]


@contextlib.contextmanager
def rsyslog(folder, way):
    if way == "tls":
        certificate(folder, "server", "-addext", "subjectAltName=DNS:localhost")
        os.link(folder / "server.pem", folder / "ca.pem")
    server = Rsyslog(folder, way)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def output(server, **keys):
    if server.way == "tls":
        keys["ca_file"] = "ca.pem"
    return {"type": "syslog", "address": server.address, **keys}


def arrives(way):
    with Folder() as folder, rsyslog(folder, way) as server, Target(host, "load.py") as target:
        with tracing(folder, target, output(server), {"type": "file", "path": "all"}) as tracer:
            for text in ('a"b]c\\d', "\x1b[2J\nx", "é"):
                target.ask("watched", command=text)
            wait_for(lambda: len(server.seen()) >= 3, "three messages")
        expect_equal(tracer.returncode, 0, "status (%s)" % tracer.errors)
        seen = server.seen()
        expect_equal(len(seen), 3, "messages")
        for message, alert in zip(seen, map(json.loads, folder.read("all").splitlines())):
            expect_equal(message["pri"], "84", "priority")
            expect_equal(message["host"], os.uname().nodename, "host")
            expect_equal((message["app"], message["procid"], message["msgid"]), ("phrude-trace", str(target.pid), "watched"), "head")
            expect(message["time"][:26].rstrip("Z") == alert["time"].rstrip("Z"), "time is %s, the alert's %s", message["time"],
                   alert["time"])
            expect('id="%s"' % alert["id"] in message["sd"] and message["sd"].startswith("[phrude@32473 "), "data is %s", message["sd"])
            expect("watched(command=" in message["msg"], "message is %r", message["msg"])


for _way in INPUTS:
    def _test(way=_way):
        arrives(way)
    _test.__name__, _test.__module__ = "arrives_by_" + _way, __name__
    test()(_test)


@test()
def other_formats():
    """A format that is asked for is all of the message."""
    with Folder() as folder, rsyslog(folder, "tcp") as server, Target(host, "load.py") as target:
        with tracing(folder, target, output(server, name="a", format="json"), output(server, name="b", format="cef")):
            target.ask("watched", command="x")
            wait_for(lambda: len(server.seen()) >= 2, "two messages")
        texts = sorted(message["msg"].strip() for message in server.seen())
        expect(texts[0].startswith("CEF:0|Phrude|"), "it is %r", texts[0])
        expect_equal(json.loads(texts[1])["rule"]["name"], "watched", "rule")


@test()
def comes_back():
    """While nobody listens alerts are kept, and sent once somebody does; each once, in their order."""
    with Folder() as folder, rsyslog(folder, "tcp") as server, Target(host, "load.py") as target:
        with tracing(folder, target, output(server, format="json")) as tracer:
            target.ask("watched", command="0")
            wait_for(lambda: len(server.seen()) == 1, "the first message")
            server.stop()
            for number in range(1, 4):
                target.ask("watched", command=str(number))
            wait_for(lambda: "cannot be written to tcp://" in tracer.stderr.readline(), "the failure is said")
            server.start()
            wait_for(lambda: len(server.seen()) >= 4, "the other messages", 30)
        expect_equal([json.loads(message["msg"])["args"]["command"] for message in server.seen()], list("0123"), "calls")
        expect("alerts 4, lost 0" in tracer.errors, "it said: %s", tracer.errors)


@test()
def certificates():
    """Whose certificate is another's, or signed by nobody known, gets nothing."""
    with Folder() as folder, rsyslog(folder, "tls") as server, Target(host, "load.py") as target:
        certificate(folder, "other", "-addext", "subjectAltName=DNS:localhost")
        wrong_name = server.address.replace("localhost", "127.0.0.1")
        for keys in ({"ca_file": "other.pem"}, {"address": wrong_name}, {"address": wrong_name, "ca_file": "other.pem"}):
            with tracing(folder, target, {**output(server), **keys}, {"type": "file", "path": "all"}) as tracer:
                target.ask("watched", command="x")
            expect("cannot be written to tls://" in tracer.errors and "ertificate" in tracer.errors, "with %s it said: %s", keys,
                   tracer.errors)
            expect("lost_unwritten 1" in tracer.errors, "with %s it said: %s", keys, tracer.errors)
        expect_equal(server.seen(), [], "messages")


@test()
def who_does_not_read():
    """A receiver that takes nothing more delays neither the file nor the end."""
    with Folder() as folder, Target(host, "load.py") as target, socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = "tcp://127.0.0.1:%d" % server.getsockname()[1]
        with tracing(folder, target, {"type": "syslog", "address": address, "queue": 100, "format": "json"},
                     {"type": "file", "path": "all"}) as tracer:
            for _ in range(20):
                target.ask("watched", command="x", depth=99)
            wait_for(lambda: folder.read("all").count("\n") == 2000, "the alerts in the file")
        expect_equal(tracer.returncode, 0, "status (%s)" % tracer.errors)
        expect("lost_unwritten " in tracer.errors, "it said: %s", tracer.errors)
