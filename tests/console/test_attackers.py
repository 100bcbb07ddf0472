# SPDX-License-Identifier: GPL-2.0-only
"""Who attacks: points, the list, its export, and what analysts say of it."""

import datetime
import threading
import urllib.parse

from console import PASSWORD, Console, alert
from harness import current, equal, postgres_test, sqlite_test, test, until
from pages import CHECKS, picture, signed_in
from receivers import Certificate, Hook, secret

ROUTES = [
    ("GET", "/attackers", None, 401, 403, 200, 200, 200),
    ("GET", "/attackers.js", None, 401, 403, 200, 200, 200),
    ("GET", "/api/v1/attackers", None, 401, 403, 200, 200, 200),
    ("POST", "/api/v1/attackers", None, 405, 405, 405, 405, 405),
    ("GET", "/api/v1/attackers/export", None, 401, 200, 200, 200, 200),
    ("GET", "/api/v1/attackers/export?format=nginx", None, 401, 200, 200, 200, 200),
    ("GET", "/api/v1/attackers/export?format=xml", None, 401, 400, 400, 400, 400),
    ("POST", "/api/v1/attackers/release", {"by": "address", "who": "192.0.2.1"}, 401, 403, 403, 404, 404),
    ("POST", "/api/v1/attackers/release", {"by": "x", "who": "192.0.2.1"}, 401, 403, 403, 400, 400),
    ("POST", "/api/v1/attackers/allowed", {"network": "192.0.2.0/33"}, 401, 403, 403, 400, 400),
    ("POST", "/api/v1/attackers/allowed", {"network": "192.0.2.0/24", "note": "x" * 401}, 401, 403, 403, 400, 400),
    ("POST", "/api/v1/attackers/allowed", {"network": "192.0.2.0/24"}, 401, 403, 403, 200, 200),
    ("DELETE", "/api/v1/attackers/allowed?network=192.0.2.0/24", None, 401, 403, 403, 200, 404),
    ("DELETE", "/api/v1/attackers/allowed", None, 401, 403, 403, 400, 400),
]


def at(seconds=0):
    """A time so many seconds ago."""
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def error(addr="203.0.113.9", ago=0, **changes):
    """An alert of a response that tells the client off."""
    return alert(**{"time": at(ago), "rule.name": "Client Error", "rule.tags": ["client-error"], "rule.level": "info",
                    "request.remote_addr": addr, "request.path": "/nothing", **changes})


def attack(addr="203.0.113.9", ago=0, **changes):
    return alert(**{"time": at(ago), "rule.level": "alert", "request.remote_addr": addr, **changes})


def attackers(client):
    answer = client.get("/api/v1/attackers")
    assert answer.status == 200, answer.body
    return answer.json["attackers"]


def who(client):
    return {one["who"] for one in attackers(client)}


def export(console, key, form="text"):
    answer = console.client().get("/api/v1/attackers/export?format=" + form, Authorization="Bearer " + key)
    assert answer.status == 200, answer.body
    return answer.body.decode()


