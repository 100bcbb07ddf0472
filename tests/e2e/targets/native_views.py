# SPDX-License-Identifier: GPL-2.0-only
"""Views that are compiled by Cython, called by those who call views.  Needs Debian's Flask and Django."""

import collections
import concurrent.futures
import sys
import threading
import typing

sys.path.insert(0, sys.argv[1])  # where native.pyx has been compiled to

import native_calls as native
from talk import serve

VIEWS = [native.evaluate, native.execute, native.compiled]


def flask():
    from flask import Flask

    app = Flask("native_views")
    for view in VIEWS:
        app.add_url_rule("/" + view.__name__, view.__name__, view)
    for view in VIEWS:
        assert app.test_client().get("/" + view.__name__).data == b"done"


def django():
    import django
    from django.conf import settings
    from django.http import HttpResponse
    from django.test import Client
    from django.urls import path

    if not settings.configured:
        settings.configure(SECRET_KEY="x", ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"])
        django.setup()
    native.answer = HttpResponse
    global urlpatterns
    urlpatterns = [path(view.__name__, view) for view in VIEWS]
    for view in VIEWS:
        assert Client().get("/" + view.__name__).content == b"done"
    native.answer = str


def threads():
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for view in VIEWS:
            assert pool.submit(view).result() == "done"
    for view in VIEWS:
        thread = threading.Thread(target=view)
        thread.start()
        thread.join()


def libraries():
    """What they evaluate on their own account."""
    collections.namedtuple("Point", "x y")(1, 2)
    typing.get_type_hints(type("T", (), {"__annotations__": {"a": "int"}}))
    import colorsys


def call(way):
    {"flask": flask, "django": django, "threads": threads, "libraries": libraries}[way]()


serve(call=call)
