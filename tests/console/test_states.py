# SPDX-License-Identifier: GPL-2.0-only
"""What people say of alerts, exceptions and reports."""

import contextlib
import datetime
import gzip
import json
import os
import sqlite3
import tempfile
import threading
import time

from console import PASSWORD, Console, alert
from harness import current, equal, sqlite_test, test, until


def ago(**span):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@test
def analysts_say_what_an_alert_is():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([alert(id="one"), alert(id="two"), alert(id="three"), alert(id="other", host="x", callers=[])], key)
        viewer, analyst = console.user("vera", "viewer"), console.user("ann", "analyst")
        equal(viewer.ask("POST", "/api/v1/alerts/one", {"state": "seen"}).status, 403)
        equal(analyst.ask("POST", "/api/v1/alerts/one", {"state": "incident", "note": "<b>it was Bob</b>"}).json, {"changed": 1})
        answer = viewer.get("/api/v1/alerts/one").json
        equal(answer["state"], "incident")
        equal([(note["who"], note["state"], note["text"]) for note in answer["notes"]], [("ann", "incident", "<b>it was Bob</b>")])
        # The others like it, but not the one that somebody has judged already.
        equal(admin.ask("POST", "/api/v1/alerts/two", {"state": "false-alarm", "equal": True}).json, {"changed": 2})
        equal({one["id"]: one["state"] for one in admin.alerts()}, {"one": "incident", "two": "false-alarm", "three": "false-alarm", "other": "new"})
        for state, ids in (("new", {"other"}), ("false-alarm", {"two", "three"}), ("incident", {"one"}), ("seen", set())):
            equal({one["id"] for one in admin.alerts("state=" + state)}, ids)
            equal({one["id"] for one in admin.alerts(f"state={state}&level=info&q=secret")}, ids)
        for body in ({"state": "bad"}, {}, {"state": "seen", "note": "x" * 5000}):
            equal(admin.ask("POST", "/api/v1/alerts/one", body).status, 400)
        equal(admin.ask("POST", "/api/v1/alerts/none", {"state": "seen"}).status, 404)
        assert "false-alarm: two and 1 equal ones" in [note["detail"] for note in admin.get("/api/v1/audit").json["audit"]]


@test
def exceptions_are_proposed_from_stored_alerts():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([alert(id=f"a{number}", time=f"2026-01-02T03:04:0{number}Z", callers=[{"function": "backup", "file": "/srv/app/jobs.py", "line": number + 1}]) for number in range(5)], key)
        console.send([alert(id="b", callers=[{"function": "view", "file": "/srv/app/views.py", "line": 3}])], key)
        group = admin.get("/api/v1/alerts/a0").json["group"]
        made = admin.get("/api/v1/exceptions?group=" + group).json
        equal((made["alerts"], made["left_out"]), (5, 0))
        assert 'exact: "backup"' in made["yaml"] and "views.py" not in made["yaml"], made["yaml"]
        other = admin.get("/api/v1/exceptions").json["yaml"]
        assert "5 alerts from backup@/srv/app/jobs.py, 2026-01-02T03:04:00Z to 2026-01-02T03:04:04Z" in other and "too few" in other, other


@test
def reports_count_a_span_of_time():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([alert(time=ago(hours=number), **{"rule.level": "warn", "request.session": "s"}) for number in range(1, 4)], key)
        console.send([alert(time=ago(days=10), **{"rule.name": "Old"}), alert(time=ago(hours=5), **{"rule.name": "\u001b[2J<script>", "rule.tags": []})], key)
        found = json.loads(console.command("report", "--format", "json").stdout)
        equal((found["total"], found["before"]), (4, 1))
        equal(found["rule"], {"Access to Environment Variable": 3, "\u001b[2J<script>": 1})
        equal(found["level"], {"warn": 3, "info": 1})
        equal(found["application"], {"shop": 4})
        equal(found["technique"], {"T1059": 3, "T1059.006": 3})
        equal(found["address"], {"203.0.113.9": 4})
        equal(found["session"], {"s": 3})
        equal(admin.get("/api/v1/report").json["rule"], found["rule"])
        equal(json.loads(console.command("report", "--format=json", "--since", "90m").stdout)["total"], 1)
        text = console.command("report").stdout
        assert "4 alerts; 1 in as long a time before" in text and "\u001b" not in text, text
        page = console.command("report", "--format", "html").stdout
        assert "<strong>4 alerts</strong>" in page and "&lt;script&gt;" in page and "<script" not in page and "\u001b" not in page, page
        equal(console.command("report", "--since", "ever").returncode, 2)
        equal(console.command("report", "--format", "pdf").returncode, 2)
        equal(admin.get("/api/v1/report?since=ever").status, 400)


