# SPDX-License-Identifier: GPL-2.0-only
"""The overview and the pages of sessions, in Chromium and without; hours that are counted as alerts come and go."""

import datetime
import gzip
import os
import re
import tempfile
import urllib.parse

from console import ROOT, Console, alert
from harness import equal, sqlite_test, test, until
from pages import CHECKS, picture, signed_in


def ago(**span):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


RULES = [("Shell Command", "alert", ["attack.T1059.004", "CWE-78"], "/ping"), ("File Read Outside", "warn", ["attack.T1005", "attack.T1083"], "/download"),
         ("Access to Environment Variable", "info", ["attack.T1552"], "/ssti"), ("Template Injection", "alert", ["attack.T1190", "attack.T9999"], "/hello")]


def a_day():
    """200 alerts of the last 20 hours: more of the first rules than of the last."""
    for number in range(200):
        rule, level, tags, path = RULES[min(number % 7, 3)]
        yield alert(**{"id": f"d{number}", "time": ago(minutes=5 + 6 * number), "rule.name": rule, "rule.level": level, "rule.tags": tags, "request.path": path,
                       "request.remote_addr": f"203.0.113.{number % 5}", "host": f"app-{number % 3}", "request.session": f"s-{number % 4}"})


def hours_are_counted_right(console):
    """What is kept for each hour is what a count of all alerts gives."""
    kept = {tuple(row) for row in console.sql("SELECT part, hour, what, alerts FROM hours")}
    counted = set()
    for part, column in ((0, "CASE level WHEN 0 THEN 'info' WHEN 1 THEN 'warn' ELSE 'alert' END"), (1, "rule"), (2, "path"), (3, "addr"), (4, "app")):
        counted |= {tuple(row) for row in console.sql(f"SELECT {part}, seq / 2048 / 3600000000, {column}, count(*) FROM alerts WHERE {column} IS NOT NULL GROUP BY 2, 3")}
    counted |= {tuple(row) for row in console.sql("SELECT 5, seq / 2048 / 3600000000, tag, count(*) FROM tags WHERE tag LIKE 'attack.t%' GROUP BY 2, 3")}
    equal(kept, counted)
    return kept


@test
def hours_count_what_comes_and_what_goes():
    with Console() as console:
        key, admin = console.key(), console.admin()
        alerts = list(a_day())
        console.send(alerts[:120], key)
        console.send(alerts[60:], key)
        assert len(hours_are_counted_right(console)) > 100
        overview = admin.get("/api/v1/overview?since=24h").json
        equal((overview["total"], sum(bar["alert"] + bar["warn"] + bar["info"] for bar in overview["series"]), len(overview["series"])), (200, 200, 24))
        equal({one["name"]: one["alerts"] for one in overview["rule"]}["Template Injection"], 113)
        equal([one["name"] for one in overview["technique"]], ["T1190", "T9999", "T1005", "T1059", "T1059.004", "T1083", "T1552"])
        equal(overview["unseen"], 142)
        equal(admin.get("/api/v1/overview?since=yesterday").status, 400)
        equal(console.command("forget", "s-1").stdout, "50 alerts forgotten\n")
        hours_are_counted_right(console)
        for session in ("s-0", "s-2", "s-3"):
            console.command("forget", session)
        equal(hours_are_counted_right(console), set())


@sqlite_test
def hours_of_a_store_from_before_are_counted():
    directory = tempfile.mkdtemp()
    with gzip.open(os.path.join(os.path.dirname(__file__), "store-2.db.gz")) as old, open(os.path.join(directory, "console.db"), "wb") as file:
        file.write(old.read())
    with Console(directory) as console:
        assert len(hours_are_counted_right(console)) > 20
        admin = console.admin()
        equal(len(admin.alerts()), 6)
        equal([one["session"] for one in admin.get("/api/v1/sessions").json["sessions"]], ["s-1"])


