# SPDX-License-Identifier: GPL-2.0-only
"""The five attacks: what is sent, how to see that the harm was really done, which alert has to come."""

from dataclasses import dataclass
from typing import Callable

# What filters in front of applications look for in a request when they want to stop template injection.
STRING_FILTERS = ("getenv", "environ", "__globals__", "__init__", "__class__", "CLOUD_SECRET_KEY", "popen", "import")

PLAIN = "{{ cycler.__init__.__globals__.os.getenv('CLOUD_SECRET_KEY', 'attack-1') }}"
# The same call, no suspicious word in one piece.
DODGING = (
    "{{ cycler|attr('__in'+'it__')|attr('__glo'+'bals__')|attr('__get'+'item__')('o'+'s')"
    "|attr('ge'+'tenv')('CLOUD_'+'SECRET_'+'KEY', 'attack-2') }}"
)


@dataclass
class Attack:
    title: str
    path: str
    query: dict
    harm: Callable  # (response text, scene) -> what was achieved, or None if the attack failed
    rule: str  # the alert that belongs to it: its rule,
    args: Callable  # (args, scene) -> bool: its arguments,
    callers: list  # and these (function, end of file) among its callers, from the inside out


@dataclass
class Scene:
    """What an attack can be judged by."""

    secret: str
    marker: str  # path that the bundled executable writes to
    collector: object


def _secret_in_response(text, scene):
    return f"the page shows the secret: {text}" if scene.secret in text else None


def _secret_at_listener(text, scene):
    return "the attacker's server received the secret" if scene.secret in scene.collector.received else None


def _executable_ran(text, scene):
    try:
        with open(scene.marker) as file:
            return f"the bundled executable ran: {file.read().strip()}"
    except FileNotFoundError:
        return None


def _command_output(text, scene):
    lines = [line for line in text.splitlines() if line.startswith("attack-5 uid=")]
    return f"the output of the command came back: {lines[0]}" if lines else None


def _reads_secret(marker):
    return lambda args, scene: args.get("key") == "CLOUD_SECRET_KEY" and args.get("default") == marker


_TEMPLATE = [("root", "<template>"), ("render_template_string", "flask/templating.py"), ("hello", "app.py")]

ATTACKS = [
    Attack(
        title="template injection reads a secret of the environment",
        path="/hello",
        query={"name": PLAIN},
        harm=_secret_in_response,
        rule="Access to Environment Variable",
        args=_reads_secret("attack-1"),
        callers=_TEMPLATE,
    ),
    Attack(
        title="the same, written so that string filters miss it",
        path="/hello",
        query={"name": DODGING},
        harm=_secret_in_response,
        rule="Access to Environment Variable",
        args=_reads_secret("attack-2"),
        callers=_TEMPLATE,
    ),
    Attack(
        title="a poisoned package steals the secret when it is imported",
        path="/plugin",
        query={"name": "fastcolors"},
        harm=_secret_at_listener,
        rule="Outgoing Connection",
        args=lambda args, scene: str(scene.collector.port) in args.get("address", ""),
        callers=[("_phone_home", "fastcolors/__init__.py"), ("<module>", "fastcolors/__init__.py"), ("plugin", "app.py")],
    ),
    Attack(
        title="a poisoned package starts the executable it brought along",
        path="/plugin",
        query={"name": "thumbnailer"},
        harm=_executable_ran,
        rule="Program Started",
        args=lambda args, scene: "bin/optimizer" in args.get("args", "") and "--daemon" in args["args"],
        callers=[("<module>", "thumbnailer/__init__.py"), ("plugin", "app.py")],
    ),
    Attack(
        title="command injection through os.popen",
        path="/ping",
        query={"host": "127.0.0.1; echo attack-5 $(id)"},
        harm=_command_output,
        rule="Shell Command through os.popen",
        args=lambda args, scene: args.get("cmd") == "echo checking 127.0.0.1; echo attack-5 $(id)",
        callers=[("ping", "app.py")],
    ),
]

# A visitor who means no harm; everything the application does for them must stay unreported.
HARMLESS = [("/hello", {"name": "Alice"}, "<h1>Hello Alice!</h1>")]


def belongs(alert, attack, scene):
    """True if this is the alert that the attack has to raise."""
    if alert["rule"]["name"] != attack.rule or not attack.args(alert["args"], scene):
        return False
    callers = iter(alert["callers"])  # `any` below goes on where the one before stopped: the order counts
    return all(
        any(caller["function"] == function and (caller["file"] or "").endswith(file) for caller in callers)
        for function, file in attack.callers
    )
