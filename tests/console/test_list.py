# SPDX-License-Identifier: GPL-2.0-only
"""Lists: each filter, all pages, and what is new."""

import datetime
import http.client
import json
import time
import urllib.parse

from console import Console, alert
from harness import equal, test


def ids(alerts):
    return [one["id"] for one in alerts]


@test
def each_filter_finds_what_it_names():
    with Console() as console:
        key, admin = console.key(), console.admin()
        other = {
            "level": ("rule.level", "warn"), "rule": ("rule.name", "Other & <rule>"), "host": ("host", "db-1"), "pod": ("kubernetes.pod", "shop-5d"),
            "path": ("request.path", "/a b?c=1&d=%25"), "addr": ("request.remote_addr", "2001:db8::1"), "session": ("request.session", "s'); DROP TABLE alerts; --"),
            "agent": ("request.user_agent", "sqlmap/1.7"), "function": ("function.qualname", "Popen.__init__"), "action": ("action", "denied"),
            "technique": ("rule.tags", ["attack.T1190"]), "cwe": ("rule.tags", ["CWE-89"]), "q": ("args", {"query": "SELECT needle FROM t"}),
        }
        asked = {**{name: value for name, (_, value) in other.items()}, "technique": "T1190", "cwe": "CWE-89", "q": "need"}
        batch = [alert() for _ in range(5)] + [alert(**{"id": name, path: value}) for name, (path, value) in other.items()]
        equal(console.send(batch, key).json["stored"], len(batch))
        for name, value in asked.items():
            equal(ids(admin.alerts(urllib.parse.urlencode({name: value}))), [name])
            equal(ids(admin.alerts(urllib.parse.urlencode({name: value, "app": "shop", "since": "2026-01-01T00:00:00Z"}))), [name])
            equal(ids(admin.alerts(urllib.parse.urlencode({name: value, "app": "other"}))), [])
        equal(len(admin.alerts("technique=T1059&cwe=78&rule=Access+to+Environment+Variable")), len(batch) - 3)
        equal(ids(admin.alerts("q=needle+select&agent=curl/8&technique=T1059.006&level=info")), ["q"])
        group = admin.get("/api/v1/alerts/rule").json["group"]
        equal(ids(admin.alerts("group=" + group)), ["rule"])
        # Two filters, either of which leads: the one does not stand in for the other.
        equal(ids(admin.alerts("addr=2001:db8::1&q=sqlmap")), [])


@test
def two_filters_find_what_both_name():
    with Console() as console:
        key, admin = console.key(), console.admin()
        whole = {"rule.level": "warn", "rule.name": "Other", "rule.tags": ["attack.T1190", "CWE-89"], "kubernetes.pod": "shop-5d", "request.path": "/x", "request.remote_addr": "2001:db8::1",
                 "request.session": "s-2", "request.user_agent": "sqlmap/1.7", "function.qualname": "Popen", "action": "denied", "host": "db-1", "args": {"query": "needle"}, "callers": []}
        console.send([alert(id="whole", **whole), alert(id="plain")], key)
        console.send([alert(id=name, **{name: value}) for name, value in whole.items()], key)
        equal(admin.ask("POST", "/api/v1/alerts/whole", {"state": "incident"}).status, 200)
        asked = {"level": "warn", "rule": "Other", "technique": "T1190", "cwe": "89", "pod": "shop-5d", "path": "/x", "addr": "2001:db8::1", "session": "s-2", "agent": "sqlmap/1.7", "function": "Popen",
                 "action": "denied", "host": "db-1", "q": "needle", "state": "incident", "app": "shop"}
        asked["group"] = admin.get("/api/v1/alerts/whole").json["group"]
        for first, one in asked.items():
            for second, other in asked.items():
                found = ids(admin.alerts(urllib.parse.urlencode({first: one, second: other})))
                of_one, of_other = (set(ids(admin.alerts(urllib.parse.urlencode({name: value})))) for name, value in ((first, one), (second, other)))
                equal((first, second, set(found)), (first, second, of_one & of_other))
                assert "whole" in found and "plain" not in found or {first, second} == {"app"}, (first, second, found)


