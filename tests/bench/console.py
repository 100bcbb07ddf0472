#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""How long phrude-console takes for a page of a store with many alerts.

tests/bench/console.py fill FILE ALERTS     makes a store of SQLite with so many, written by SQL: 60 rules, 40 hosts, 300 paths, 100,000 addresses, 50,000 sessions, over 30 days
tests/bench/console.py pages FILE           asks for each page nine times, after once that is told by itself; prints ms
tests/bench/console.py import ALERTS        how many a second `import` stores, in SQLite and in a PostgreSQL of its own, with fsync, as it comes configured; three times each
tests/bench/console.py post ALERTS          the same of 8 senders, 500 a request, of alerts that are of now

The machine should have nothing else to do.  10,000,000 alerts take some 20 GB.
"""

import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "console"))
sys.dont_write_bytecode = True

import harness  # noqa: E402
from console import BINARY, Cluster, Console, alert  # noqa: E402

DAYS = 30
# Each column of an alert from its number i, spread as if by chance, and the same for each store.
ROWS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :alerts),
chance AS (SELECT i, (i * 2654435761 + 12345) % 2147483647 AS r FROM n)
INSERT INTO alerts (seq, id, received, app, level, rule, function, what, host, pod, path, addr, session, agent, action, grp, json, state)
SELECT (:begin + i * :step) * 2048, 'a' || i, :begin + i * :step, 'app-' || (r % 7), CASE WHEN r % 50 = 0 THEN 2 WHEN r % 10 = 0 THEN 1 ELSE 0 END,
	'Rule ' || (r % 60), 'module.function_' || (r % 60), 'key: value ' || (r % 1000), 'host-' || (r % 40), NULL, '/path/' || (r % 300),
	'10.' || (r / 7 % 10) || '.' || (r / 11 % 100) || '.' || (r / 13 % 100), 's-' || (r / 17 % 50000), 'agent/' || (r % 20), 'detect', r % 5000, json_object(
	'id', 'a' || i, 'time', strftime('%Y-%m-%dT%H:%M:%SZ', (:begin + i * :step) / 1000000, 'unixepoch'), 'host', 'host-' || (r % 40),
	'rule', json_object('name', 'Rule ' || (r % 60), 'level', CASE WHEN r % 50 = 0 THEN 'alert' WHEN r % 10 = 0 THEN 'warn' ELSE 'info' END, 'tags', json_array('attack.T' || (1000 + r % 60), 'CWE-' || (r % 60))),
	'function', json_object('name', 'function_' || (r % 60), 'qualname', 'function_' || (r % 60)), 'args', json_object('key', 'value ' || (r % 1000)), 'filler', :filler,
	'request', json_object('remote_addr', '10.' || (r / 7 % 10) || '.' || (r / 11 % 100) || '.' || (r / 13 % 100), 'path', '/path/' || (r % 300), 'method', 'GET', 'session', 's-' || (r / 17 % 50000))),
	CASE WHEN r % 100000 = 1 THEN 3 ELSE 0 END
FROM chance
"""
# The rest are copies of the first, later: what their JSON is made of takes long.
COPIES = 10
COPY = """
INSERT INTO alerts (seq, id, received, app, level, rule, function, what, host, pod, path, addr, session, agent, action, grp, json, state)
SELECT seq + :copy * :span * 2048, :copy || id, received + :copy * :span, app, level, rule, function, what, host, pod, path, addr, session, agent, action, grp, json, state FROM alerts WHERE seq < (:begin + :span) * 2048 ORDER BY seq
"""
OTHERS = [
    "INSERT INTO words (rowid, text) SELECT seq, rule || ' ' || function || ' ' || host || ' ' || path || ' ' || agent || ' ' || what || ' rare' || (seq / 2048 % 1000003) FROM alerts",
    "INSERT INTO tags SELECT 'attack.t' || (1000 + substr(rule, 6)), seq FROM alerts ORDER BY 1, 2",
    "INSERT INTO tags SELECT 'cwe-' || substr(rule, 6), seq FROM alerts ORDER BY 1, 2",
    "INSERT INTO hours SELECT 0, seq / 7372800000000, CASE level WHEN 0 THEN 'info' WHEN 1 THEN 'warn' ELSE 'alert' END, count(*) FROM alerts GROUP BY 2, 3",
    *[f"INSERT INTO hours SELECT {part}, seq / 7372800000000, {column}, count(*) FROM alerts GROUP BY 2, 3" for part, column in ((1, "rule"), (2, "path"), (3, "addr"), (4, "app"))],
    "INSERT INTO hours SELECT 5, seq / 7372800000000, tag, count(*) FROM tags WHERE tag GLOB 'attack.t*' GROUP BY 2, 3",
]
LIST = "/api/v1/alerts?"
PAGES = {
    "list": LIST, "list, 500": LIST + "limit=500", "level": LIST + "level=alert", "rule": LIST + "rule=Rule+7", "app": LIST + "app=app-3", "host": LIST + "host=host-9", "path": LIST + "path=/path/17",
    "address": LIST + "addr=10.1.1.1", "session": LIST + "session=s-17", "agent": LIST + "agent=agent/3", "technique": LIST + "technique=T1007", "cwe": LIST + "cwe=7", "state": LIST + "state=incident",
    "group": LIST + "group=17", "since an hour": LIST + "since=1h", "until 20 days ago": LIST + "until=20d", "level and app": LIST + "level=alert&app=app-3", "rule and host": LIST + "rule=Rule+7&host=host-9",
    "three that few fit": LIST + "rule=Rule+7&host=host-7&addr=10.1.1.1", "rare word": LIST + "q=rare17", "common word": LIST + "q=key", "two words": LIST + "q=key+host", "a part of a word": LIST + "q=rare1",
    "word and level": LIST + "q=key&level=alert", "word and nothing": LIST + "q=key&rule=Nothing", "nothing": LIST + "rule=Nothing",
    "overview, a day": "/api/v1/overview?since=24h", "overview, a week": "/api/v1/overview?since=7d", "overview, 30 days": "/api/v1/overview?since=30d", "sessions": "/api/v1/sessions",
    "what a session did": "/api/v1/sessions/story?session=s-17", "attackers": "/api/v1/attackers", "an alert": "/api/v1/alerts/5a5000?", "its neighbours by words": "/api/v1/alerts/5a5000?q=key", "senders": "/api/v1/senders",
    "report, a day": "/api/v1/report?since=1d", "report, a week": "/api/v1/report?since=7d",
}


