# SPDX-License-Identifier: GPL-2.0-only
"""What all applications do for their visitors, and what they do wrong."""

import json
import os
import sqlite3
import sys
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
UPSTREAM = os.environ.get("UPSTREAM", "http://127.0.0.1:9")
DATA = os.environ["DATA"]
DATABASE = os.path.join(DATA, "shop.db")
PACKAGES = os.path.join(HERE, "site-packages")


# --- for visitors ---


def prepare():
    with sqlite3.connect(DATABASE) as db:
        db.execute("create table if not exists orders (id integer primary key, name text, price real)")


def order(name, price):
    with sqlite3.connect(DATABASE) as db:
        db.execute("insert into orders (name, price) values (?, ?)", (name, price))


def orders():
    with sqlite3.connect(DATABASE) as db:
        return db.execute("select name, price from orders order by id desc limit 10").fetchall()


def store(name, content):
    """An upload, under a name of our own."""
    fd, path = tempfile.mkstemp(suffix=os.path.splitext(os.path.basename(name))[1], dir=DATA)
    with os.fdopen(fd, "wb") as f:
        f.write(content)
    with open(path, "rb") as f:
        size = len(f.read())
    os.unlink(path)
    return size


def rates():
    with urllib.request.urlopen(UPSTREAM + "/rates", timeout=5) as response:
        return json.load(response)


def rates_by_requests():
    import requests

    return requests.get(UPSTREAM + "/rates", timeout=5).json()


# --- what is wrong with them: each takes what the visitor sent ---


def jinja(text):
    import jinja2

    return jinja2.Environment().from_string("Hello " + text).render(name="visitor")


def sandbox(text):
    import jinja2.sandbox

    return jinja2.sandbox.SandboxedEnvironment().from_string("Hello " + text).render(name="visitor")


def flask_template(text):
    import flask

    if not flask.has_request_context():
        with flask.Flask("shop").test_request_context("/"):
            return flask.render_template_string("Hello " + text)
    return flask.render_template_string("Hello " + text)


def django_template(text):
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}])
        django.setup()
    from django.template import Context, Template

    return Template("Hello " + text).render(Context({"user": "visitor"}))


def evaluate(text):
    return eval(text)


def execute(text):
    names = {}
    exec(text, names)
    return names.get("result")


def unpickle(text):
    import base64
    import pickle

    return pickle.loads(base64.b64decode(text))


def unyaml(text):
    import yaml

    return yaml.load(text, Loader=yaml.UnsafeLoader)


def popen(text):
    return os.popen("echo checking " + text).read()


def shell(text):
    import subprocess

    return subprocess.run("echo checking " + text, shell=True, capture_output=True, timeout=5).stdout.decode()


def vector(text):
    import shlex
    import subprocess

    return subprocess.check_output(shlex.split(text), timeout=5).decode(errors="replace")


def system(text):
    return os.system("echo checking " + text + " >/dev/null")


def read(text):
    with open(os.path.join(DATA, text), "rb") as f:
        return len(f.read())


def copy(text):
    import shutil

    return shutil.copyfile(os.path.join(DATA, text), os.path.join(DATA, "copy"))


def fetch(text):
    with urllib.request.urlopen(text, timeout=0.2) as response:
        return len(response.read())


def fetch_by_requests(text):
    import requests

    return requests.get(text, timeout=0.2).text


def plugin(text):
    if PACKAGES not in sys.path:
        sys.path.insert(0, PACKAGES)
    import importlib

    return str(importlib.import_module(text))


def library(text):
    import ctypes

    return str(ctypes.CDLL(text))


HOLES = {f.__name__: f for f in (
    jinja, sandbox, flask_template, django_template, evaluate, execute, unpickle, unyaml, popen, shell, vector, system,
    read, copy, fetch, fetch_by_requests, plugin, library)}


def hole(name, text):
    try:
        return str(HOLES[name](text))[:200]
    except Exception as e:
        return "%s: %s" % (type(e).__name__, e)