@test
def new_attackers_are_told():
    """Each once, by whichever console took the alert; again after it was let go."""
    certificate = Certificate()
    with Hook(certificate) as hook:
        hook.answers = [(500, {}, b"no")]
        options = ["--attacker-webhook", hook.url, "--send-ca-file", certificate.file, "--attacker-headers-file", secret("X-Token: abc\n"), "--keep", "0"]
        with Console(options=options) as console:
            key, admin = console.key(), console.admin()
            equal(admin.get("/api/v1/attackers").json["webhook"], {"told": 0, "waiting": 0, "lost": 0, "failures": 0})
            console.send([error() for _ in range(9)] + [attack("192.0.2.1")], key)
            until(lambda: admin.get("/api/v1/attackers").json["webhook"] == {"told": 0, "waiting": 1, "lost": 0, "failures": 1})
            assert any("new attackers cannot be told: https://localhost:" in line and "it answers 500: no; it is tried again in 5 s" in line for line in console.lines), console.lines
            console.send([error(), attack("192.0.2.1"), attack("198.51.100.1")], key)
            told = lambda: [one["who"] for body in hook.bodies for one in body["attackers"]]
            until(lambda: len(told()) >= 3)
            equal(sorted(told()), ["192.0.2.1", "198.51.100.1", "203.0.113.9"])
            one = next(one for body in hook.bodies for one in body["attackers"] if one["who"] == "203.0.113.9")
            equal((one["by"], one["addr"], one["application"], one["score"], one["levels"]), ("address", "203.0.113.9", "shop", 10, {"info": 10, "warn": 0, "alert": 0}))
            equal(hook.posts[0][0]["X-Token"], "abc")
            equal(admin.ask("POST", "/api/v1/attackers/release", {"by": "address", "who": "192.0.2.1"}).status, 200)
            with Console(store=console.store, options=options) as other:
                other.send([attack("192.0.2.1"), attack("198.51.100.1")], key)
                until(lambda: len(told()) >= 4)
                equal(sorted(told()), ["192.0.2.1", "192.0.2.1", "198.51.100.1", "203.0.113.9"])
                equal(other.client_of("admin").get("/api/v1/attackers").json["webhook"]["told"], 1)
            # Where nobody listens they wait; what has no room is counted, and all of it is said.
            hook.answers = [(503, {"Retry-After": "600"}, b"")] * 9
            console.send([attack(f"10.1.{number // 250}.{number % 250}") for number in range(1200)], key)
            found = lambda: admin.get("/api/v1/attackers").json["webhook"]
            until(lambda: found()["lost"] == 200)
            equal((found()["waiting"], found()["told"]), (1000, 3))
            equal(console.stop(), 0)
            assert any("1200 new attackers were not told" in line for line in console.lines), console.lines[-3:]


@test
def each_role_against_each_route_of_attackers():
    with Console() as console:
        admin, key = console.admin(), console.key()
        clients = [console.client(), None, console.user("vera", "viewer"), console.user("ann", "analyst"), admin]
        for method, path, body, *wanted in ROUTES:
            for client, status in zip(clients, wanted):
                answer = client.ask(method, path, body) if client else console.client().ask(method, path, body, Authorization="Bearer " + key)
                assert answer.status == status, (method, path, body, answer.status, wanted)
        # Neither without the token that other sites do not know.
        token, admin.csrf = admin.csrf, None
        for method, path, body in (("POST", "/api/v1/attackers/release", {"by": "address", "who": "192.0.2.1"}), ("POST", "/api/v1/attackers/allowed", {"network": "192.0.2.0/24"}),
                                   ("DELETE", "/api/v1/attackers/allowed?network=127.0.0.0/8", None)):
            equal((path, admin.ask(method, path, body).status), (path, 403))
        admin.csrf = token
        equal([one["network"] for one in admin.get("/api/v1/attackers").json["allowed"]], ["127.0.0.0/8", "::1"])
        equal(console.client().get("/api/v1/attackers/export", Authorization="Bearer " + "x" * 40).status, 401)
        console.command("key", "revoke", "shop")
        equal(console.client().get("/api/v1/attackers/export", Authorization="Bearer " + key).status, 401)


@test
def ten_within_a_minute_make_an_attacker():
    with Console() as console:
        admin, key = console.admin(), console.key()
        # Nine in time, and one before it.
        console.send([error(ago=70)] + [error(ago=5) for _ in range(9)], key)
        # One at a time, and the same once more.
        for number in range(9):
            console.send([error("203.0.113.10", id=f"e{number}")] * 2, key)
        console.send([error("203.0.113.11", **{"rule.tags": ["other"]}) for _ in range(30)], key)
        equal(who(admin), set())
        equal(export(console, key), "")
        console.send([error(**{"request.session": "s"})], key)
        found = attackers(admin)
        equal([(one["by"], one["who"], one["addr"], one["score"], one["points"], one["levels"], one["applications"]) for one in found],
              [("address", "203.0.113.9", "203.0.113.9", 10, 10, {"info": 10, "warn": 0, "alert": 0}, ["shop"])])
        assert found[0]["since"] < found[0]["listed"] <= found[0]["last"] < found[0]["until"], found
        # One alert of the highest level is enough.
        console.send([attack("2001:DB8:0::1", ago=30), attack("::ffff:198.51.100.7")], key)
        equal([one["who"] for one in attackers(admin)], ["198.51.100.7", "203.0.113.9", "2001:db8::1"])
        console.send([attack("198.51.100.7")], console.key("other.app"))
        equal(next(one["applications"] for one in attackers(admin) if one["who"] == "198.51.100.7"), ["shop", "other.app"])


