# SPDX-License-Identifier: GPL-2.0-only
"""Applications of the frameworks that Debian packages, each behind a server; prints the port once it listens."""

import asyncio
import socket
import sys


def watched(marker):
    """marker: the path of the request."""


def flask_app():
    from flask import Flask, Response

    app = Flask("frameworks")

    @app.get("/view/<n>")
    def view(n):
        watched("/view/" + n)
        return n

    @app.get("/stream/<n>")
    def stream(n):
        def body():
            yield "a"
            watched("/stream/" + n)
        return Response(body())

    return app


def django_app(asgi):
    import django
    from django.conf import settings
    from django.http import HttpResponse, StreamingHttpResponse
    from django.urls import path

    settings.configure(SECRET_KEY="x", ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"], MIDDLEWARE=[
        "django.middleware.common.CommonMiddleware", "django.contrib.sessions.middleware.SessionMiddleware"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")
    django.setup()

    def view(request, n):
        watched("/view/" + n)
        return HttpResponse(n)

    async def coroutine(request, n):
        await asyncio.sleep(0.001)
        watched("/async/" + n)
        return HttpResponse(n)

    def stream(request, n):
        def body():
            yield "a"
            watched("/stream/" + n)
        return StreamingHttpResponse(body())

    global urlpatterns
    urlpatterns = [path("view/<n>", view), path("async/<n>", coroutine), path("stream/<n>", stream)]
    if asgi:
        from django.core.asgi import get_asgi_application
        return get_asgi_application()
    from django.core.wsgi import get_wsgi_application
    return get_wsgi_application()


def fastapi_app():
    from fastapi import FastAPI
    from starlette.middleware.base import BaseHTTPMiddleware

    app, mounted = FastAPI(), FastAPI()

    @app.get("/view/{n}")
    def view(n: str):  # runs in a thread pool
        watched("/view/" + n)

    @app.get("/async/{n}")
    async def coroutine(n: str):
        await asyncio.sleep(0.001)
        watched("/async/" + n)

    @mounted.get("/leaf/{n}")
    async def leaf(n: str):
        watched("/mounted/leaf/" + n)

    async def middleware(request, call_next):
        return await call_next(request)

    app.mount("/mounted", mounted)
    app.add_middleware(BaseHTTPMiddleware, dispatch=middleware)
    return app


def plain_app():
    def application(environ, start_response):
        watched(environ["PATH_INFO"])
        start_response("200 OK", [])

        def body():
            yield b"a"
            watched(environ["PATH_INFO"])
        return body()
    return application


def serve_wsgiref(app, listening):
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Quiet(WSGIRequestHandler):
        def log_message(self, *arguments):
            pass

    listening.close()
    make_server("127.0.0.1", port, app, Server, Quiet).serve_forever()


def serve_werkzeug(app, listening):
    import logging

    from werkzeug.serving import run_simple

    logging.getLogger("werkzeug").disabled = True
    listening.close()
    run_simple("127.0.0.1", port, app, threaded=True)


def serve_gunicorn(app, listening):
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self):
            self.cfg.set("bind", "127.0.0.1:%d" % port)
            self.cfg.set("threads", 8)
            self.cfg.set("loglevel", "critical")

        def load(self):
            return app

    listening.close()
    Server().run()


def serve_uvicorn(app, listening):
    import uvicorn

    uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off")).run(sockets=[listening])


APPLICATIONS = {"flask": flask_app, "django": lambda: django_app(False), "django-asgi": lambda: django_app(True),
                "fastapi": fastapi_app, "plain": plain_app}

if __name__ == "__main__":
    socket_ = socket.socket()
    socket_.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    socket_.bind(("127.0.0.1", 0))
    port = socket_.getsockname()[1]
    application = APPLICATIONS[sys.argv[1]]()
    print(port, flush=True)
    globals()["serve_" + sys.argv[2]](application, socket_)
