# SPDX-License-Identifier: GPL-2.0-only
"""Reports: what they tell, and that each goes out once, by mail and to a webhook."""

import collections
import json
import threading
import time

from console import Console, alert
from harness import equal, postgres_test, sqlite_test, test, until
from receivers import Certificate, Hook, MailServer, secret
from test_attackers import at

certificate = Certificate()


def mail_options(server, **more):
    options = {"every": "2s", "from": "console@example.org", "to": "ann@example.org, bob@example.org", **more}
    return ["--smtp", server.url, "--send-ca-file", certificate.file, *(f"--report-{name}={value}" for name, value in options.items())]


def hook_options(hook, every="2s", form="json"):
    return ["--report-every", every, "--report-webhook", hook.url, "--report-form", form, "--send-ca-file", certificate.file]


def periods(hook):
    return [(body["report"]["since"], body["report"]["until"]) for body in hook.bodies]


def without_gaps(found, gaps=0):
    """Each period once, one after the other; who is killed may have had one, which another takes once the lease is over."""
    equal(len(found), len(set(found)))
    missing = [one for one, next_one in zip(found, found[1:]) if one[1] != next_one[0]]
    assert len(missing) <= gaps, (missing, found)


@test
def a_report_tells_what_is_new_and_what_was_silenced():
    with Console() as console:
        key, admin = console.key(), console.admin()
        console.send([alert(id="old", time=at(10 * 86400), **{"rule.name": "Known"}),
                      alert(id="gone", time=at(8 * 86400), **{"rule.name": "Gone"})], key)
        console.send([alert(id="a", time=at(60), **{"rule.name": "Known"}),
                      alert(id="b", time=at(50), **{"rule.name": "New <b>", "rule.tags": ["attack.T1190"], "request.remote_addr": "198.51.100.7"}),
                      alert(id="c", time=at(40), **{"rule.name": "Known"})], key)
        equal(admin.ask("POST", "/api/v1/alerts/c", {"state": "false-alarm", "note": "ours"}).status, 200)
        found = json.loads(console.command("report", "--format", "json").stdout)
        equal(found["new"], {"rule": ["New <b>"], "application": [], "technique": ["T1190"], "address": ["198.51.100.7"]})
        equal((found["silenced"], found["gone"]), ({"Known": 1}, {"Gone": 1}))
        text = console.command("report").stdout
        assert "New: Rules\n            New <b>\n" in text and "Silenced: marked as false alarms, by rule\n         1  Known\n" in text, text
        page = console.command("report", "--format", "html").stdout
        assert "<h2>New: Rules</h2>\n<ul>\n<li>New &lt;b&gt;</li>\n</ul>" in page and "<h2>Silenced:" in page and "<h2>Silent now:" in page, page


@test
def a_report_counts_to_the_second():
    """Whole hours are counted already; what lies before and behind them is not."""
    with Console() as console:
        key, admin = console.key(), console.admin()
        times = [f"2026-01-02T{minute // 60:02}:{minute % 60:02}:30Z" for minute in range(0, 300, 7)]
        console.send([alert(id=f"a{number}", time=time, **{"rule.level": ("info", "warn", "alert")[number % 3], "rule.name": f"R{number % 4}", "rule.tags": [f"attack.T{1000 + number % 2}"],
                                                           "request.remote_addr": f"192.0.2.{number % 5}", "host": "what", "args": {"x": "R0"}}) for number, time in enumerate(times)], key)
        for since, until_ in (("00:00:00", "05:00:00"), ("00:07:30", "04:59:59"), ("01:00:00", "02:00:00"), ("01:10:00", "01:40:00"), ("01:10:00", "02:20:00"), ("01:59:59", "02:00:01"), ("01:00:00", "03:30:00"),
                              ("01:30:00", "03:00:00"), ("00:28:30", "00:28:31"), ("06:00:00", "07:00:00")):
            since, until_ = f"2026-01-02T{since}Z", f"2026-01-02T{until_}Z"
            within = [number for number, time in enumerate(times) if since <= time < until_]
            found = admin.get(f"/api/v1/report?since={since}&until={until_}").json
            equal((since, until_, found["total"]), (since, until_, len(within)))
            for part, name in (("level", lambda n: ("info", "warn", "alert")[n % 3]), ("rule", lambda n: f"R{n % 4}"), ("technique", lambda n: f"T{1000 + n % 2}"), ("address", lambda n: f"192.0.2.{n % 5}"),
                               ("application", lambda n: "shop")):
                equal((since, until_, part, found[part]), (since, until_, part, dict(collections.Counter(map(name, within)))))


@test
def a_mail_goes_out_once_for_each_period():
    with MailServer(certificate) as server:
        password = secret("s3cret, with spaces\n")
        options = mail_options(server) + ["--smtp-user", "alerts", "--smtp-password-file", password]
        with Console(options=options) as console:
            console.send([alert(time=at(0), **{"rule.name": "Größe <&> \u202e"})], console.key())
            until(lambda: len(server.mails) >= 3)
            sender, recipients, mail = next(one for one in server.mails if not one[2]["Subject"].startswith("Alerts: 0"))
            equal((sender, recipients), ("console@example.org", ["ann@example.org", "bob@example.org"]))
            assert mail["Subject"].startswith("Alerts: 1 from 20") and mail["Message-ID"].endswith("@example.org>"), mail.items()
            equal([part.get_content_type() for part in mail.iter_parts()], ["text/plain", "text/html"])
            text, html = (part.get_content() for part in mail.iter_parts())
            assert "Größe <&> \\u202e" in text and "1 alerts; 0 in as long a time before" in text and "New: Rules" in text, text
            assert "Größe &lt;&amp;&gt; \\u202e" in html and html.startswith("<!doctype html>"), html
            equal(set(server.signed_in), {(True, True)})
            equal(console.stop(), 0)
            assert not any("s3cret" in line for line in console.lines)
        ids = [mail["Message-ID"] for *_, mail in server.mails]
        equal(len(ids), len(set(ids)))
        # What nobody was there for is made up for.
        time.sleep(5)
        console.start()
        before = len(ids)
        until(lambda: len(server.mails) >= before + 3)
        console.stop()
        subjects = [mail["Subject"].split(" from ")[1].split(" to ") for *_, mail in server.mails]
        without_gaps([tuple(one) for one in subjects])


