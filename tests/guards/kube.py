#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What is deployed to Kubernetes: the Helm chart and the kustomization are valid, say the same, and allow what the unit allows.

Every object is held to the types of Kubernetes' API, as its Python client has them.  Run in the root of the tree, after the build.
Ends with 77 if a tool is not there whose verdict is wanted: helm, kubectl (scripts/tools.sh), python3-kubernetes.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOOLS = os.environ.get("PHRUDE_TOOLS", "/var/cache/phrude-trace/tools")
BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
CHART, KUSTOMIZATION, UNIT = "deploy/helm/phrude-trace", "deploy/kubernetes", "deploy/phrude-trace.service"
HELM, KUBECTL = (shutil.which(name, path=TOOLS + os.pathsep + os.environ["PATH"]) for name in ("helm", "kubectl"))

if not HELM or not KUBECTL:
    print("helm or kubectl is not there: run scripts/tools.sh")
    sys.exit(77)
try:
    import kubernetes.client.models as api
    import yaml
except ImportError as error:
    print(f"{error}: run scripts/setup.sh test")
    sys.exit(77)

# What the client of Debian 12 (Kubernetes 1.22) does not have: since 1.30.
NEWER = {("V1SecurityContext", "appArmorProfile"): "dict(str, str)"}
# Whose types are an operator's.
OTHERS = {"ServiceMonitor"}
WHOLE = """
image: { repository: registry.example/phrude-trace, tag: "1" }
imagePullSecrets: [{ name: pull }]
rules: { own.yaml: "- { name: Own, func: popen, file: os.py, level: alert }" }
config:
  rules: [/usr/share/phrude-trace/rules, /etc/phrude-trace/rules]
  outputs:
    - { type: stdout, format: json }
    - { type: syslog, address: "tcp://log.example:514", spool: { path: /var/lib/phrude-trace/log, size: 64M } }
metrics: { port: 9000, serviceMonitor: { enabled: true, labels: { release: prometheus } } }
spool: { enabled: true }
apiServer: { enabled: true }
existingSecret: keys
affinity: { nodeAffinity: {} }
priorityClassName: system-node-critical
podAnnotations: { a: b }
podLabels: { c: d }
seLinuxOptions: { type: spc_t }
"""
# Where the tracer looks for what the kubelet calls a pod.
KUBELET = ("/var/log/pods", "/var/log/containers")
# What is there only where labels are wanted.
ACCOUNT = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding")
faults = 0


def fault(message):
    global faults
    faults += 1
    print(message)


def check_type(value, kind, place):
    """A value against a type as the client writes it."""
    if kind.startswith("list["):
        if not isinstance(value, list):
            return fault(f"{place}: is no list")
        for index, item in enumerate(value):
            check_type(item, kind[5:-1], f"{place}[{index}]")
    elif kind.startswith("dict("):
        if not isinstance(value, dict):
            return fault(f"{place}: is no map")
        for key, item in value.items():
            check_type(item, kind[5:-1].split(", ", 1)[1], f"{place}.{key}")
    elif kind.startswith("V1"):
        if not isinstance(value, dict):
            return fault(f"{place}: is no map")
        model = getattr(api, kind)
        types = {name: model.openapi_types[attribute] for attribute, name in model.attribute_map.items()}
        for key, item in value.items():
            found = types.get(key) or NEWER.get((kind, key))
            if found:
                check_type(item, found, f"{place}.{key}")
            else:
                fault(f"{place}: {kind} has no {key}")
    elif kind == "object":
        if not isinstance(value, (int, str)):
            fault(f"{place}: is neither a number nor text")
    elif type(value).__name__ != kind:
        fault(f"{place}: is {value!r}, and should be {kind}")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HOME": "/nonexistent"})
    if done.returncode:
        fault(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout if done.returncode == 0 else ""


def objects(of, text):
    """kind -> object, each looked at."""
    found = {}
    for one in filter(None, yaml.safe_load_all(text)):
        place = f"{of}: {one['kind']} {one['metadata']['name']}"
        if one["kind"] not in OTHERS:
            check_type(one, "V1" + one["kind"], place)
        found.setdefault(one["kind"], []).append(one)
    check_pod(of, found)
    check_account(of, found)
    check_config(of, found)
    return found


def check_account(of, found):
    """Who may ask the API server may list and watch pods, and no more; who may not has no token."""
    (daemon,) = found.get("DaemonSet", [{}])
    spec = daemon["spec"]["template"]["spec"]
    names = {kind: [one["metadata"]["name"] for one in found.get(kind, [])] for kind in ACCOUNT}
    if spec["automountServiceAccountToken"] is not any(names.values()):
        fault(f"{of}: a token, and nobody whose it is, or the other way round")
    if not any(names.values()):
        return
    (account,), (role,), (binding,) = (found[kind] for kind in ACCOUNT)
    if role["rules"] != [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}]:
        fault(f"{of}: may do more, or less, than list and watch pods")
    if (binding["roleRef"]["kind"], binding["roleRef"]["name"]) != ("ClusterRole", role["metadata"]["name"]):
        fault(f"{of}: its binding is of another role")
    (subject,) = binding["subjects"]
    if not subject["name"] == account["metadata"]["name"] == spec.get("serviceAccountName") or subject["namespace"] != "phrude-trace":
        fault(f"{of}: its role is not bound to whom its pods run as")


