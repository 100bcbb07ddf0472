# SPDX-License-Identifier: GPL-2.0-only
"""What PostgreSQL alone is for: several consoles on one store, and a server that goes and comes."""

import json
import threading

import console as of_tests
from console import Console, alert
from harness import equal, postgres_test, until
from pages import signed_in


@postgres_test
def several_consoles_share_one_store():
    with Console() as first, Console(store=first.store) as second:
        elsewhere, key = second.admin(), first.key()
        admin = first.client_of("admin")
        equal(first.send([alert(id="a"), alert(id="b")], key).json["stored"], 2)
        equal(second.send([alert(id="b"), alert(id="c")], key).json, {"stored": 1, "duplicates": 1, "refused": 0, "errors": []})
        equal({one["id"] for one in admin.alerts()}, {"a", "b", "c"})
        equal(elsewhere.ask("POST", "/api/v1/alerts/a", {"state": "incident"}).status, 200)
        equal([one["id"] for one in admin.alerts("state=incident")], ["a"])

        def send(console, start, wrong):
            for number in range(start, start + 20):
                answer = console.send([alert(id=f"{number}-{n}", time=f"2026-01-02T0{n % 5}:04:05Z") for n in range(50)], key)
                if answer.status != 200:
                    wrong.append(answer.body)

        wrong = []
        # The same alerts, through both at once, in other orders.
        threads = [threading.Thread(target=send, args=(console, start, wrong)) for console in (first, second) for start in (0, 10, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(wrong, [])
        equal(first.sql("SELECT count(*) FROM alerts"), [[str(40 * 50 + 3)]])
        equal(first.sql("SELECT sum(alerts) FROM hours WHERE part = 0"), [[str(40 * 50 + 3)]])


@postgres_test
def what_another_console_stores_is_live():
    with Console() as first, Console(store=first.store) as second:
        second.admin()
        key = first.key()
        with signed_in(first, "/alerts") as browser:
            browser.wait("Live")
            second.send([alert()], key)
            browser.wait("1 new alert", 5)


@postgres_test
def the_server_goes_and_comes():
    cluster = of_tests.Cluster()
    try:
        with Console(store=cluster.database()) as console:
            admin, key = console.admin(), console.key()
            equal(console.send([alert(id="before")], key).json["stored"], 1)
            cluster.stop("immediate")
            equal(console.send([alert(id="during")], key).status, 503)
            equal(admin.get("/api/v1/alerts").status, 503)
            cluster.start()
            until(lambda: console.send([alert(id="after")], key).status == 200)
            until(lambda: admin.get("/healthz").status == 200 and admin.get("/api/v1/alerts").status == 200)
            equal({one["id"] for one in admin.alerts()}, {"before", "after"})
            assert "tests@" not in "".join(console.lines), console.lines
    finally:
        cluster.close()


@postgres_test
def large_and_small_ones_are_stored_together():
    with Console() as console:
        admin, key = console.admin(), console.key()
        # More than a statement takes, each size beside each other one; an id that comes twice, and two of one time.
        alerts = [alert(id=f"l{number}", time=f"2026-01-02T03:04:{number % 60:02}Z", args={"text": "x" * (1_500_000 if number % 5 == 0 else number)}) for number in range(90)]
        alerts += [alert(id=f"s{number}", time="2026-01-02T03:04:05Z", **{"rule.tags": []}) for number in range(1200)] + [alerts[7], alert(id="s3", time="2026-02-02T03:04:05Z")]
        equal(console.send(alerts, key, compress=True).json, {"stored": 1290, "duplicates": 2, "refused": 0, "errors": []})
        equal(console.send(alerts[::-1], key, compress=True).json, {"stored": 0, "duplicates": 1292, "refused": 0, "errors": []})
        equal(console.sql("SELECT count(*), (SELECT count(*) FROM words), (SELECT count(*) FROM tags), (SELECT sum(alerts) FROM hours WHERE part = 0) FROM alerts"), [["1290", "1290", "270", "1290"]])
        for number in (0, 7, 85):
            equal(json.loads(admin.get(f"/api/v1/alerts/l{number}").body)["alert"], alerts[number])


@postgres_test
def what_stands_in_an_alert_is_no_sql():
    hostile = ["'; DROP TABLE alerts; --", "$1", "\\", "\\000", "$$", "%s", "?", "'' OR 1=1", "\u2028", "E'\\x00'", "a' <-> 'b", ":*", "&|!()", "\u0000", "\ud800"]
    with Console() as console:
        admin, key = console.admin(), console.key()
        for number, text in enumerate(hostile):
            one = alert(**{"id": f"h{number}", "host": text, "rule.name": "r" + text, "args": {text: text}, "request.path": text, "request.session": text, "rule.tags": ["attack.t" + text]})
            equal(console.send([one], key).json["stored"], 1)
            equal(json.loads(admin.get(f"/api/v1/alerts/h{number}").body)["alert"], one)
        equal(len(admin.alerts()), len(hostile))
        equal([one["id"] for one in admin.alerts("path=%24%24")], ["h4"])
        equal(admin.get("/api/v1/alerts?q=DROP%20TABLE").json["alerts"][0]["id"], "h0")
        for query in ("q=a%27%20%3C-%3E%20%27b", "q=%27x", "q=a%3A*b", "q=%5Ca", "q=a%26%7C%21b", "rule=%27"):
            equal((query, admin.get("/api/v1/alerts?" + query).status), (query, 200))
        equal(admin.get("/api/v1/overview?since=90d").status, 200)
