# SPDX-License-Identifier: GPL-2.0-only
"""The page of reports, in Chromium: any span of time, what is kept of it, and how reports go out."""

import json
import urllib.parse

from browser import Browser
from console import Console, alert
from harness import equal, sqlite_test, test, until
from pages import CHECKS, picture, signed_in
from receivers import Certificate, Hook
from test_attackers import at

certificate = Certificate()
DAY = 86400
HOSTILE = "<img src=x onerror='window.hacked=1'>\u202e"


def options(hook, every="2s"):
    return ["--keep", "0", "--report-every", every, "--report-webhook", hook.url, "--send-ca-file", certificate.file]


def some(console):
    """Alerts of the last hour, of three days ago, of ten and of forty days ago."""
    key = console.key()
    console.send([alert(id="oldest", time=at(40 * DAY), **{"rule.name": "Known"}), alert(id="gone", time=at(10 * DAY), **{"rule.name": "Gone"})], key)
    console.send([alert(id=f"k{number}", time=at(3 * DAY + number), **{"rule.name": "Known", "request.session": "s-1"}) for number in range(12)], key)
    console.send([alert(id=f"n{number}", time=at(600 + number), **{"rule.name": f"Rule {number:02} {HOSTILE}", "rule.level": "alert", "rule.tags": ["attack.T1190"], "request.remote_addr": f"198.51.100.{number}"})
                  for number in range(13)], key)
    # What is a number comes first in a script's objects, however often it occurs.
    console.send([alert(id="seven", time=at(500), **{"rule.name": "7"})], key)
    admin = console.admin()
    equal(admin.ask("POST", "/api/v1/alerts/k3", {"state": "false-alarm", "note": "ours"}).status, 200)
    return admin


def panels(browser):
    """{heading: [its values, in order]}"""
    return dict(browser.run("return [...document.querySelectorAll('#report section')].map((s) => [s.querySelector('h2').textContent, [...s.querySelectorAll('a.row')].map((a) => a.textContent)])"))


@test
def a_report_of_any_time_is_shown():
    with Console() as console:
        admin = some(console)
        with signed_in(console) as browser:
            browser.click_link("Reports")
            browser.wait("26 alerts")
            browser.wait("1 in as long a time before")
            equal(urllib.parse.urlparse(browser.url).path, "/reports")
            found = panels(browser)
            equal(sorted(found["Levels"]), ["alert", "info"])
            equal(found["Rules"][0], "Known")
            assert "<img src=x" in found["Rules"][2] and "\\u202e" in found["Rules"][2], found
            equal((len(found["Rules"]), len(found["New: Rules"]), len(found["Client addresses"])), (10, 10, 10))
            assert "and 5 others" in browser.text() and "and 4 others" in browser.text(), browser.text()
            equal(sorted(found["ATT&CK techniques"]), ["T1059", "T1059.006", "T1190"])
            equal((found["New: ATT&CK techniques"], found["Sessions"], found["Applications"]), (["T1190"], ["s-1"], ["shop"]))
            equal(found["Silenced: marked as false alarms, by rule"], ["Known"])
            equal(found["Silent now: rules that had alerts before, and have none"], ["Gone"])
            equal(browser.run("return [window.hacked, document.querySelectorAll('main img').length]"), [None, 0])
            # Each value leads to the alerts that it counts.
            for heading, wanted in (("Levels", 13), ("Rules", 12), ("ATT&CK techniques", 13), ("Silenced: marked as false alarms, by rule", 1), ("Applications", 26)):
                href = browser.run("return [...document.querySelectorAll('#report section')].find((s) => s.querySelector('h2').textContent === arguments[0]).querySelector('a.row').href", heading)
                equal((heading, len(admin.alerts(urllib.parse.urlparse(href).query + "&limit=500"))), (heading, wanted))
            browser.click_link("24 hours")
            browser.wait("14 alerts")
            equal(urllib.parse.urlparse(browser.url).query, "since=24h")
            assert "12 in as long" not in browser.text()
            browser.click_link("30 days")
            browser.wait("27 alerts")
            browser.fill("#since", "4d")
            browser.fill("#until", "2d")
            browser.click("#own button")
            browser.wait("12 alerts")
            equal(urllib.parse.urlparse(browser.url).query, "since=4d&until=2d")
            equal(browser.run("return [since.value, until.value, document.querySelectorAll('#spans [aria-current]').length]"), ["4d", "2d", 0])
            browser.wait("Nothing is new")
            browser.open(console.url + "/reports?since=2d&until=1d")
            browser.wait("There was no alert in this time")
            assert "Rules" not in panels(browser), panels(browser)
            browser.open(console.url + "/reports?since=yesterday")
            browser.wait("since takes a time")
            browser.wait("This console sends no reports by itself")
            assert "400" in browser.complaints()[0]
            browser.open(console.url + "/reports?since=1d&until=2d")
            browser.wait("since has to be before until")
            assert "400" in browser.complaints()[0]


