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


def bottle_app():
    import bottle

    app = bottle.Bottle()

    @app.get("/view/<n>")
    def view(n):
        watched(bottle.request.path)
        return n

    @app.get("/stream/<n>")
    def stream(n):
        yield "a"
        watched("/stream/" + n)

    return app


def pyramid_app():
    from pyramid.config import Configurator
    from pyramid.response import Response

    def view(request):
        watched("/view/" + request.matchdict["n"])
        return Response(request.matchdict["n"])

    class Views:
        def __init__(self, context, request):
            self.context, self.request = context, request

        def method(self):
            watched("/class/" + self.request.matchdict["n"])
            return {"n": 1}

    with Configurator() as config:
        config.add_route("view", "/view/{n}")
        config.add_route("class", "/class/{n}")
        config.add_view(view, route_name="view")
        config.add_view(Views, attr="method", route_name="class", renderer="json")
        return config.make_wsgi_app()


def falcon_app():
    import falcon

    class View:
        def on_get(self, req, resp, n):
            watched("/view/" + n)
            resp.text = n

    app = falcon.App()
    app.add_route("/view/{n}", View())
    return app


def thread_pool():
    """All its threads run: a new one takes work at once, whatever else there is to do."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    pool, barrier = ThreadPoolExecutor(8), Barrier(8)
    list(pool.map(lambda _: barrier.wait(), range(8)))
    return pool


def once_awaited(marker):
    """
    Work for a thread of a pool. Work that begins before anybody awaits it belongs to no request that can be known, so it
    waits for the loop to go on, which it does once its task awaits.
    """
    from threading import Event

    goes_on = Event()
    asyncio.get_running_loop().call_soon(goes_on.set)

    def work():
        goes_on.wait()
        watched(marker)

    return work


def aiohttp_app():
    from aiohttp import web

    async def view(request):
        watched("/view/" + request.match_info["n"])
        await asyncio.sleep(0.001)
        return web.Response(text="a")

    async def slow(request):
        await asyncio.sleep(0.001)
        watched("/async/" + request.match_info["n"])
        return web.Response(text="a")

    threads = thread_pool()

    async def pool(request):
        await asyncio.get_running_loop().run_in_executor(threads, once_awaited("/pool/" + request.match_info["n"]))
        return web.Response(text="a")

    class View(web.View):
        async def get(self):
            await asyncio.sleep(0)
            watched("/class/" + self.request.match_info["n"])
            return web.Response(text="a")

    app = web.Application()
    app.add_routes([web.get("/view/{n}", view), web.get("/async/{n}", slow), web.get("/pool/{n}", pool),
                    web.view("/class/{n}", View)])
    return app


def tornado_app():
    from tornado import gen, ioloop, web

    class View(web.RequestHandler):
        def get(self, n):
            watched("/view/" + n)

    class Slow(web.RequestHandler):
        async def get(self, n):
            await gen.sleep(0.001)
            watched("/async/" + n)

    threads = thread_pool()

    class Pool(web.RequestHandler):
        async def get(self, n):
            await ioloop.IOLoop.current().run_in_executor(threads, once_awaited("/pool/" + n))

    return web.Application([("/view/(.*)", View), ("/async/(.*)", Slow), ("/pool/(.*)", Pool)])


def sleeping_app():
    """Others are served while one waits."""
    import time

    def application(environ, start_response):
        time.sleep(0.002)
        watched(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Length", "1")])
        time.sleep(0.002)
        watched(environ["PATH_INFO"])
        return [b"a"]
    return application


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


def serve_waitress(app, listening):
    import logging

    import waitress

    logging.getLogger("waitress").disabled = True
    logging.getLogger("waitress.queue").disabled = True
    waitress.serve(app, sockets=[listening], threads=8)


def serve_gevent(app, listening):
    from gevent.pywsgi import WSGIServer

    listening.close()
    WSGIServer(("127.0.0.1", port), app, log=None).serve_forever()


def serve_aiohttp(app, listening):
    from aiohttp import web

    web.run_app(app, sock=listening, print=None, access_log=None)


def serve_tornado(app, listening):
    from tornado.httpserver import HTTPServer

    async def main():
        listening.listen(128)
        listening.setblocking(False)
        app.settings["log_function"] = lambda handler: None
        HTTPServer(app).add_socket(listening)
        await asyncio.Event().wait()

    asyncio.run(main())


def serve_uvicorn(app, listening):
    import uvicorn

    uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off")).run(sockets=[listening])


APPLICATIONS = {"flask": flask_app, "django": lambda: django_app(False), "django-asgi": lambda: django_app(True),
                "fastapi": fastapi_app, "plain": plain_app, "bottle": bottle_app, "pyramid": pyramid_app,
                "falcon": falcon_app, "sleeping": sleeping_app, "aiohttp": aiohttp_app,
                "tornado": tornado_app}

if __name__ == "__main__":
    if sys.argv[2] == "gevent":
        from gevent import monkey
        monkey.patch_all()
    socket_ = socket.socket()
    socket_.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    socket_.bind(("127.0.0.1", 0))
    port = socket_.getsockname()[1]
    application = APPLICATIONS[sys.argv[1]]()
    print(port, flush=True)
    globals()["serve_" + sys.argv[2]](application, socket_)