@test
def senders_are_known_by_what_they_send_and_say():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([alert(host="app-1"), alert(host="app-1"), alert(host="app-2")], key, User_Agent="phrude-trace/0.9")
        equal({(one["host"], one["app"], one["agent"], one["alerts"], one["report"]) for one in admin.get("/api/v1/senders").json["senders"]},
              {("app-1", "shop", "phrude-trace/0.9", 2, None), ("app-2", "shop", "phrude-trace/0.9", 1, None)})
        said = {"host": "app-1", "version": "1.0", "lost": {"ring": 3}, "overhead": 0.013}
        equal(console.client().ask("POST", "/api/v1/senders", said, Authorization="Bearer " + key).status, 200)
        first = admin.get("/api/v1/senders").json["senders"][0]
        equal((first["host"], first["alerts"], first["report"]), ("app-1", 2, said))
        console.stop()
        console.sql("UPDATE senders SET heard = heard - 31 * 86400000000 WHERE host = 'app-2'")
        console.start()
        until(lambda: [one["host"] for one in console.client_of("admin").get("/api/v1/senders").json["senders"]] == ["app-1"])
        for wrong in ([], {"host": ""}, {"version": "1"}):
            equal(console.client().ask("POST", "/api/v1/senders", wrong, Authorization="Bearer " + key).status, 400)
        equal(console.client().ask("POST", "/api/v1/senders", {"host": "x" * 20000}, Authorization="Bearer " + key).status, 413)


@test
def each_number_of_the_overview_leads_to_its_alerts():
    with Console() as console:
        console.admin()
        key = console.key()
        console.send(a_day(), key)
        console.client().ask("POST", "/api/v1/senders", {"host": "app-1", "version": "1.0", "lost": {"ring <b>": 3, "queue": 0}, "overhead": 0.013}, Authorization="Bearer " + key)
        with signed_in(console) as browser:
            browser.wait("Senders")
            text = browser.text()
            for word in ("142", "of level alert that nobody has looked at", "Template Injection", "T1059.004", "Unix Shell", "Execution", "Other", "T9999", "ring <b> 3", "1.3 %", "sends alerts alone", "● heard"):
                assert word in text, (word, text)
            # All links of the page that count something give as many alerts as they say.
            links = browser.run("return [...document.querySelectorAll('.ranking tr, .matrix li')].map((e) => [e.querySelector('a').getAttribute('href'), "
                                "e.querySelector('.count').textContent.trim()])")
            assert len(links) > 15, links
            admin = console.client()
            admin.cookie = "phrude_session=" + next(one["value"] for one in browser.ask("GET", "/cookie") if one["name"] == "phrude_session")
            for href, number in links:
                equal((href, str(len(admin.alerts(urllib.parse.urlparse(href).query + "&limit=500")))), (href, number))
            bars = browser.run("return [...document.querySelectorAll('svg.chart a')].map((a) => [a.getAttribute('href'), a.querySelector('title').textContent])")
            assert 15 < len(bars) <= 24, bars
            for href, title in bars:
                wanted = sum(int(number) for number in re.findall(r"(\d+) (?:alert|warn|info)", title.split(": ", 1)[1]))
                equal((title, len(admin.alerts(urllib.parse.urlparse(href).query + "&limit=500"))), (title, wanted))
            browser.run("document.querySelector('svg.chart a').focus()")
            browser.press("Enter")
            browser.wait("newest first")
            assert "since=" in browser.url and "until=" in browser.url, browser.url
            browser.open(console.url)
            browser.wait("Senders")
            browser.click_link("7 days")
            browser.wait(lambda: "since=7d" in browser.url and "Senders" in browser.text())
            browser.click("details summary")
            browser.wait("From")


