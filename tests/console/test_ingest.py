# SPDX-License-Identifier: GPL-2.0-only
"""Taking alerts in: each once, whatever happens, and nothing that is acknowledged is lost."""

import gzip
import http.client
import json
import os
import socket
import subprocess
import tempfile
import threading

from console import Console, alert
from harness import Skip, equal, sqlite_test, test


@test
def a_batch_sent_twice_is_stored_once():
    with Console() as console:
        key, admin = console.key(), console.admin()
        batch = [alert() for _ in range(20)]
        equal(console.send(batch, key).json, {"stored": 20, "duplicates": 0, "refused": 0, "errors": []})
        equal(console.send(batch[:10] + [alert()], key).json["duplicates"], 10)
        equal(len(admin.alerts()), 21)


@test
def twice_in_one_batch_is_stored_once():
    with Console() as console:
        one = alert()
        equal(console.send([one, one, one], console.key()).json["stored"], 1)


@test
def an_alert_without_id_gets_one_of_its_line():
    with Console() as console:
        key, admin = console.key(), console.admin()
        one, other = alert(id=None), alert(id=None, host="app-8")
        del other["id"]
        equal(console.send([one, other], key).json["stored"], 2)
        equal(console.send([one, other], key).json["duplicates"], 2)
        equal({len(a["id"]) for a in admin.alerts()}, {32})


@test
def bad_lines_are_told_and_good_ones_stored():
    with Console() as console:
        key, admin = console.key(), console.admin()
        bad = [b"nonsense", b'{"rule":{"name":"x"', alert(**{"rule.level": "loud"}), alert(time="yesterday"), alert(id="a b"), b"[]", b"[" * 5000]
        answer = console.send([alert(), b"", *bad, alert()], key)
        equal(answer.status, 200)
        equal([answer.json["stored"], answer.json["refused"]], [2, len(bad)])
        equal([error["line"] for error in answer.json["errors"]], list(range(3, 3 + len(bad))))
        assert "at byte 1" in answer.json["errors"][0]["error"]
        assert "info, warn or alert" in answer.json["errors"][2]["error"]
        equal(len(admin.alerts()), 2)
        equal(console.send([b"nonsense"], key).status, 400)


@test
def what_came_is_kept_to_the_letter():
    with Console() as console:
        key, admin = console.key(), console.admin()
        line = json.dumps(alert(id="one")).encode()[:-1] + b', "later": {"big": 123456789012345678901234567890, "lone": "\\udc80", "nul": "a\\u0000b"}}'
        equal(console.send([line], key).json["stored"], 1)
        assert line in admin.get("/api/v1/alerts/one").body


@test
def broken_utf8_becomes_text():
    with Console() as console:
        key, admin = console.key(), console.admin()
        equal(console.send([json.dumps(alert(id="one", host="HOST")).encode().replace(b"HOST", b"a\xff\xc3(")], key).json["stored"], 1)
        equal(admin.get("/api/v1/alerts/one").json["alert"]["host"], "a\ufffd\ufffd(")


@test
def gzip_is_taken():
    with Console() as console:
        key = console.key()
        equal(console.send([alert() for _ in range(100)], key, compress=True).json["stored"], 100)
        body = gzip.compress(json.dumps(alert()).encode())
        for wrong in (body[:-9], b"not gzip", b""):
            equal(console.client().ask("POST", "/api/v1/alerts", wrong, Authorization="Bearer " + key, Content_Encoding="gzip").status, 400)
        equal(console.client().ask("POST", "/api/v1/alerts", body, Authorization="Bearer " + key, Content_Encoding="br").status, 400)
        bomb = gzip.compress(b" " * 40_000_000)
        equal(console.client().ask("POST", "/api/v1/alerts", bomb, Authorization="Bearer " + key, Content_Encoding="gzip").status, 413)


@test
def what_is_too_large_is_refused_before_it_is_read():
    with Console() as console:
        key = console.key()
        connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=20)
        connection.putrequest("POST", "/api/v1/alerts")
        connection.putheader("Authorization", "Bearer " + key)
        connection.putheader("Content-Length", str(1 << 40))
        connection.endheaders()
        equal(connection.getresponse().status, 413)
        connection.close()
        # Without a length, too.
        pieces = (b"x" * 65536 for _ in range(200))
        connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=20)
        connection.request("POST", "/api/v1/alerts", pieces, {"Authorization": "Bearer " + key}, encode_chunked=True)
        equal(connection.getresponse().status, 413)
        connection.close()
        line = json.dumps(alert(args={"a": "x" * 2_200_000})).encode()
        assert "too long" in console.send([line], key).json["errors"][0]["error"]
        equal(console.send([alert(args={"a": "x" * 1_000_000})], key).json["stored"], 1)


