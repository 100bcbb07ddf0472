#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Five attacks on a real Flask application, watched from outside by phrude-trace.

Starts the application and a loopback listener that plays the attacker's server, attaches phrude-trace
to the running application, fires the attacks and compares what came out with what had to.  With --console a
phrude-console shows them as well, until ^C.
Exit status: 0 if every attack succeeded and was detected, 1 otherwise.
"""

import os
import secrets
import signal
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
sys.dont_write_bytecode = True

import show  # noqa: E402
from attacks import ATTACKS, HARMLESS, STRING_FILTERS, Scene, belongs  # noqa: E402
from collector import Collector  # noqa: E402
from console import DemoConsole  # noqa: E402
from shop import Shop  # noqa: E402
from tracer import ROOT, Tracer, TracerError  # noqa: E402

RULES = os.path.join(ROOT, "rules", "phrude.yaml")
PYTHON = os.environ.get("DEMO_PYTHON", "/usr/bin/python3")


def harmless_stays_silent(shop, tracer):
    """An ordinary visitor is served and nothing is reported."""
    for path, query, answer in HARMLESS:
        if shop.get(path, **query) != answer:
            show.bad(f"the application is broken: {path} did not answer {answer}")
            return False
    alerts = tracer.wait_alerts(lambda alerts: alerts, timeout=1)
    if alerts:
        show.bad("a harmless request raised: " + ", ".join(alert["rule"]["name"] for alert in alerts))
        return False
    show.line(f"A harmless request ({HARMLESS[0][0]}?name=Alice) is answered, and nothing is reported.")
    return True


def fire(attack, shop, tracer, scene):
    """Runs one attack; True if it did its harm and the alert that belongs to it arrived."""
    show.field("request", f"GET {attack.path}?" + "&".join(f"{key}={value}" for key, value in attack.query.items()))
    text = " ".join(attack.query.values())
    if attack.path == "/hello":
        caught = [word for word in STRING_FILTERS if word in text]
        show.field("filter", f"would see {', '.join(caught)}" if caught else "no string filter would see anything")
    try:
        response = shop.get(attack.path, **attack.query)
    except OSError as error:
        show.bad(f"  the application did not answer: {error}")
        return False
    harm = attack.harm(response, scene)
    if harm is None:
        show.bad(f"  the attack itself did not work; the answer was {response!r}")
        return False
    show.field("harm", harm)

    def mine(alerts):
        return next((alert for alert in alerts if belongs(alert, attack, scene)), None)

    alerts = tracer.wait_alerts(mine)
    found = mine(alerts)
    if found is None:
        show.bad(f"  MISSED: no alert {attack.rule!r} with the right arguments and callers; alerts that came: "
                 + (", ".join(alert["rule"]["name"] for alert in alerts) or "none"))
        return False
    alerts += tracer.wait_alerts(lambda alerts: False, timeout=0.2)
    show.alert(found, shop.directory)
    show.others([alert for alert in alerts if alert is not found])
    return True


def start_tracer(directory, shop, console):
    alerts = os.path.join(directory, "alerts.json")
    config = None
    if console:
        config = os.path.join(directory, "phrude-trace.yaml")
        with open(config, "w") as file:
            file.write(console.configuration(alerts))
    tracer = Tracer(shop.process.pid, RULES, alerts, echo=show.note, config=config)
    show.line("# " + " ".join(tracer.command))
    tracer.wait_ready()
    return tracer


def stay(console):
    """The pages can be looked at until somebody has seen enough."""
    show.line()
    show.good(f"The attacks are at {console.url}; set a password first, within 30 minutes:")
    show.line(f"  {console.link}")
    show.line("^C ends the console and takes its store away.")
    try:
        console.wait()
    except KeyboardInterrupt:
        show.line()


def demonstrate(directory, with_console):
    secret = "s3cr3t-" + secrets.token_hex(8)
    collector = Collector()
    shop = tracer = console = None
    try:
        if with_console:
            console = DemoConsole(directory, "shop")
        shop = Shop(directory, PYTHON, secret, collector.port)
        for path, query, _ in HARMLESS:
            shop.get(path, **query)  # an application in use: what it loads at its first request is loaded
        show.line(f"A Flask application runs as pid {shop.process.pid} on 127.0.0.1:{shop.port}, unchanged. Now, from outside:")
        tracer = start_tracer(directory, shop, console)
        scene = Scene(secret, shop.marker, collector)
        silent = harmless_stays_silent(shop, tracer)
        detected = 0
        for number, attack in enumerate(ATTACKS, 1):
            show.heading(number, len(ATTACKS), attack.title)
            detected += fire(attack, shop, tracer, scene)
        alive = shop.process.poll() is None
        show.line()
        status = tracer.stop()
        if not alive:
            show.bad("the application did not survive")
        if status != 0:
            show.bad(f"phrude-trace ended with status {status}")
        complete = detected == len(ATTACKS)
        (show.good if complete else show.bad)(f"{detected} of {len(ATTACKS)} attacks detected")
        if console:
            stay(console)
        return complete and silent and alive and status == 0
    except (TracerError, RuntimeError, OSError) as error:
        show.bad(str(error) or repr(error))
        if shop and shop.process.poll() is not None:
            show.bad(f"the application ended with status {shop.process.returncode}")
        return False
    finally:
        if tracer:
            tracer.stop()
        if shop:
            shop.close()
        if console:
            console.close()
        collector.close()


def main():
    if sys.argv[1:] not in ([], ["--console"]):
        sys.exit("usage: run.py [--console]")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the clean-up above is done
    with tempfile.TemporaryDirectory(prefix="phrude-demo-") as directory:
        return 0 if demonstrate(directory, sys.argv[1:] == ["--console"]) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
