#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Alerts in the formats of others against what those have published, excerpts of which are in tests/formats.  Run in the root of the tree.

tests/unit/alert/test_alert_formats.c holds the program to the files that are looked at here.
"""
import csv
import ipaddress
import json
import pathlib
import re
import sys

FOLDER = pathlib.Path("tests/formats")
# Of ECS: the values that its documentation allows.
ECS_ALLOWED = {
    "event.kind": {"alert"},
    "event.category": {"intrusion_detection"},
    "event.type": {"allowed", "denied", "info"},  # what it expects of that category
    "event.outcome": {"failure", "success", "unknown"},
}
CEF_HEAD_MAX = (63, 63, 31, 1023, 512)
faults = []


def fault(where, text):
    faults.append(f"{where}: {text}")


def is_address(text):
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def check_ecs(where, line):
    with open(FOLDER / "ecs-8.11.0.csv", newline="") as file:
        fields = {row["field"]: row for row in csv.DictReader(file)}
    seen = set()

    def look(value, name):
        if isinstance(value, dict) and name != "phrude":
            for key, inner in value.items():
                look(inner, f"{name}.{key}" if name else key)
            return
        if name == "phrude":
            return
        if name not in fields:
            fault(where, f"{name} is no field of ECS")
            return
        seen.add(name)
        row = fields[name]
        # process.args is a list in ECS, as are those that it normalizes to an array.
        if isinstance(value, list) != (row["normalization"] == "array"):
            fault(where, f"{name} is {'a' if isinstance(value, list) else 'no'} list")
        for item in value if isinstance(value, list) else [value]:
            if row["type"] == "long" and (not isinstance(item, int) or isinstance(item, bool)):
                fault(where, f"{name} is no number: {item!r}")
            if row["type"] not in ("long", "float", "boolean", "object") and not isinstance(item, str):
                fault(where, f"{name} is no text: {item!r}")
            if row["type"] == "ip" and not is_address(item):
                fault(where, f"{name} is no address: {item!r}")
            if name in ECS_ALLOWED and item not in ECS_ALLOWED[name]:
                fault(where, f"{name} may not be {item!r}")

    look(json.loads(line), "")
    for name in ("@timestamp", "ecs.version", "event.kind", "event.category", "event.type", "event.module", "event.dataset",
                 "rule.id", "rule.name", "message"):
        if name not in seen:
            fault(where, f"{name} is missing")


OCSF_BASE = {"string_t": str, "integer_t": int, "long_t": int, "boolean_t": bool, "json_t": object}


def check_ocsf(where, line):
    schema = json.loads((FOLDER / "ocsf-1.4.0.json").read_text())

    def look(value, spec, name):
        attributes = spec["attributes"]
        if not isinstance(value, dict):
            fault(where, f"{name} is no object")
            return
        for key, inner in value.items():
            if key not in attributes:
                fault(where, f"{name}.{key} is no attribute of OCSF")
                continue
            attribute = attributes[key]
            if isinstance(inner, list) != bool(attribute.get("array")) and attribute["base"] != "json_t":
                fault(where, f"{name}.{key} is {'a' if isinstance(inner, list) else 'no'} list")
            for item in inner if isinstance(inner, list) else [inner]:
                look_item(item, attribute, f"{name}.{key}")
        for key, attribute in attributes.items():
            if attribute.get("required") and key not in value:
                fault(where, f"{name}.{key} is required")
        one_of = spec.get("constraints", {}).get("at_least_one")
        if one_of and not set(one_of) & set(value):
            fault(where, f"{name} has none of {', '.join(one_of)}")

    def look_item(item, attribute, name):
        if attribute["type"] in schema["objects"]:
            look(item, schema["objects"][attribute["type"]], name)
            return
        wanted = OCSF_BASE.get(attribute["base"], dict)
        if not isinstance(item, wanted) or (wanted is int and isinstance(item, bool)):
            fault(where, f"{name} is no {attribute['base']}: {item!r}")
        if "enum" in attribute and item not in attribute["enum"]:
            fault(where, f"{name} may not be {item!r}")
        if attribute["type"] == "ip_t" and not is_address(item):
            fault(where, f"{name} is no address: {item!r}")

    finding = json.loads(line)
    look(finding, schema["event"], "finding")
    if finding.get("type_uid") != finding.get("class_uid", 0) * 100 + finding.get("activity_id", 0):
        fault(where, f"type_uid {finding.get('type_uid')} is not that of its class and activity")


def check_otlp(where, line):
    schema = json.loads((FOLDER / "otlp-logs.json").read_text())
    scalars = {
        "string": lambda v: isinstance(v, str),
        "bool": lambda v: isinstance(v, bool),
        "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "int64": lambda v: isinstance(v, str) and re.fullmatch(r"-?\d+", v) and -(2**63) <= int(v) < 2**64,
        "double": lambda v: isinstance(v, (int, float)),
        "traceId": lambda v: isinstance(v, str) and re.fullmatch(r"[0-9a-f]{32}", v) and int(v, 16),
        "spanId": lambda v: isinstance(v, str) and re.fullmatch(r"[0-9a-f]{16}", v) and int(v, 16),
    }

    def look(value, of, name):
        if of in scalars:
            if not scalars[of](value):
                fault(where, f"{name} is no {of}: {value!r}")
            return
        for key, inner in value.items():
            if key not in schema[of]:
                fault(where, f"{name}.{key} is no field of {of}")
                continue
            wanted = schema[of][key]
            for item in inner if isinstance(wanted, list) else [inner]:
                look(item, wanted[0] if isinstance(wanted, list) else wanted, f"{name}.{key}")
        if of == "AnyValue" and len(value) > 1:
            fault(where, f"{name} has several values: {', '.join(value)}")

    request = json.loads(line)
    look(request, "ExportLogsServiceRequest", "request")
    for record in request["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        names = [attribute["key"] for attribute in record["attributes"]]
        if len(names) != len(set(names)):
            fault(where, "an attribute is there twice")


def check_cef(where, line):
    with open(FOLDER / "cef-keys.csv", newline="") as file:
        keys = {row["key"]: row for row in csv.DictReader(file)}
    parts = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    if len(parts) != 8 or parts[0] != "CEF:0":
        fault(where, "has no head of seven fields")
        return
    for value, most in zip(parts[1:], CEF_HEAD_MAX):
        if not value or len(value.encode()) > most + value.count("\\"):
            fault(where, f"a field of the head is empty or too long: {value!r}")
    if not 0 <= int(parts[6]) <= 10:
        fault(where, f"its severity is {parts[6]}")
    fields = {}
    # As ArcSight reads it: a key is what stands before an unescaped "=", back to the last blank.
    places = [match for match in re.finditer(r"(?:^|(?<= ))([A-Za-z0-9_.]+)(?<!\\)=", parts[7])]
    if len(places) != len(re.findall(r"(?<!\\)(?:\\\\)*=", parts[7])):
        fault(where, "an = is not escaped")
    for place, following in zip(places, [*places[1:], None]):
        value = parts[7][place.end() : following.start() - 1 if following else None]
        if place[1] in fields:
            fault(where, f"{place[1]} is there twice")
        if place[1] not in keys:
            fault(where, f"{place[1]} is no key of CEF")
            continue
        fields[place[1]] = value = re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m[1], m[1]), value)
        kind, most = keys[place[1]]["type"], keys[place[1]]["max"]
        if kind in ("integer", "long", "timestamp") and not value.isdigit():
            fault(where, f"{place[1]} is no number: {value!r}")
        if kind in ("ipv4", "ipv6") and not (is_address(value) and ipaddress.ip_address(value).version == int(kind[3])):
            fault(where, f"{place[1]} is no {kind} address: {value!r}")
        if most and len(value.encode()) > int(most):
            fault(where, f"{place[1]} has {len(value.encode())} bytes, {most} are the most")
    for name in fields:
        if name + "Label" in keys and name + "Label" not in fields:
            fault(where, f"{name} has no label")


def check_syslog(where, line):
    """RFC 5424, section 6: the grammar of a message."""
    name = r"[!-~]"
    head = re.match(
        rf"<(\d{{1,3}})>1 \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{1,6}}Z ({name}{{1,255}}) ({name}{{1,48}}) ({name}{{1,128}}) ({name}{{1,32}}) ", line
    )
    if not head or int(head[1]) > 191:
        fault(where, "has not the head of RFC 5424")
        return
    rest = line[head.end() :]
    if rest.startswith("- "):
        return
    value = r'(?:[^"\\\]]|\\.)*'
    data = re.match(rf'\[([^ =\]"]{{1,32}})((?: [^ =\]"]{{1,32}}="{value}")*)\] \ufeff', rest)
    if not data:
        fault(where, "has not the structured data of RFC 5424, and a byte order mark behind it")
        return
    names = re.findall(rf' ([^ =\]"]+)="{value}"', data[2])
    if len(names) != len(set(names)):
        fault(where, "has a parameter twice")


def check_syslog_cef(where, line):
    check_syslog(where, line)
    check_cef(where, line[line.index("CEF:") :])


CHECKS = {"ecs": check_ecs, "ocsf": check_ocsf, "otlp": check_otlp, "cef": check_cef}
# How those and a line for a person go on behind the head of a syslog message.
WRAPPED = {"syslog": check_syslog, "syslogcef": check_syslog_cef}

def main():
    looked_at = set()
    for path in sorted((FOLDER / "golden").iterdir()):
        kind = path.suffix[1:]
        text = path.read_bytes().decode()  # strict
        if not text.endswith("\n") or text.count("\n") != 1:
            fault(path, "is not one line")
        {**CHECKS, **WRAPPED}[kind](path, text[:-1])
        looked_at.add(kind)
    for kind in {*CHECKS, *WRAPPED} - looked_at:
        fault(FOLDER, f"there is no alert in {kind}")
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
