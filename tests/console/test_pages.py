# SPDX-License-Identifier: GPL-2.0-only
"""The list and the page of an alert, in Chromium."""

import json
import urllib.parse

from browser import Browser
from console import PASSWORD, Console, alert
from harness import equal, sqlite_test, test
from pages import CHECKS, picture, signed_in, some_alerts


@test
def the_first_five_minutes():
    with Console() as console, Browser() as browser:
        browser.open(console.url)
        browser.wait("Sign in")
        browser.open(f"{console.url}/setup#{console.link()}")
        browser.wait("Set your password")
        assert "#" not in browser.url, "the link's token stays in the address"
        browser.fill("#password", PASSWORD)
        browser.fill("#again", PASSWORD + "x")
        browser.click("button")
        browser.wait("not the same")
        browser.fill("#again", PASSWORD)
        browser.click("button")
        browser.wait("No alert has arrived yet")
        browser.click_link("The list of alerts")
        browser.wait("Live")
        picture(browser, "empty")
        console.send([alert()], console.key())
        browser.wait("1 new alert")
        browser.click("#fresh")
        browser.wait("Access to Environment Variable")
        browser.click("#who button")
        browser.wait("Name")
        browser.fill("#user", "admin")
        browser.fill("#password", "something else")
        browser.click("button")
        browser.wait("the name or the password is wrong")


@test
def the_list_is_narrowed_and_its_address_says_so():
    with Console() as console:
        console.admin()
        console.send(some_alerts(), console.key())
        with signed_in(console, "/alerts") as browser:
            browser.wait("50 alerts")
            browser.click_link("Older")
            browser.wait("20 alerts")
            browser.click_link("Newest")
            browser.wait("50 alerts")
            browser.fill("#q", "passwd")
            browser.click("form .primary")
            browser.wait("23 alerts")
            equal(urllib.parse.urlparse(browser.url).query, "q=passwd")
            browser.click_link("203.0.113.1")
            browser.wait("10 alerts")
            browser.wait(lambda: browser.run("return document.getElementById('more').open"))
            browser.fill("#session", "s-1")
            browser.click("form .primary")
            browser.wait("2 alerts")
            equal(dict(urllib.parse.parse_qsl(urllib.parse.urlparse(browser.url).query)), {"addr": "203.0.113.1", "session": "s-1"})
            browser.click_link("Client address")
            browser.wait("14 alerts")
            browser.open(console.url + "/alerts?rule=none")
            browser.wait("No alert fits these filters")
            browser.open(console.url + "/alerts?since=90m")
            browser.wait("Since: 90m")


@test
def the_keyboard_is_enough():
    with Console() as console:
        console.admin()
        console.send(some_alerts(), console.key())
        with signed_in(console, "/alerts") as browser:
            browser.wait("50 alerts")
            for _ in range(3):
                browser.press("j")
            browser.press("k")
            browser.press("Enter")
            browser.wait(lambda: "/alerts/a68" in browser.url and "Called by" in browser.text())
            browser.press("j")
            browser.wait(lambda: "/alerts/a67" in browser.url and "Called by" in browser.text())
            browser.press("k")
            browser.wait(lambda: "/alerts/a68" in browser.url and "Called by" in browser.text())
            browser.press("u")
            browser.wait("50 alerts")
            browser.press("/")
            browser.wait(lambda: browser.run("return document.activeElement.id") == "q")


@test
def an_alert_shows_what_matters_first():
    with Console() as console:
        console.admin()
        key = console.key()
        console.send(some_alerts(), key)
        with signed_in(console, "/alerts/a67?level=alert") as browser:
            browser.wait("Raw JSON")
            text = browser.text()
            wanted = ["Shell Command in system", "alert", "It ran.", "What ran", "Matched", "Came with the request", "form host", "Arguments",
                      "Called by", "hello /srv/app/app.py:7 · application", "Request", "203.0.113.4", "Process", "python3 app.py", "Rule", "attack.T1059.006"]
            places = [text.find(word) for word in wanted]
            assert -1 not in places and places == sorted(places), list(zip(wanted, places))
            assert "; cat /etc/passwd" in browser.run("return [...document.querySelectorAll('mark')].map((m) => m.textContent)")
            equal(browser.run("return document.querySelectorAll('ol.chain li.own').length"), 1)
            browser.click("article > details summary")
            shown = browser.run("return document.querySelector('article > details pre').textContent")
            equal(json.loads(shown)["id"], "a67")
            browser.click_link("Older")
            browser.wait(lambda: "/alerts/a64?level=alert" in browser.url and "Called by" in browser.text())
            browser.click_link("attack.T1059.006")
            browser.wait("50 alerts")
            browser.open(console.url + "/alerts/a67")
            browser.wait("Called by")
            browser.click_link("show them")
            browser.wait("23 alerts")
            browser.open(console.url + "/alerts/none")
            browser.wait("no alert")
            assert "404" in browser.complaints()[0]