@test
def the_list_is_exported_and_nothing_else():
    with Console() as console:
        console.admin()
        key = console.key()
        hostile = ["203.0.113.9; } server {", "203.0.113.9 1;\nx", "$(id)", "", "unix:", None, "203.0.113.9/0", "0x7f.1", "a" * 600, "\u0000", 7]
        console.send([attack(addr) for addr in hostile], key)
        equal(export(console, key), "")
        console.send([attack(addr) for addr in ("203.0.113.9", "198.51.100.7", "2001:db8::1", "[2001:db8::2]", "203.0.113.9")], key)
        lines = ["198.51.100.7", "203.0.113.9", "2001:db8::1", "2001:db8::2"]
        equal(export(console, key).splitlines(), lines)
        equal(export(console, key, "nginx").splitlines(), [line + " 1;" for line in lines])
        equal(export(console, key, "haproxy").splitlines(), [line + " 1" for line in lines])
        for form in ("text", "nginx", "haproxy"):
            equal(console.command("attackers", "export", "--format", form).stdout, export(console, key, form))
        equal(console.command("attackers", "export", "--format", "json").returncode, 2)
        equal(console.command("report", "--format", "nginx").returncode, 2)
        equal(console.command("attackers").returncode, 2)


@test
def attackers_are_let_go():
    with Console(options=["--keep", "0", "--attacker-keep", "4s", "--attacker-window", "3s", "--attacker-score", "3"]) as console:
        admin, key = console.admin(), console.key()
        console.send([error() for _ in range(3)] + [attack("192.0.2.1", ago=100)], key)
        # What was recorded long ago is held against nobody.
        equal(who(admin), {"203.0.113.9"})
        before = attackers(admin)[0]
        console.send([error()], key)
        assert attackers(admin)[0]["until"] > before["until"]
        until(lambda: not who(admin))
        equal(export(console, key), "")
        # All begins anew.
        console.send([error() for _ in range(2)], key)
        equal(who(admin), set())
        console.send([error()], key)
        equal([(one["points"], one["score"]) for one in attackers(admin)], [(3, 3)])


@test
def rows_of_those_let_go_are_deleted():
    with Console() as console:
        key = console.key()
        console.send([attack(), error("192.0.2.1")], key)
        equal(console.sql("SELECT count(*) FROM attackers"), [["2"]])
        console.stop()
        console.sql("UPDATE attackers SET expires = expires - 7200000000 WHERE who = '203.0.113.9'")
        console.start()
        until(lambda: console.sql("SELECT who FROM attackers") == [["192.0.2.1"]])


@test
def allowed_networks_are_never_attackers():
    with Console() as console:
        admin, key = console.admin(), console.key()
        ann = console.user("ann", "analyst")
        console.send([attack("127.0.0.7"), attack("::1"), attack("10.1.2.3"), attack("10.2.0.1"), attack("2001:db8::5")], key)
        equal(who(admin), {"10.1.2.3", "10.2.0.1", "2001:db8::5"})
        # Those who are listed already are off the list at once.
        equal(ann.ask("POST", "/api/v1/attackers/allowed", {"network": "10.1.99.99/16", "note": "<b>ours</b>"}).status, 200)
        equal(who(admin), {"10.2.0.1", "2001:db8::5"})
        equal(export(console, key).splitlines(), ["10.2.0.1", "2001:db8::5"])
        console.send([attack("10.1.2.4")], key)
        mine = next(one for one in admin.get("/api/v1/attackers").json["allowed"] if one["network"] == "10.1.0.0/16")
        equal((mine["who"], mine["note"]), ("ann", "<b>ours</b>"))
        equal(ann.ask("DELETE", "/api/v1/attackers/allowed?" + urllib.parse.urlencode({"network": "10.1.0.0/16"})).status, 200)
        # What came meanwhile was not counted.
        equal(who(admin), {"10.1.2.3", "10.2.0.1", "2001:db8::5"})
        done = console.command("attackers", "allow", "2001:db8::/32")
        equal((done.returncode, done.stdout), (0, ""))
        equal(who(admin), {"10.1.2.3", "10.2.0.1"})
        equal(console.command("attackers", "disallow", "2001:db8::/32").returncode, 0)
        equal(console.command("attackers", "disallow", "2001:db8::/32").returncode, 1)
        equal(console.command("attackers", "allow", "everybody").returncode, 2)
        equal(ann.ask("POST", "/api/v1/attackers/release", {"by": "address", "who": "10.2.0.1"}).status, 200)
        equal(who(admin), {"10.1.2.3", "2001:db8::5"})
        console.send([error("10.2.0.1")], key)
        equal(who(admin), {"10.1.2.3", "2001:db8::5"})
        notes = [(note["who"], note["what"], note["detail"]) for note in admin.get("/api/v1/audit").json["audit"]]
        for note in (("ann", "allowed a network", "10.1.99.99/16"), ("ann", "allowed a network no longer", "10.1.0.0/16"), ("ann", "released an attacker", "10.2.0.1")):
            assert note in notes, (note, notes)
        assert any(what == "allowed a network" and detail == "2001:db8::/32" for _, what, detail in notes), notes


