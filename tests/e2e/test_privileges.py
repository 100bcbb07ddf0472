# SPDX-License-Identifier: GPL-2.0-only
"""It works with exactly the capabilities that the README names."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile

from harness import expect, expect_equal, test
from interpreters import HERE
from target import Target
from tracer import BINARY, command, rule, yaml


@test("interpreter", where=lambda interpreter: not interpreter.embedded)
def privileges_that_suffice(interpreter):
    """As any user with those capabilities that the README names, and no others."""
    with open(os.path.join(HERE, "..", "..", "README.md"), encoding="utf-8") as file:
        text = file.read()
    capabilities = re.findall("CAP_[A-Z_]+", text[text.index("as root or with"):text.index("before Linux 6.6")])
    expect(len(capabilities) == 4, "the README names %s", capabilities)
    if re.search(r"uprobe_multi +yes", command("doctor").output) is None:
        capabilities.append("CAP_SYS_ADMIN")
    only = "-all" + "".join(",+" + name[4:].lower() for name in capabilities)
    with tempfile.TemporaryDirectory() as folder, Target(interpreter, "native.py") as target:
        os.chmod(folder, 0o755)
        program, rules = shutil.copy(BINARY, folder), os.path.join(folder, "rules.yaml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(yaml([rule("crc32", module="zlib"), rule("plain", file="native.py")]))
        tracer = subprocess.Popen(["setpriv", "--reuid=1077", "--regid=1077", "--clear-groups", "--inh-caps=" + only,
                                   "--ambient-caps=" + only, program, "--pid", str(target.pid), "--rules", rules,
                                   "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = tracer.stderr.readline()
        expect("ready: " in said, "it said: %s", said)
        expected = target.ask("one_of_each", n=20)
        tracer.send_signal(signal.SIGINT)
        output, errors = tracer.communicate(timeout=30)
    expect("lost 0" in errors, "it said: %s", errors)
    names = [json.loads(line)["rule"]["name"] for line in output.splitlines()]
    for name in ("crc32", "plain"):
        expect_equal(names.count(name), expected[name], name)