@test
def a_report_is_kept_as_a_file():
    with Console() as console:
        admin = some(console)
        with signed_in(console, "/reports?since=7d") as browser:
            browser.wait("Download it as")
            links = dict(browser.run("return [...document.querySelectorAll('#report a[download]')].map((a) => [a.download, a.getAttribute('href')])"))
        for name, kind, part in (("report.html", "text/html", "<strong>26 alerts</strong>"), ("report.txt", "text/plain", "\n26 alerts; 1 in as long a time before\n"), ("report.json", "application/json", '"total":26,')):
            answer = admin.get(links[name])
            equal((answer.status, answer.headers["Content-Disposition"]), (200, "attachment; filename=" + name))
            assert answer.headers["Content-Type"].startswith(kind) and part in answer.body.decode(), (name, answer.body)
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "<img" not in answer.body.decode() or name != "report.html"
        equal(admin.get("/api/v1/report").headers["Content-Disposition"], None)
        equal(sorted(json.loads(admin.get(links["report.json"]).body)["rule"]), sorted(admin.get("/api/v1/report?since=7d").json["rule"]))
        answer = admin.get("/api/v1/report?format=pdf")
        equal((answer.status, answer.headers["Content-Disposition"]), (400, None))


@test
def reports_need_no_mouse():
    with Console() as console:
        some(console)
        with signed_in(console, "/reports") as browser:
            browser.wait("26 alerts")
            browser.press("1")
            browser.wait(lambda: "since=24h" in browser.url and "14 alerts" in browser.text())
            browser.press("3")
            browser.wait(lambda: "since=30d" in browser.url and "27 alerts" in browser.text())
            browser.press("/")
            browser.wait(lambda: browser.run("return document.activeElement.id") == "since")
            for key in ("5", "d", "Enter"):
                browser.press(key)
            browser.wait(lambda: "since=5d" in browser.url and "26 alerts" in browser.text())
            for key in ("j", "j", "k"):
                browser.press(key)
            first = browser.run("return document.activeElement.textContent")
            equal(first, browser.run("return document.querySelector('a.row').textContent"))
            browser.press("Enter")
            browser.wait(lambda: "/alerts?" in browser.url and "1 alerts, newest first" in browser.text())