@test
def sessions_and_other_points_may_count():
    options = ["--keep", "0", "--attacker-by", "session", "--attacker-score", "5", "--attacker-points", "rule:Probe=2, level:alert=1"]
    with Console(options=options) as console:
        admin, key = console.admin(), console.key()
        probe = {"rule.name": "Probe", "request.session": "s 1"}
        console.send([error("192.0.2.1", **probe), error("192.0.2.2", **probe), error("192.0.2.3")], key)
        console.send([attack("192.0.2.4", **{"request.session": "s 2"}) for _ in range(4)] + [attack("192.0.2.5") for _ in range(9)], key)
        equal(who(admin), set())
        console.send([attack("192.0.2.9", **{"request.session": "s 1"})], key)
        equal([(one["by"], one["who"], one["addr"], one["score"]) for one in attackers(admin)], [("session", "s 1", "192.0.2.9", 5)])
        equal(export(console, key), "192.0.2.9\n")
        equal(admin.ask("POST", "/api/v1/attackers/release", {"by": "address", "who": "s 1"}).status, 404)
        equal(admin.ask("POST", "/api/v1/attackers/release", {"by": "session", "who": "s 1"}).status, 200)
        equal(attackers(admin), [])
        console.send([attack(**{"request.session": "s 3"}) for _ in range(5)], key)
        equal(who(admin), {"s 3"})
        equal(console.command("forget", "s 3").returncode, 0)
        equal(console.sql("SELECT count(*) FROM attackers WHERE who = 's 3'"), [["0"]])


@sqlite_test
def settings_are_checked():
    with Console() as console:
        for wrong in (("--attacker-score", "0"), ("--attacker-score", "1001"), ("--attacker-window", "soon"), ("--attacker-keep", "0s"), ("--attacker-by", "name"), ("--attacker-points", "tag:x")):
            done = console.command("import", "-", *wrong, input="")
            equal((wrong, done.returncode), (wrong, 2))
            assert wrong[0] in done.stderr, done.stderr
        equal(console.command("key", "list", "--attacker-score", "3").returncode, 2)


@test
def a_store_without_attackers_gets_them():
    with Console() as console:
        console.admin()
        key = console.key()
        console.send([attack()], key)
        console.stop()
        console.sql("DROP TABLE attackers")
        console.sql("DROP TABLE allowed")
        console.sql("DROP TABLE secrets")
        console.sql("DROP TABLE reports")
        console.sql("DROP TABLE decided")
        console.sql("UPDATE store SET version = 1" if current.store == "postgresql" else "PRAGMA user_version = 3")
        console.start()
        admin = console.client_of("admin")
        equal(len(admin.alerts()), 1)
        console.send([attack("192.0.2.1")], key)
        equal(who(admin), {"192.0.2.1"})


