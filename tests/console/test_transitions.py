# SPDX-License-Identifier: GPL-2.0-only
"""Which page may follow which: decided within a session, whatever server sent what when."""

import os
import tempfile

from console import Console, alert
from harness import equal, sqlite_test, test, until
from pages import CHECKS, picture, signed_in
from test_attackers import at

ALLOWED = """
window: 10m
apps:
  shop:
    /: [start, any]
    /login: [/, /login]
    /product/*: [start, /, /product/*, /cart]
    /x/**: [/]
    /cart: [/product/*]
    /pay: /cart
    /static/**: any
"""


def allowed(text=ALLOWED):
    handle, path = tempfile.mkstemp(suffix=".yaml")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return path


def options(grace="1s", text=ALLOWED):
    return ["--keep", "0", "--transitions", allowed(text), "--transitions-grace", grace]


def request(path, ago=0, session="s-1", **changes):
    """What a rule of rules/requests.yaml reports."""
    return alert(**{"time": at(ago), "rule.name": "Request to gunicorn", "rule.tags": ["request"], "request.path": path, "request.session": session, **changes})


def wrong(client):
    return [(one["session"], one["path"]) for one in client.alerts("rule=Wrong+Page+Transition&limit=500")]


def decided(client, count):
    until(lambda: client.get("/api/v1/transitions").json["watch"]["decided"] >= count)


@test
def a_page_that_nothing_allowed_came_before_is_reported():
    with Console(options=options()) as console:
        key, admin = console.key(), console.admin()
        until(lambda: console.sql("SELECT count(*) FROM decided") == [["1"]])
        good = [request(path, 60 - n, "good", host=f"app-{n % 3}") for n, path in enumerate(("/", "/login", "/static/a/b.css", "/product/1", "/product/2", "/cart", "/other", "/pay"))]
        bad = [request("/", 50, "bad"), request("/pay", 49, "bad", **{"request.remote_addr": "198.51.100.7", "host": "app-9"}), request("/cart", 48, "first"),
               request("/product/1", 1300, "late"), request("/cart", 20, "late"), request("/cart", 47, None), request("/cart", 46, "else", **{"rule.tags": []})]
        # In no order, as servers send them.
        for one in (good + bad)[::-1]:
            equal(console.send([one], key).status, 200)
        decided(admin, 13)
        equal(sorted(wrong(admin)), [("bad", "/pay"), ("first", "/cart"), ("late", "/cart")])
        found = next(one for one in admin.alerts("rule=Wrong+Page+Transition") if one["session"] == "bad")
        whole = admin.get("/api/v1/alerts/" + found["id"]).json
        equal(found["id"], "transition-" + bad[1]["id"])
        equal((whole["app"], whole["alert"]["host"], whole["alert"]["request"], whole["alert"]["time"]), ("shop", "app-9", bad[1]["request"], bad[1]["time"]))
        equal((whole["alert"]["value"], whole["alert"]["rule"]["level"]), ({"page": "/pay", "before": "/"}, "warn"))
        story = admin.get("/api/v1/sessions/story?session=bad").json["page"]["alerts"]
        equal([one["rule"] for one in story].count("Wrong Page Transition"), 1)
        equal(admin.get("/api/v1/transitions").json["watch"]["wrong"], 3)
        # What was decided is not decided again, by whichever console.
        console.stop()
        console.start()
        with Console(store=console.store, options=options()) as other:
            console.send([request("/pay", 10, "bad2")], key)
            clients = [console.client_of("admin"), other.client_of("admin")]
            for client in clients:
                until(lambda: len(wrong(client)) == 4)
            watches = [client.get("/api/v1/transitions").json["watch"] for client in clients]
            equal(sum(watch["wrong"] for watch in watches), 1)


@test
def what_comes_late_is_in_its_place():
    with Console(options=options("6s")) as console:
        key, admin = console.key(), console.admin()
        until(lambda: console.sql("SELECT count(*) FROM decided") == [["1"]])
        console.send([request("/cart", 10, "good"), request("/cart", 10, "bad")], key)
        # Another server's, three seconds earlier in time, and later in coming.
        console.send([request("/product/1", 13, "good", host="app-2"), request("/product/1", 7, "bad", host="app-2")], key)
        decided(admin, 4)
        equal(wrong(admin), [("bad", "/cart")])