@test
def how_reports_go_out_is_told():
    with Hook(certificate) as hook:
        hook.answers = [(503, {}, HOSTILE.encode())] * 3
        with Console(options=options(hook)) as console:
            admin = some(console)
            until(lambda: any(one["state"] == "owed" and one["tries"] for one in admin.get("/api/v1/reports").json["reports"]))
            until(lambda: len(hook.posts) > 2)
            schedule = admin.get("/api/v1/reports").json["schedule"]
            way = schedule["ways"][0]
            equal((schedule["every_s"], way["way"], way["to"]), (2, "webhook", hook.url.split("/hook")[0]))
            assert way["sent"]["state"] == "sent" and way["sent"]["ended"] >= way["sent"]["until"], way
            with signed_in(console, "/reports") as browser:
                browser.wait("A report every 2 seconds; the next one is for the time up to")
                text = browser.text()
                assert hook.url.split("/hook")[0] in text and "T0PSECRET" not in browser.run("return document.documentElement.outerHTML"), text

                def told():
                    # The latest one may be on its way when the page is asked for.
                    browser.open(console.url + "/reports")
                    browser.wait("A report every 2 seconds")
                    return "✓ sent" in browser.run("return document.querySelector('#schedule dl').innerText")

                browser.wait(told)
                browser.click("details summary")
                browser.wait("after 2 tries")
                equal(browser.run("return [window.hacked, document.querySelectorAll('main img').length]"), [None, 0])
                # The time that a report was of leads to it.
                href = browser.run("return document.querySelector('details td a').href")
                browser.open(href)
                browser.wait("Download it as")
                report = next(body["report"] for body in hook.bodies if body["report"]["since"] in urllib.parse.unquote(href))
                equal(admin.get("/api/v1/report?" + urllib.parse.urlparse(href).query).json["total"], report["total"])


@sqlite_test
def what_fails_is_shown_with_why():
    with Hook(certificate) as hook:
        hook.answers = [(503, {}, HOSTILE.encode())] * 1000
        with Console(options=options(hook)) as console:
            admin = some(console)
            until(lambda: any(one["error"] for one in admin.get("/api/v1/reports").json["reports"]))
            for name, width, dark in (("1280-light", 1280, False), ("390-dark", 390, True)):
                with signed_in(console, "/reports", width=width, dark=dark) as browser:
                    browser.wait("△ owed")
                    browser.wait("not yet")
                    browser.wait("it answers 503: <img src=x")
                    browser.run("document.getElementById('schedule').scrollIntoView()")
                    picture(browser, f"reports-failing-{name}")
                    equal((name, browser.run(CHECKS)), (name, []))
                    equal(browser.run("return [window.hacked, document.querySelectorAll('main img').length]"), [None, 0])


@sqlite_test
def what_an_older_version_sent_has_no_time():
    with Hook(certificate) as hook, Console(options=options(hook, "1d")) as console:
        admin = some(console)
        until(lambda: console.sql("SELECT count(*) FROM reports") == [["1"]])
        console.sql("UPDATE reports SET tries = 1, due = 0")
        equal([one["ended"] for one in admin.get("/api/v1/reports").json["reports"]], [None])
        with signed_in(console, "/reports") as browser:
            browser.wait("A report every day; the next")
            browser.wait("at a time that was not noted")


@test
def each_role_may_see_reports():
    with Console() as console:
        admin, key = console.admin(), console.key()
        clients = [console.user("vera", "viewer"), console.user("ann", "analyst"), admin]
        for path in ("/reports", "/reports.js", "/api/v1/report", "/api/v1/report?format=html", "/api/v1/reports"):
            found = [console.client().get(path).status, console.client().get(path, Authorization="Bearer " + key).status, *(client.get(path).status for client in clients)]
            equal((path, found), (path, [401, 403, 200, 200, 200]))
            equal((path, admin.ask("POST", path).status), (path, 405))


@sqlite_test
def the_page_of_reports_is_for_everybody_at_every_size():
    with Hook(certificate) as hook, Console(options=options(hook)) as console:
        some(console)
        until(lambda: len(hook.posts) > 1)
        for name, width, dark in (("1280-light", 1280, False), ("1280-dark", 1280, True), ("390-light", 390, False), ("390-dark", 390, True), ("320-light", 320, False)):
            with signed_in(console, "/reports", width=width, height=2600, dark=dark) as browser:
                browser.wait("26 alerts")
                browser.click("details summary")
                browser.wait("✓ sent")
                browser.wait("Latest first")
                picture(browser, f"reports-{name}")
                equal((name, browser.run(CHECKS)), (name, []))
    with Console() as without, Browser() as browser:
        browser.open(without.url + "/reports")
        browser.wait("Sign in")