@sqlite_test
def a_mail_server_is_not_trusted_blindly():
    """No TLS, another's certificate, a wrong password: nothing goes out, and what is wrong is said."""
    password = ["--smtp-user", "alerts", "--smtp-password-file", secret("wrong\n")]
    with MailServer(certificate) as server, MailServer() as plain:
        for options, said in ((mail_options(server) + password + ["--send-ca-file", "/etc/ssl/certs/ca-certificates.crt"], "certificate"),
                              (mail_options(server) + password, "denied"),
                              (mail_options(plain) + password, "STARTTLS not supported")):
            with Console(options=options) as console:
                until(lambda: any("could not be sent by mail" in line for line in console.lines))
                line = next(line for line in console.lines if "could not be sent by mail" in line)
                assert "it is tried again at 20" in line and said in line, line
                assert "wrong" not in line, line
                assert any(one["state"] == "owed" and one["error"] for one in console.admin().get("/api/v1/reports").json["reports"])
        equal((server.mails, plain.mails), ([], []))
        # To this machine, and without a password, a server may have no TLS.
        with Console(options=mail_options(plain)):
            until(lambda: plain.mails)


@test
def what_failed_is_tried_again_and_each_goes_out_once():
    with Hook(certificate) as hook:
        hook.answers = [(503, {}, b"later \xff\x1b[2J"), (500, {"Retry-After": "1"}, b"")]
        with Console(options=hook_options(hook)) as console:
            key, admin = console.key(), console.admin()
            console.send([alert(time=at(0))], key)
            until(lambda: sum(body["report"]["total"] for body in hook.bodies) == 1)
            until(lambda: len(hook.posts) >= 5)
            assert any("could not be sent by webhook: https://localhost:" in line and "it answers 503: later" in line for line in console.lines), console.lines
            assert not any("T0PSECRET" in line or "\x1b" in line for line in console.lines), console.lines
            sent = admin.get("/api/v1/reports").json["reports"]
            assert any(one["state"] == "sent" and one["tries"] == 2 and one["error"] is None for one in sent), sent
            notes = [one["detail"] for one in admin.get("/api/v1/audit").json["audit"] if one["what"] == "report"]
            assert "by webhook: sent" in notes, notes
            equal(hook.posts[0][0]["User-Agent"].split("/")[0], "phrude-console")
            # Killed at any moment: what was sent is not sent again.
            console.kill()
        time.sleep(3)
        console.start()
        count = len(hook.posts)
        until(lambda: len(hook.posts) > count + 2)
        console.stop()
    without_gaps(sorted(periods(hook)), gaps=1)
    ids = [body["id"] for body in hook.bodies]
    equal(len(ids), len(set(ids)))


@postgres_test
def consoles_of_one_store_send_each_report_once():
    with Hook(certificate) as hook, Console(options=hook_options(hook, "1s")) as first:
        others = [Console(store=first.store, options=hook_options(hook, "1s")) for _ in range(2)]
        until(lambda: len(hook.posts) >= 10)
        others[0].kill()
        count = len(hook.posts)
        until(lambda: len(hook.posts) >= count + 5)
        threads = [threading.Thread(target=console.stop) for console in (first, *others)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    without_gaps(sorted(periods(hook)), gaps=1)


@sqlite_test
def a_chat_gets_its_form():
    with Hook(certificate) as hook:
        headers = secret("Authorization: Bearer xyz\n# a comment\n")
        with Console(options=hook_options(hook, form="slack") + ["--report-headers-file", headers]) as console:
            console.send([alert(time=at(0), **{"rule.name": "<!channel> ``` & " + "x" * 300})], console.key())
            until(lambda: any("&lt;!channel&gt; ''' &amp; xxx" in body["text"] for body in hook.bodies))
            equal(hook.posts[0][0]["Authorization"], "Bearer xyz")
            equal({tuple(body) for body in hook.bodies}, {("text",)})


@sqlite_test
def options_that_do_not_go_together_are_said():
    with Console() as console:
        for options, said in ((["--report-every", "1d"], "takes --smtp, --report-webhook, or both"),
                              (["--report-webhook", "https://chat.example/x"], "--report-every says how often"),
                              (["--smtp", "smtp://mail.example"], "belong together"),
                              (["--smtp", "smtp://user:word@mail.example"], "without user and password"),
                              (["--report-to", "ann@example.org,\r\nBcc: x@y"], "is no mail address"),
                              (["--report-from", "nobody"], "is no mail address"),
                              (["--report-webhook", "ftp://x"], "begins with https://"),
                              (["--report-form", "xml"], "takes json or slack"),
                              (["--report-every", "1d", "--report-webhook", "https://chat.example/x", "--smtp-user", "x"], "--smtp-password-file belong together")):
            done = console.command("serve", *options)
            equal(done.returncode, 2)
            assert said in done.stderr, (said, done.stderr)