@test
def times_bound_the_list():
    with Console() as console:
        key, admin = console.key(), console.admin()
        now = datetime.datetime.now(datetime.timezone.utc)
        for name, age in (("new", 60), ("hours", 7200), ("days", 200000)):
            console.send([alert(id=name, time=(now - datetime.timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))], key)
        equal(ids(admin.alerts("since=1h")), ["new"])
        equal(ids(admin.alerts("since=1d")), ["new", "hours"])
        equal(ids(admin.alerts("until=1d")), ["days"])
        equal(ids(admin.alerts("since=24h&until=30m&host=app-7")), ["hours"])


@test
def nonsense_is_told():
    with Console() as console:
        admin = console.admin()
        for query in ("color=red", "level=loud", "since=soon", "limit=0", "limit=501", "before=x", "before=99999999999999999999", "q=%ff",
                      "rule=a%00b", "rule=%zz", "q=" + "+".join("w" * 1 for _ in range(17)), "cwe=" + "9" * 100, "q=%22%22", "x" * 9000):
            answer = admin.get("/api/v1/alerts?" + query)
            assert answer.status == 400 and answer.json["error"], (query, answer.status)
        equal(admin.get("/api/v1/alerts?q=%22+OR+*+NEAR(a)+-x").status, 200)
        equal(admin.get("/api/v1/alerts/a%20b").status, 404)
        equal(admin.get("/api/v1/alerts/none").status, 404)


@test
def pages_have_each_alert_once_in_order():
    with Console() as console:
        key, admin = console.key(), console.admin()
        # Many of one microsecond, which come in any order, and more while pages are turned.
        sent = [alert(**{"rule.level": ("info", "warn", "alert")[number % 3], "time": f"2026-01-02T03:04:05.00000{number % 7}Z"}) for number in range(600)]
        for at in range(0, 600, 100):
            console.send(sent[at:at + 100], key)
        for query in ("limit=37", "limit=37&level=warn", "limit=37&q=secret", "limit=37&technique=T1059"):
            seen, before = [], None
            while True:
                answer = admin.get(f"/api/v1/alerts?{query}" + (f"&before={before}" if before else "")).json
                seen += answer["alerts"]
                before = answer["next"]
                console.send([alert(time="2026-02-02T00:00:00Z", host="late")], key)
                if not before:
                    break
            seen = [one for one in seen if one["host"] != "late"]
            equal(len(ids(seen)), len(set(ids(seen))))
            equal(len(seen), 200 if "level" in query else 600)
            equal([int(one["seq"]) for one in seen], sorted((int(one["seq"]) for one in seen), reverse=True))


@test
def an_alert_knows_its_neighbours_in_the_list():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([alert(id=f"a{number}", host=f"h{number % 2}", time=f"2026-01-02T03:04:0{number}Z") for number in range(6)], key)
        answer = admin.get("/api/v1/alerts/a3").json
        equal((answer["newer"], answer["older"]), ("a4", "a2"))
        answer = admin.get("/api/v1/alerts/a3?host=h1").json
        equal((answer["newer"], answer["older"]), ("a5", "a1"))
        equal(admin.get("/api/v1/alerts/a5").json["newer"], None)


@test
def what_is_new_is_told_within_a_second():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([alert(time="2026-01-01T00:00:00Z")], key)
        newest = admin.alerts()[0]["seq"]
        stream = http.client.HTTPConnection("127.0.0.1", console.port, timeout=20)
        stream.request("GET", f"/api/v1/live?host=seen&after={newest}", headers={"Cookie": admin.cookie})
        response = stream.getresponse()
        equal(response.headers["Content-Type"], "text/event-stream")

        def event():
            while True:
                line = response.readline().decode()
                if line.startswith("data: "):
                    return json.loads(line[6:])

        console.send([alert(host="other"), alert(host="seen")], key)
        began = time.monotonic()
        equal(event(), {"count": 1})
        assert time.monotonic() - began < 5, "a second, and what a busy machine adds"
        console.send([alert(host="seen") for _ in range(3)], key)
        equal(event(), {"count": 4})
        admin.ask("DELETE", "/api/v1/session")
        console.send([alert(host="seen")], key)
        equal([line for line in response.read().splitlines() if line.startswith(b"data: ")], [])
        stream.close()
        equal(console.stop(), 0)