@sqlite_test
def a_store_of_an_older_version_is_migrated():
    directory = tempfile.mkdtemp()
    with gzip.open(os.path.join(os.path.dirname(__file__), "store-1.db.gz")) as old, open(os.path.join(directory, "console.db"), "wb") as file:
        file.write(old.read())
    with Console(directory) as console:
        admin = console.admin()
        equal([(one["id"], one["state"]) for one in admin.alerts("q=secret")], [("old", "new")])
        equal(admin.ask("POST", "/api/v1/alerts/old", {"state": "seen"}).status, 200)
        equal(console.send([alert()], console.key()).json["stored"], 1)


@test
def a_store_of_a_newer_version_is_refused():
    with Console() as console:
        console.stop()
        console.sql("UPDATE store SET version = 1000" if current.store == "postgresql" else "PRAGMA user_version = 1000")
        done = console.command("key", "list")
        equal(done.returncode, 2)
        assert "newer phrude-console" in done.stderr, done.stderr


def words(console, text):
    """How many alerts the index of words finds, and how many tags there are."""
    found = console.sql(f"SELECT count(*) FROM words WHERE text @@ to_tsquery('simple', '{text}')" if current.store == "postgresql" else
                        f"SELECT count(*) FROM words WHERE words MATCH '{text}'")
    return int(found[0][0]), int(console.sql("SELECT count(*) FROM tags")[0][0])


@sqlite_test
def readers_without_a_gap_do_not_make_the_log_grow():
    with Console() as console:
        key, path = console.key(), os.path.join(console.directory, "console.db")
        console.send([alert()], key)
        over = threading.Event()

        def read(delay):
            with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as store:
                time.sleep(delay)
                while not over.is_set():
                    store.execute("BEGIN")
                    store.execute("SELECT count(*) FROM alerts").fetchall()
                    time.sleep(0.4)
                    store.execute("COMMIT")

        readers = [threading.Thread(target=read, args=(delay,)) for delay in (0, 0.2)]
        for reader in readers:
            reader.start()
        sizes = []
        try:
            for number in range(24):
                batch = [alert(id=f"{number}-{n}", args={"x": "y" * 1_500_000}) for n in range(18)]
                equal(console.send(batch, key, compress=True).json["stored"], 18)
                sizes.append(os.path.getsize(path + "-wal") >> 20)
        finally:
            over.set()
            for reader in readers:
                reader.join()
        assert max(sizes) > 100 and max(sizes) < 300, sizes


@test
def what_came_long_ago_is_forgotten_and_its_words():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([alert(id=f"old{number}", host="\ud800old") for number in range(450)] + [alert(id="new")], key)
        admin.ask("POST", "/api/v1/alerts/old1", {"state": "seen"})
        console.stop()
        console.sql("UPDATE alerts SET received = received - 3 * 86400000000 WHERE id <> 'new'")
        console.options = ["--keep", "2d"]
        console.start()
        until(lambda: any("forgot the 450 oldest alerts" in line for line in console.lines))
        admin = console.client()
        admin.ask("POST", "/api/v1/session", {"user": "admin", "password": PASSWORD})
        equal([one["id"] for one in admin.alerts("q=secret")], ["new"])
        equal(words(console, "secret"), (1, 3))
        equal(admin.signed_in().get("/api/v1/audit").json["audit"][1]["detail"], "450 alerts")


@sqlite_test
def the_oldest_go_when_the_store_is_too_large():
    with Console() as console:
        key = console.key()
        for number in range(20):
            console.send([alert(id=f"a{number}-{n}", time=f"2026-01-02T03:04:{number:02}Z", args={"a": os.urandom(10000).hex()}) for n in range(20)], key)
        console.stop()
        console.options = ["--keep", "0", "--keep-size", "3M"]
        console.start()
        until(lambda: any("oldest alerts" in line for line in console.lines))
        admin = console.admin()
        kept = [one["id"] for one in admin.alerts("limit=500")]
        assert 50 < len(kept) < 200 and kept[0].startswith("a19") and "a0-0" not in kept, len(kept)
        until(lambda: os.path.getsize(os.path.join(console.directory, "console.db")) < 4 << 20)


@test
def a_session_is_forgotten():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([alert(**{"request.session": "s 1"}) for _ in range(250)] + [alert(id="other", **{"request.session": "s 2"})], key)
        equal(console.command("forget", "s 1").stdout, "250 alerts forgotten\n")
        equal([one["id"] for one in admin.alerts()], ["other"])
        equal(words(console, "secret"), (1, 3))
        assert "s 1" not in json.dumps(admin.get("/api/v1/audit").json)