@test
def a_key_is_needed():
    with Console() as console:
        key, admin = console.key("shop"), console.admin()
        other = console.key("other")
        for wrong in ("x", key + "x", key[:-1], ""):
            equal(console.send([alert()], wrong).status, 401)
        equal(admin.ask("POST", "/api/v1/alerts", b"{}").status, 401)
        equal(console.send([alert()], other).status, 200)
        equal(admin.alerts()[0]["app"], "other")
        equal(console.command("key", "revoke", "shop").returncode, 0)
        equal(console.send([alert()], key).status, 401)
        equal([line.split("\t")[0] for line in console.command("key", "list").stdout.splitlines()], ["other"])
        equal(console.command("key", "revoke", "shop").returncode, 1)
        equal(console.command("key", "add", "a/b").returncode, 2)
        stored = console.sql("SELECT * FROM keys") + console.sql("SELECT * FROM audit")
        assert len(stored) == 5 and other not in str(stored), "the key itself is stored"


@test
def killed_in_the_middle_loses_nothing_acknowledged():
    with Console() as console:
        key, acknowledged, lock = console.key(), set(), threading.Lock()

        def send():
            while True:
                batch = [alert() for _ in range(10)]
                try:
                    answer = console.send(batch, key)
                except (OSError, http.client.HTTPException):
                    return
                if answer.status == 200:
                    with lock:
                        acknowledged.update(one["id"] for one in batch)

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 1000:
            assert console.process.poll() is None
        console.kill()
        for thread in threads:
            thread.join()
        console.start()
        admin, stored, query = console.admin(), set(), "limit=500"
        while query:
            answer = admin.get("/api/v1/alerts?" + query).json
            stored.update(one["id"] for one in answer["alerts"])
            query = answer["next"] and f"limit=500&before={answer['next']}"
        assert acknowledged <= stored, f"{len(acknowledged - stored)} of {len(acknowledged)} are lost"


@test
def two_hundred_clients_at_once():
    with Console() as console:
        key, results = console.key(), []
        threads = [threading.Thread(target=lambda: results.append(console.send([alert() for _ in range(5)], key).status)) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(results, [200] * 200)
        equal(len(console.admin().alerts("limit=500")), 500)


@test
def a_slow_client_delays_nobody():
    with Console() as console:
        key, slow = console.key(), []
        for _ in range(50):
            one = socket.create_connection(("127.0.0.1", console.port))
            one.sendall(f"POST /api/v1/alerts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 1000\r\n\r\n{{".encode())
            slow.append(one)
        equal(console.send([alert()], key, timeout=5).status, 200)
        for one in slow:
            one.close()
        equal(console.stop(), 0)


@sqlite_test
def a_full_disk_is_said_and_survived():
    if os.geteuid():
        raise Skip("a small disk takes root to mount")
    directory = tempfile.mkdtemp()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", directory], check=True)
    try:
        with Console(directory) as console:
            key, admin, stored = console.key(), console.admin(), 0
            for _ in range(100):
                answer = console.send([alert(args={"a": os.urandom(5000).hex()}) for _ in range(50)], key)
                if answer.status != 200:
                    break
                stored += answer.json["stored"]
            equal(answer.status, 503)
            assert "disk is full" in answer.json["error"] and answer.headers["Retry-After"]
            found, query = 0, "limit=500"
            while query:
                page = admin.get("/api/v1/alerts?" + query).json
                found += len(page["alerts"])
                query = page["next"] and f"limit=500&before={page['next']}"
            equal(found, stored)
            subprocess.run(["mount", "-o", "remount,size=64m", directory], check=True)
            equal(console.send([alert()], key).status, 200)
    finally:
        subprocess.run(["umount", "-l", directory], check=True)


@test
def files_are_imported():
    with Console() as console:
        admin, path = console.admin(), os.path.join(console.directory, "alerts.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            for number in range(4500):
                file.write(json.dumps(alert(target="blog" if number % 2 else None)) + "\n")
            file.write("nonsense\n")
        done = console.command("import", path)
        equal(done.returncode, 0)
        assert "line 4501: not JSON" in done.stderr and "4500 alerts stored" in done.stderr, done.stderr
        assert "4500 were there already" in console.command("import", path).stderr
        equal(len(admin.alerts("app=blog&limit=500")), 500)
        equal(len(admin.alerts("app=unknown&limit=10")), 10)
        equal(console.command("import", path + ".not").returncode, 1)