def fill(path, alerts):
    Console(store="sqlite:" + path).stop()
    store = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=FILE", "locking_mode=EXCLUSIVE"):
        store.execute("PRAGMA " + pragma).fetchall()
    indexes = store.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'alerts' AND sql IS NOT NULL").fetchall()
    span = DAYS * 86400 * 1000000 // COPIES
    values = {"alerts": alerts // COPIES, "step": span // (alerts // COPIES), "span": span, "begin": int(time.time() * 1e6) - COPIES * span, "filler": "x" * 400}
    statements = [*((f"DROP INDEX {name}", {}) for name, _ in indexes), (ROWS, values), *((COPY, {**values, "copy": copy}) for copy in range(1, COPIES)),
                  *((sql, {}) for sql in OTHERS), *((sql, {}) for _, sql in indexes)]
    store.execute("BEGIN")
    for statement, bound in statements:
        began = time.monotonic()
        store.execute(statement, bound)
        print(f"{time.monotonic() - began:8.1f} s  {' '.join(statement.split())[:70]!r}", flush=True)
    store.execute("COMMIT")
    store.execute("PRAGMA locking_mode=NORMAL").fetchall()
    store.execute("PRAGMA journal_mode=WAL").fetchall()
    store.close()
    print(f"{os.path.getsize(path) / alerts:.0f} bytes an alert")


def pages(path):
    with Console(store="sqlite:" + path, options=("--keep", "0", "--keep-size", "0")) as console:
        client = console.client_of("admin") if not any("/setup#" in line for line in console.lines) else console.admin()
        for name, address in PAGES.items():
            times = []
            for _ in range(10):
                began = time.monotonic()
                answer = client.get(address)
                times.append((time.monotonic() - began) * 1000)
            print(f"{statistics.median(times[1:]):8.0f}  {max(times[1:]):8.0f}  first {times[0]:8.0f}  {answer.status}  {name}", flush=True)
        print(f"{memory(console.process.pid)} MiB at the most")


def memory(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))