@postgres_test
def several_consoles_agree_on_attackers():
    with Console() as first, Console(store=first.store) as second:
        elsewhere, key = second.admin(), first.key()
        admin = first.client_of("admin")
        # Five at each make ten.
        first.send([error() for _ in range(5)], key)
        second.send([error() for _ in range(4)], key)
        equal((who(admin), who(elsewhere)), (set(), set()))
        second.send([error()], key)
        equal((who(admin), who(elsewhere)), ({"203.0.113.9"}, {"203.0.113.9"}))
        equal(export(first, key), export(second, key))
        equal(elsewhere.ask("POST", "/api/v1/attackers/allowed", {"network": "203.0.113.0/24"}).status, 200)
        first.send([error() for _ in range(10)], key)
        equal((who(admin), export(first, key)), (set(), ""))
        elsewhere.ask("DELETE", "/api/v1/attackers/allowed?network=203.0.113.0/24")
        elsewhere.ask("POST", "/api/v1/attackers/release", {"by": "address", "who": "203.0.113.9"})

        # The same addresses through both at once, in other orders: each hit counts once.
        def send(console, wrong, step):
            for number in range(10):
                answer = console.send([error(f"198.51.100.{one}") for one in range(1, 51)][::step], key)
                if answer.status != 200:
                    wrong.append(answer.body)

        wrong = []
        threads = [threading.Thread(target=send, args=(console, wrong, step)) for console in (first, second) for step in (1, -1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(wrong, [])
        equal(first.sql("SELECT count(*), min(points), max(points) FROM attackers WHERE addr LIKE '198.51.100.%'"), [["50", "40", "40"]])


@sqlite_test
def the_page_tells_who_attacks():
    with Console() as console:
        console.admin()
        console.user("vera", "viewer")
        key = console.key()
        with signed_in(console, "/attackers") as browser:
            browser.wait("Nobody is taken for an attacker")
            console.send([error(ago=20 - n) for n in range(14)] + [attack(**{"request.session": "s 1"}), attack("198.51.100.7", ago=200), attack("2001:db8::66", ago=100)], key)
            browser.open(console.url + "/attackers")
            browser.wait("3 attackers")
            text = browser.text()
            assert text.index("203.0.113.9") < text.index("2001:db8::66") < text.index("198.51.100.7"), text
            assert "10 of 10" in text and "24 points in all" in text and "An address is an attacker with 10 points within 1 minute" in text, text
            browser.click('[aria-label="Release 198.51.100.7"]')
            browser.wait("2 attackers")
            browser.fill("#network", "2001:db8::/33/1")
            browser.click_button("Allow it")
            browser.wait("a network is an address")
            browser.fill("#network", "2001:db8::/32")
            browser.fill("#note", "<img src=x onerror=alert(1)>")
            browser.click_button("Allow it")
            browser.wait("1 attacker,")
            assert "2001:db8::/32 – <img" in browser.text(), browser.text()
            browser.click('[aria-label="Remove 2001:db8::/32"]')
            browser.wait("2 attackers")
            browser.click('[aria-label="Never take 2001:db8::66 for an attacker"]')
            browser.wait("1 attacker,")
            # What the network complained of is the wrong one above.
            equal([line for line in browser.complaints() if "400" not in line], [])
            browser.click_link("◆ alert 1")
            browser.wait("1 alert")
            browser.open(console.url + "/attackers")
            browser.click_link("its sessions")
            browser.wait("s 1")
            viewer = console.client()
            viewer.ask("POST", "/api/v1/session", {"user": "vera", "password": PASSWORD})
            name, value = viewer.cookie.split("=", 1)
            browser.ask("DELETE", "/cookie")
            browser.ask("POST", "/cookie", {"cookie": {"name": name, "value": value, "path": "/"}})
            browser.open(console.url + "/attackers")
            browser.wait("vera (viewer)")
            browser.wait("1 attacker,")
            equal(browser.run("return [...document.querySelectorAll('main button, main input')].length"), 0)


@sqlite_test
def the_page_is_for_everybody_at_every_size():
    # Nobody listens there: what is said of that is on the page.
    with Console(options=["--keep", "0", "--attacker-webhook", "http://127.0.0.1:9/"]) as console:
        console.admin()
        key = console.key()
        console.send([error(ago=n) for n in range(14)] + [attack(ago=1)] + [attack("2001:db8:85a3:1234:5678:8a2e:370:7334", ago=200), attack("198.51.100.7", ago=700, **{"rule.level": "alert"})], key)
        console.send([attack("198.51.100.7", ago=690)], console.key("billing.internal.example"))
        console.command("attackers", "allow", "192.0.2.0/24")
        for name, width, dark in (("1280-light", 1280, False), ("1280-dark", 1280, True), ("390-light", 390, False), ("390-dark", 390, True), ("320-light", 320, False)):
            with signed_in(console, "/attackers", width=width, dark=dark) as browser:
                browser.wait("3 attackers")
                browser.wait("A webhook was told of 0 attackers; 3 wait.")
                picture(browser, f"attackers-{name}")
                equal((name, browser.run(CHECKS)), (name, []))
