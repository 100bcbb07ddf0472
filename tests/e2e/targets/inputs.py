# SPDX-License-Identifier: GPL-2.0-only
"""
Applications that hand the client's text to what it may change the meaning of, by frameworks that Debian packages; prints
the port once it listens.  /DEED?x=TEXT and /DEED/TEXT do the deed with the text; what it answers is its result, or the error.
"""

import contextlib
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import urllib.request

import frameworks

HERE = os.path.dirname(os.path.abspath(__file__))


def shell(x):
    return os.system("true " + x)


def own_shell(x):
    return os.system("true ; id >&2")


def quoted(x):
    return os.system("true '%s'" % x)


def words(x):
    return subprocess.run(["true", x]).returncode


def sql(x):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        return connection.execute("select 1 where '%s' = 'a'" % x).fetchall()


def bound(x):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        return connection.execute("select 1 where ? = 'a'", [x]).fetchall()


def opened(x):
    with open(HERE + "/" + x) as file:
        return file.name


def pathlib_opened(x):
    return (pathlib.Path(HERE) / x).read_text()[:1]


def evaluated(x):
    return eval(x)


def fetched(x):
    with urllib.request.urlopen(x, timeout=1) as answer:
        return answer.status


DEEDS = {deed.__name__: deed
         for deed in (shell, own_shell, quoted, words, sql, bound, opened, pathlib_opened, evaluated, fetched)}


def do(deed, x):
    try:
        return str(DEEDS[deed](x))
    except Exception as error:  # what fails was tried all the same
        return repr(error)


def flask_app():
    from flask import Flask, request

    app = Flask("inputs")

    @app.get("/<deed>")
    def by_query(deed):
        return do(deed, request.args["x"])

    @app.get("/<deed>/<path:x>")
    def by_path(deed, x):
        return do(deed, x)

    @app.get("/cookie/<deed>/")
    def by_cookie(deed):
        return do(deed, request.cookies["x"])

    return app


def django_app():
    import django
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import path

    settings.configure(SECRET_KEY="x", ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"])
    django.setup()

    def by_query(request, deed):
        return HttpResponse(do(deed, request.GET["x"]))

    def by_path(request, deed, x):
        return HttpResponse(do(deed, x))

    def by_cookie(request, deed):
        return HttpResponse(do(deed, request.COOKIES["x"]))

    global urlpatterns
    urlpatterns = [path("cookie/<deed>/", by_cookie), path("<deed>", by_query), path("<deed>/<path:x>", by_path)]
    from django.core.wsgi import get_wsgi_application
    return get_wsgi_application()


def fastapi_app():
    from fastapi import Cookie, FastAPI

    app = FastAPI()

    @app.get("/cookie/{deed}/")
    def by_cookie(deed: str, x: str = Cookie()):
        return do(deed, x)

    @app.get("/{deed}")
    async def by_query(deed: str, x: str):
        return do(deed, x)

    @app.get("/{deed}/{x:path}")
    def by_path(deed: str, x: str):  # runs in a thread pool
        return do(deed, x)

    return app


if __name__ == "__main__":
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    frameworks.port = listening.getsockname()[1]
    application = globals()[sys.argv[1] + "_app"]()
    print(frameworks.port, flush=True)
    getattr(frameworks, "serve_" + sys.argv[2])(application, listening)