def check_pod(of, found):
    daemons = found.get("DaemonSet", [])
    if len(daemons) != 1:
        return fault(f"{of}: has {len(daemons)} DaemonSets")
    spec = daemons[0]["spec"]["template"]["spec"]
    labels = daemons[0]["spec"]["template"]["metadata"]["labels"]
    if not daemons[0]["spec"]["selector"]["matchLabels"].items() <= labels.items():
        fault(f"{of}: the selector does not select its own pods")
    (container,) = spec["containers"]
    context = container["securityContext"]
    unit = pathlib.Path(UNIT).read_text()
    allowed = {name[len("CAP_"):] for name in re.search(r"^CapabilityBoundingSet=(.*)", unit, re.M)[1].split()}
    if set(context["capabilities"]["add"]) != allowed or context["capabilities"]["drop"] != ["ALL"]:
        fault(f"{of}: its capabilities are not those of {UNIT}")
    if context["privileged"] or not context["readOnlyRootFilesystem"] or context["allowPrivilegeEscalation"] or not spec["hostPID"]:
        fault(f"{of}: it may do more, or less, than it should")
    volumes = {volume["name"] for volume in spec["volumes"]}
    for mount in container["volumeMounts"]:
        if mount["name"] not in volumes:
            fault(f"{of}: mounts {mount['name']}, which is no volume of it")
    hosts = {volume["name"]: volume["hostPath"]["path"] for volume in spec["volumes"] if "hostPath" in volume}
    seen = {mount["mountPath"]: mount.get("readOnly") for mount in container["volumeMounts"] if hosts.get(mount["name"]) == mount["mountPath"]}
    for path in KUBELET:
        if not seen.get(path):
            fault(f"{of}: does not see {path} of the node as it is, read-only")
    ports = {port["name"] for port in container["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        if container.get(probe, {}).get("httpGet", {}).get("port") not in ports:
            fault(f"{of}: its {probe} asks at no port of it")


def check_config(of, found):
    """The tracer takes the configuration, with the rules that it names; it answers where it is asked whether it is well."""
    maps = {one["metadata"]["name"]: one["data"] for one in found.get("ConfigMap", [])}
    texts = [data["phrude-trace.yaml"] for data in maps.values() if "phrude-trace.yaml" in data]
    if len(texts) != 1:
        return fault(f"{of}: has {len(texts)} configurations")
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(folder) / "rules"
        own.mkdir()
        for name, data in maps.items():
            for file, text in data.items() if name.endswith("-rules") else ():
                (own / file).write_text(text)
        text = texts[0].replace("/usr/share/phrude-trace/rules", str(pathlib.Path("rules").resolve()))
        path = pathlib.Path(folder) / "phrude-trace.yaml"
        path.write_text(text.replace("/etc/phrude-trace/rules", str(own)))
        run(str(BUILD / "phrude-trace"), "check", str(path))
    (container,) = found["DaemonSet"][0]["spec"]["template"]["spec"]["containers"]
    listen = yaml.safe_load(texts[0])["metrics"]["listen"]
    if not listen.endswith(f":{container['ports'][0]['containerPort']}"):
        fault(f"{of}: it listens at {listen}, but its port is another")


def shape(found):
    """Of a DaemonSet what should be the same, however it came about."""
    (daemon,) = found["DaemonSet"]
    spec = dict(daemon["spec"]["template"]["spec"])
    spec["volumes"] = [{**volume, "configMap": None} for volume in spec["volumes"]]
    return {**spec, "update": daemon["spec"]["updateStrategy"]}


def config(found):
    return next(yaml.safe_load(one["data"]["phrude-trace.yaml"]) for one in found["ConfigMap"] if "phrude-trace.yaml" in one["data"])


def notes(found):
    """By which pods are other ones."""
    return found["DaemonSet"][0]["spec"]["template"]["metadata"]["annotations"]


def check_version():
    version = re.search(r"^VERSION := (\S+)", pathlib.Path("Makefile").read_text(), re.M)[1]
    of = yaml.safe_load((pathlib.Path(CHART) / "Chart.yaml").read_text())["appVersion"]
    if of != version:
        fault(f"{CHART}: is for {of}, and this is {version}")


def main():
    check_version()
    run(HELM, "lint", "--strict", "--quiet", CHART)
    template = (HELM, "template", "phrude-trace", CHART, "--namespace", "phrude-trace", "--kube-version")
    charted = objects("the chart", run(*template, "1.31.0"))
    plain = objects(KUSTOMIZATION, run(KUBECTL, "kustomize", KUSTOMIZATION))
    if faults:
        return 1
    if shape(charted) != shape(plain):
        fault(f"{CHART} and {KUSTOMIZATION}: their DaemonSets differ")
    if config(charted) != config(plain):
        fault(f"{CHART} and {KUSTOMIZATION}: their configurations differ")
    for key, anew in (("config.disabled=true", False), ("config.rate=5", True), ("metrics.address=127.0.0.1", True),
                      ("config.outputs[0].type=journald", False), ("config.redact=false", False), ("config.shed=info", False),
                      ("config.rate_limit.per_rule=1/s", False), ("config.max_cpu_percent=5", True)):
        other = objects(f"the chart with {key}", run(*template, "1.31.0", "--set", key))
        if (notes(other) != notes(charted)) is not anew:
            fault(f"{CHART}: {key} has the pods started anew, or does not")
    old = objects("the chart in 1.29", run(*template, "1.29.0"))["DaemonSet"][0]["spec"]["template"]
    if "appArmorProfile" in old["spec"]["containers"][0]["securityContext"] or not any("apparmor" in key for key in old["metadata"]["annotations"]):
        fault(f"{CHART}: before 1.30 AppArmor is an annotation")
    with tempfile.TemporaryDirectory() as folder:
        values = pathlib.Path(folder) / "values.yaml"
        values.write_text(WHOLE)
        run(HELM, "lint", "--strict", "--quiet", "--values", str(values), CHART)
        objects("the chart with all of its values", run(*template, "1.31.0", "--values", str(values)))
        overlay = pathlib.Path(folder) / "overlay"
        shutil.copytree(KUSTOMIZATION, overlay / "base")
        (overlay / "kustomization.yaml").write_text("resources: [base]\ncomponents: [base/monitoring, base/labels]\nnamespace: phrude-trace\n")
        watched = objects("the kustomization with monitoring and labels", run(KUBECTL, "kustomize", str(overlay)))
        if set(watched) != {"Namespace", "ConfigMap", "DaemonSet", "Service", "ServiceMonitor", *ACCOUNT}:
            fault(f"{KUSTOMIZATION}: with monitoring and labels there are {sorted(watched)}")
        # What has no meaning is refused.
        values.write_text("metrics: { prot: 1 }\n")
        if subprocess.run([*template, "1.31.0", "--values", str(values)], capture_output=True).returncode == 0:
            fault(f"{CHART}: values.schema.json takes anything")
    return 1 if faults else 0


sys.exit(main())