@test
def a_session_is_followed_from_server_to_server():
    with Console() as console:
        console.admin()
        key = console.key()
        base = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        alerts = []
        for number in range(60):
            mine = number % 6 == 0
            alerts.append(alert(**{"id": f"m{number}", "time": (base + datetime.timedelta(seconds=number)).isoformat().replace("+00:00", "Z"), "rule.name": f"Step {number:02}",
                                   "request.session": "wanderer <b>" if mine else f"other-{number % 5}", "host": "app-1" if number < 30 else "app-2", "request.path": f"/step/{number}",
                                   "request.remote_addr": "203.0.113.9" if number < 45 else "198.51.100.1"}))
        console.send(alerts[30:], console.key("shop-async"))
        console.send(alerts[:30], key)
        with signed_in(console, "/sessions") as browser:
            browser.wait("6 sessions of the newest 5000 alerts")
            browser.click_link("wanderer <b>")
            browser.wait("Oldest first")
            text = browser.text()
            steps = re.findall(r"Step (\d\d)", text)
            equal(steps, [f"{number:02}" for number in range(0, 60, 6)])
            assert text.index("Step 24") < text.index("Moved from app-1 (shop) to app-2 (shop-async)") < text.index("Step 30"), text
            assert text.index("Step 42") < text.index("Came from 203.0.113.9, and now from 198.51.100.1") < text.index("Step 48"), text
            assert "10 alerts on 2 servers" in text, text
            assert "All sessions together have 55 lines in that time: this page spares you 45 of them." in text, text
            browser.click_link("Step 30")
            browser.wait("all that it did")
            browser.press("j")
            browser.wait(lambda: "/alerts/m24" in browser.url and "Called by" in browser.text())
            browser.click_link("wanderer <b>")
            browser.wait("Oldest first")
            browser.click_link("in the list")
            browser.wait("10 alerts, newest first")
            browser.open(console.url + "/session?session=nobody")
            browser.wait("no alert has such a session")
            assert "404" in browser.complaints()[0]


@test
def a_long_session_has_pages():
    with Console() as console:
        admin = console.admin()
        console.send([alert(**{"id": f"l{number}", "time": f"2026-01-02T03:{number // 60:02}:{number % 60:02}Z", "request.session": "long"}) for number in range(1200)], console.key())
        found, after = [], ""
        while True:
            story = admin.get("/api/v1/sessions/story?session=long&limit=500" + after).json
            equal((story["total"], story["span"]), (1200, 1200))
            found += [one["id"] for one in story["page"]["alerts"]]
            if not story["page"]["next"]:
                break
            after = "&after=" + story["page"]["next"]
        equal(found, [f"l{number}" for number in range(1200)])
        equal(admin.get("/api/v1/sessions/story").status, 400)


@sqlite_test
def every_technique_of_the_rules_has_a_name():
    with open(os.path.join(ROOT, "user/console/pages/attack.js"), encoding="utf-8") as file:
        known = set(re.findall(r"^(T\d+(?:\.\d+)?) [A-Z,]+ ", file.read(), re.M))
    used = set()
    for name in os.listdir(os.path.join(ROOT, "rules")):
        with open(os.path.join(ROOT, "rules", name), encoding="utf-8") as file:
            used |= set(re.findall(r"attack\.(T\d+(?:\.\d+)?)", file.read()))
    assert len(used) > 20, used
    equal(used - known, set())


@sqlite_test
def these_pages_are_for_everybody_at_every_size():
    with Console() as console:
        console.admin()
        key = console.key()
        console.send(a_day(), key)
        console.client().ask("POST", "/api/v1/senders", {"host": "app-1", "version": "1.0", "lost": {"ring": 3}, "overhead": 0.013}, Authorization="Bearer " + key)
        for name, width, dark in (("1280-light", 1280, False), ("1280-dark", 1280, True), ("390-light", 390, False), ("390-dark", 390, True), ("320-light", 320, False)):
            with signed_in(console, width=width, dark=dark) as browser:
                for page, path, text in (("overview", "/?since=24h", "Senders"), ("sessions", "/sessions", "4 sessions"), ("session", "/session?session=s-1", "Oldest first")):
                    browser.open(console.url + path)
                    browser.wait(text)
                    picture(browser, f"{page}-{name}")
                    equal((name, page, browser.run(CHECKS)), (name, page, []))