@test
def an_alert_stands_for_others():
    with Console() as console:
        console.admin()
        pod = {"namespace": "shop", "pod": "shop-5d", "pod_uid": None, "container": "web", "node": "node-1", "labels": None}
        span = {"since": "2026-01-02T03:04:05.678901Z", "until": "2026-01-02T03:04:15.000000Z"}
        console.send([alert(id="many", repeated={"count": 1234, **span}, kubernetes=pod), alert(id="odd", repeated={"count": "<b>"}),
                      alert(id="one")], console.key())
        with signed_in(console, "/alerts/many") as browser:
            browser.wait("Stands for 1234 calls, ")
            assert "container's name\nweb" in browser.text(), browser.text()
            times = browser.run("return [...document.querySelectorAll('.lead strong time')].map((t) => t.dateTime)")
            equal(times, list(span.values()))
            browser.open(console.url + "/alerts/odd")
            browser.wait("Stands for <b> calls, ? to ?")
            browser.open(console.url + "/alerts/one")
            browser.wait("Called by")
            assert "Stands for" not in browser.text()


@test
def an_alert_is_judged_and_excepted():
    with Console() as console:
        console.admin()
        key = console.key()
        console.send([alert(id=f"a{number}", time=f"2026-01-02T03:04:0{number}Z", callers=[{"function": "backup", "file": "/srv/app/jobs.py", "line": 3}])
                      for number in range(4)], key)
        with signed_in(console, "/alerts/a3") as browser:
            browser.wait("Make an exception")
            browser.fill("#note", "our own backup")
            browser.click("#equal")
            browser.click_button("False alarm")
            browser.wait("admin: false alarm – our own backup")
            browser.click_button("Make an exception")
            browser.wait("It is made of 4 stored alerts")
            browser.wait("app_caller:")
            browser.open(console.url + "/alerts?state=false-alarm")
            browser.wait("4 alerts")
            browser.wait("✕ false alarm")


HOSTILE = ["<script>window.hacked = 1</script>", "<img src=x onerror='window.hacked=1'>", "javascript:window.hacked=1", "\"'><svg onload=window.hacked=1>",
           "'; DROP TABLE alerts; --", "\u202egnp.exe", "a\u0000b\u001b[31m\u0007", "\ud800", "{{7*7}}${7*7}", "A" * 1_000_000, "__proto__", "%00%0a", "line\nline"]


@test
def hostile_alerts_are_shown_harmlessly():
    with Console() as console:
        console.admin()
        key = console.key()
        for number, text in enumerate(HOSTILE):
            short = text[:5000]
            one = alert(**{"id": f"h{number}", "host": short, "rule.name": short, "rule.tags": [short, "attack.T1<b>"], "function.name": short, "function.qualname": short,
                           "function.file": short, "args": {short: text, "__proto__": short}, "value": {short: short}, "action": short, "probe": short,
                           "callers": [{"function": short, "file": short, "line": None}, None, 7], "process.cmdline": [short], "process.exe": short,
                           "request.path": short, "request.query": short, "request.user_agent": short, "request.session": short, "request.remote_addr": short,
                           "input": {"source": short, "name": short, "value": short, "arg": short}})
            answer = console.send([one], key).json
            equal((answer["stored"], answer["errors"]), (1, []))
        odd = [alert(id="odd1", args=[1], value="x", callers={}, request=[], process=3, input="y", function="z"),
               {"id": "odd2", "time": "2026-01-02T03:04:05Z", "rule": {"name": "only", "level": "info"}}]
        equal(console.send(odd, key).json["stored"], 2)
        with signed_in(console, "/alerts") as browser:
            browser.wait(f"{len(HOSTILE) + 2} alerts")
            for number in [*range(len(HOSTILE))]:
                browser.open(f"{console.url}/alerts/h{number}")
                browser.wait("Raw JSON")
                equal(browser.run("return [window.hacked, document.querySelectorAll('main script, main img, main svg, [onload], [onerror]').length, "
                                  "[...document.links].filter((a) => new URL(a.href).origin !== location.origin).length]"), [None, 0, 0])
                assert not any(hidden in browser.run("return document.body.innerText.slice(0, 20000)") for hidden in "\u202e\u0000\u001b")
                assert not browser.run("return document.documentElement.scrollWidth > innerWidth"), HOSTILE[number][:50]
            for name in ("odd1", "odd2"):
                browser.open(f"{console.url}/alerts/{name}")
                browser.wait("Raw JSON")
            browser.open(f"{console.url}/alerts?" + urllib.parse.urlencode({"rule": HOSTILE[0], "host": HOSTILE[0]}))
            browser.wait("1 alerts")
            equal(browser.run("return window.hacked"), None)


@sqlite_test
def pages_are_for_everybody_at_every_size():
    with Console() as console:
        console.admin()
        console.send(some_alerts(), console.key())
        for name, width, dark in (("1280-light", 1280, False), ("1280-dark", 1280, True), ("390-light", 390, False), ("390-dark", 390, True), ("320-light", 320, False)):
            with signed_in(console, width=width, dark=dark) as browser:
                for page, path, text in (("list", "/alerts?level=alert&since=2026-01-01T00:00:00Z", "23 alerts"), ("alert", "/alerts/a67", "Raw JSON")):
                    browser.open(console.url + path)
                    browser.wait(text)
                    picture(browser, f"{page}-{name}")
                    equal((name, page, browser.run(CHECKS)), (name, page, []))