@test
def allowed_transitions_are_learned():
    with Console(options=options()) as console:
        key = console.key()
        for number in range(4):
            console.send([request("/", 100, f"s-{number}"), request(f"/product/{number}", 99, f"s-{number}"), request("/item/3f2a9c1e-0b7d", 98, f"s-{number}"),
                          request("/cart", 97, f"s-{number}"), request("/a: \"b\"\n#", 96, f"s-{number}")], key)
        console.send([request("/", 100, "x", target="billing")], console.key("billing"))
        done = console.command("transitions", "learn", "--app", "shop")
        equal(done.returncode, 0)
        assert '    "/product/*":\n      - "/"  # 4\n' in done.stdout and '    "/":\n      - start  # 4\n' in done.stdout and '"/item/*"' in done.stdout and "billing" not in done.stdout, done.stdout
        assert '  "billing":\n' in console.command("transitions", "learn").stdout
        # It is a file that allows what it was learned from.
        with Console(options=options(text=done.stdout)) as other:
            key, admin = other.key(), other.admin()
            until(lambda: other.sql("SELECT count(*) FROM decided") == [["1"]])
            other.send([request("/", 50), request("/product/77", 49), request("/item/00000000", 48), request("/cart", 47), request("/a: \"b\"\n#", 46), request("/product/5", 45, "s-2")], key)
            decided(admin, 6)
            equal(wrong(admin), [("s-2", "/product/5")])
        empty = console.command("transitions", "learn", "--app", "nobody").stdout
        assert empty.endswith("apps: {}\n"), empty


@sqlite_test
def mistakes_in_allowed_transitions_are_said():
    with Console() as console:
        for text, said in (("- x", "has to be a mapping"), ("window: 0s\napps: {}", "1:9: a span of time"), ("apps: {shop: {cart: any}}", "a page is a path"),
                           ("apps: {shop: {/cart: {a: b}}}", "a page has a list"), ("apps: {shop: {/cart: [x]}}", "what came before is a path"), ("pages: {}", "pages")):
            done = console.command("serve", "--transitions", allowed(text))
            equal((text, done.returncode), (text, 2))
            assert said in done.stderr and "nothing was done" in done.stderr, (said, done.stderr)
        equal(console.command("serve", "--transitions", "/nowhere").returncode, 2)
        equal(console.command("serve", "--transitions-grace", "0").returncode, 2)
        equal(console.admin().get("/api/v1/transitions").json["watch"], None)


@sqlite_test
def each_role_may_see_transitions():
    with Console() as console:
        admin, key = console.admin(), console.key()
        for path in ("/transitions", "/transitions.js", "/api/v1/transitions", "/api/v1/reports"):
            found = [console.client().get(path).status, console.client().get(path, Authorization="Bearer " + key).status, *(client.get(path).status for client in (console.user(f"v{len(path)}", "viewer"), admin))]
            equal((path, found), (path, [401, 403, 200, 200]))


@sqlite_test
def the_page_of_transitions_is_for_everybody_at_every_size():
    with Console() as without:
        without.admin()
        with signed_in(without, "/transitions") as browser:
            browser.wait("Nothing is looked after")
            equal(browser.run(CHECKS), [])
    with Console(options=options()) as console:
        admin, key = console.admin(), console.key()
        until(lambda: console.sql("SELECT count(*) FROM decided") == [["1"]])
        console.send([request("/", 60, "a-session-with-a-long-id-0123456789abcdef"), request("/pay", 50, "a-session-with-a-long-id-0123456789abcdef"), request("/cart", 40, "s-2"),
                      request("/x/<script>alert(1)</script>\u202e", 30, "s-3")], key)
        decided(admin, 4)
        until(lambda: len(wrong(admin)) == 3)
        for name, width, dark in (("1280-light", 1280, False), ("1280-dark", 1280, True), ("390-light", 390, False), ("390-dark", 390, True), ("320-light", 320, False)):
            with signed_in(console, "/transitions", width=width, dark=dark) as browser:
                browser.wait("no allowed page came before")
                browser.wait("\\u202e")
                picture(browser, f"transitions-{name}")
                equal((name, browser.run(CHECKS)), (name, []))
        with signed_in(console, "/transitions") as browser:
            browser.wait("no allowed page came before")
            browser.click_link("/pay")
            browser.wait("Wrong Page Transition")
            browser.wait("a-session-with-a-long-id")