def recorded(path, alerts, seconds=DAYS * 86400):
    """Alerts as in a store of fill(), of 1.0 KB, of the last `seconds`."""
    draw = random.Random(1)
    with open(path, "w") as file:
        for number in range(alerts):
            rule = draw.randrange(60)
            file.write(json.dumps(alert(**{
                "id": f"b{number}", "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - draw.random() * seconds)) + f".{draw.randrange(10 ** 6):06}Z",
                "host": f"host-{draw.randrange(40)}", "rule.name": f"Rule {rule}", "rule.tags": [f"attack.T{1000 + rule}", f"CWE-{rule}"], "request.path": f"/path/{draw.randrange(300)}",
                "request.remote_addr": f"10.{draw.randrange(10)}.{draw.randrange(100)}.{draw.randrange(100)}", "request.session": f"s-{draw.randrange(50000)}"})) + "\n")


def server_time(cluster):
    """Seconds of processor time of the server's processes: those that have ended, and those that have not."""
    with open(cluster.directory + "/data/postmaster.pid") as file:
        server = int(file.readline())
    ticks = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(pid) == server:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == server:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def post(console, key, lines):
    for at in range(0, len(lines), 500):
        answer = console.client().ask("POST", "/api/v1/alerts", b"".join(lines[at:at + 500]), 120, Authorization=f"Bearer {key}")
        assert answer.status == 200, (answer.status, answer.body)


def in_each(measure, alerts, seconds=DAYS * 86400):
    """Three times with a new store of each kind, as `measure` says of it."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "alerts.jsonl")
        recorded(path, alerts, seconds)
        cluster = Cluster()
        try:
            for number in range(3):
                for kind, store in (("SQLite", f"sqlite:{directory}/{number}.db"), ("PostgreSQL", cluster.database())):
                    print(f"{measure(path, alerts, store, cluster)}  {kind}", flush=True)
        finally:
            cluster.close()


def posts(path, alerts, store, cluster):
    with open(path, "rb") as file:
        lines = file.readlines()
    with Console(store=store) as console:
        key, began, before = console.key(), time.monotonic(), server_time(cluster)
        senders = [threading.Thread(target=post, args=(console, key, lines[n::8])) for n in range(8)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        spent, after = time.monotonic() - began, server_time(cluster)
        stored = console.admin().get("/api/v1/report?since=1d").json["total"]
        assert stored == alerts, stored
        return f"{alerts / spent:8.0f} a second, {(after - before) / alerts * 1e6:4.0f} us of the server, the console {memory(console.process.pid)} MiB at the most"


def imports(path, alerts, store, cluster):
    subprocess.run([BINARY, "user", "add", "x", "--store", store], check=True, capture_output=True)
    began, before, server = time.monotonic(), os.times(), server_time(cluster)
    subprocess.run([BINARY, "import", path, "--app", "shop", "--store", store], check=True, capture_output=True)
    spent, after = time.monotonic() - began, os.times()
    own = after.children_user + after.children_system - before.children_user - before.children_system
    of_server = server_time(cluster) - server
    return f"{alerts / spent:8.0f} a second, {own / alerts * 1e6:4.0f} us of the console's processor time each, {of_server / alerts * 1e6:4.0f} us of the server's"


if __name__ == "__main__":
    harness.current.store = "sqlite"
    if len(sys.argv) == 4 and sys.argv[1] == "fill":
        fill(sys.argv[2], int(sys.argv[3]))
    elif len(sys.argv) == 3 and sys.argv[1] == "pages":
        pages(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == "import":
        in_each(imports, int(sys.argv[2]))
    elif len(sys.argv) == 3 and sys.argv[1] == "post":
        in_each(posts, int(sys.argv[2]), 60)
    else:
        sys.exit(__doc__)
