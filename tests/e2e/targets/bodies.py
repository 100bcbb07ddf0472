# SPDX-License-Identifier: GPL-2.0-only
"""
Applications that do what a body asks for, by frameworks that Debian packages; prints the port once it listens.
POST /WAY/DEED: the text is the field x of a form (urlencoded or multipart), user.items[0].x of JSON, the body as a whole, an
upload's name, or a header.
"""

import asyncio
import json
import socket
import sys

import frameworks
from inputs import HERE, do

HEADER = "X-Command-For-This-Request"


def inner(data):
    return data["user"]["items"][0]["x"]


def flask_app():
    from flask import Flask, request

    app = Flask("bodies")
    app.post("/form/<deed>")(lambda deed: do(deed, request.form["x"]))
    app.post("/json/<deed>", endpoint="json")(lambda deed: do(deed, inner(request.get_json())))
    app.post("/body/<deed>", endpoint="body")(lambda deed: do(deed, request.get_data(as_text=True)))
    app.post("/file/<deed>", endpoint="file")(lambda deed: do(deed, request.files["x"].filename))
    app.post("/header/<deed>", endpoint="header")(lambda deed: do(deed, request.headers[HEADER]))
    return app


def django_setup(**settings_):
    import django
    from django.conf import settings

    settings.configure(SECRET_KEY="x", ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"], **settings_)
    django.setup()


def django_views():
    from django.http import HttpResponse
    from django.urls import path

    async def slow(request, deed):
        await asyncio.sleep(0.001)
        return HttpResponse(do(deed, inner(json.loads(request.body))))

    return [path("form/<deed>", lambda request, deed: HttpResponse(do(deed, request.POST["x"]))),
            path("json/<deed>", lambda request, deed: HttpResponse(do(deed, inner(json.loads(request.body))))),
            path("slow/<deed>", slow),
            path("header/<deed>", lambda request, deed: HttpResponse(do(deed, request.headers[HEADER]))),
            path("body/<deed>", lambda request, deed: HttpResponse(do(deed, request.body.decode()))),
            path("file/<deed>", lambda request, deed: HttpResponse(do(deed, request.FILES["x"].name)))]


def django_app():
    django_setup()
    from django.core.wsgi import get_wsgi_application
    global urlpatterns
    urlpatterns = django_views()
    return get_wsgi_application()


def django_asgi_app():
    django_setup()
    from django.core.asgi import get_asgi_application
    global urlpatterns
    urlpatterns = django_views()
    return get_asgi_application()


def rest_framework_app():
    # It looks for a module `requests`, and one of the targets is called that.
    sys.path.remove(HERE)
    django_setup(INSTALLED_APPS=["rest_framework"], REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": [], "UNAUTHENTICATED_USER": None})
    from django.core.wsgi import get_wsgi_application
    from django.urls import path
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Form(APIView):
        def post(self, request, deed):
            return Response(do(deed, request.data["x"]))

    class Json(APIView):
        def post(self, request, deed):
            return Response(do(deed, inner(request.data)))

    global urlpatterns
    urlpatterns = [path("form/<deed>", Form.as_view()), path("json/<deed>", Json.as_view())]
    return get_wsgi_application()


def fastapi_app():
    from typing import List

    from fastapi import Body, FastAPI, Form, Request, UploadFile
    from pydantic import BaseModel

    class Item(BaseModel):
        x: str

    class User(BaseModel):
        items: List[Item]

    app = FastAPI()

    @app.post("/form/{deed}")
    def form(deed: str, x: str = Form()):  # runs in a thread pool
        return do(deed, x)

    @app.post("/slowform/{deed}")
    async def slowform(deed: str, x: str = Form()):
        return do(deed, x)

    @app.post("/json/{deed}")
    def json_(deed: str, user: User = Body(embed=True)):
        return do(deed, user.items[0].x)

    @app.post("/slow/{deed}")
    async def slow(deed: str, user: User = Body(embed=True)):
        await asyncio.sleep(0.001)
        return do(deed, user.items[0].x)

    @app.post("/body/{deed}")
    async def body(deed: str, request: Request):
        return do(deed, (await request.body()).decode())

    @app.post("/header/{deed}")
    async def header(deed: str, request: Request):
        return do(deed, request.headers[HEADER])

    @app.post("/file/{deed}")
    def file(deed: str, x: UploadFile):
        return do(deed, x.filename)

    return app


def aiohttp_app():
    from aiohttp import web

    async def form(request):
        return web.Response(text=do(request.match_info["deed"], (await request.post())["x"]))

    async def json_(request):
        return web.Response(text=do(request.match_info["deed"], inner(await request.json())))

    async def body(request):
        return web.Response(text=do(request.match_info["deed"], await request.text()))

    async def header(request):
        return web.Response(text=do(request.match_info["deed"], request.headers[HEADER]))

    app = web.Application()
    app.add_routes([web.post("/header/{deed}", header), web.post("/form/{deed}", form), web.post("/json/{deed}", json_), web.post("/body/{deed}", body)])
    return app


def tornado_app():
    from tornado import web

    class Form(web.RequestHandler):
        def post(self, deed):
            self.write(do(deed, self.get_body_argument("x", strip=False)))

    class Json(web.RequestHandler):
        async def post(self, deed):
            await asyncio.sleep(0.001)
            self.write(do(deed, inner(json.loads(self.request.body))))

    class Body(web.RequestHandler):
        def post(self, deed):
            self.write(do(deed, self.request.body.decode()))

    class File(web.RequestHandler):
        def post(self, deed):
            self.write(do(deed, self.request.files["x"][0].filename))

    class Header(web.RequestHandler):
        def post(self, deed):
            self.write(do(deed, self.request.headers[HEADER]))

    return web.Application([("/header/(.*)", Header), ("/form/(.*)", Form), ("/json/(.*)", Json), ("/body/(.*)", Body), ("/file/(.*)", File)])


def bottle_app():
    import bottle
    from bottle import request

    app = bottle.Bottle()
    app.post("/form/<deed>")(lambda deed: do(deed, request.forms.getunicode("x")))
    app.post("/parts/<deed>")(lambda deed: do(deed, request.forms["x"]))  # decoded already
    app.post("/json/<deed>")(lambda deed: do(deed, inner(request.json)))
    app.post("/body/<deed>")(lambda deed: do(deed, request.body.read().decode()))
    app.post("/file/<deed>")(lambda deed: do(deed, request.files["x"].raw_filename))
    return app


def pyramid_app():
    from pyramid.config import Configurator
    from pyramid.response import Response

    views = {"form": lambda request: request.POST["x"], "json": lambda request: inner(request.json_body),
             "body": lambda request: request.text, "file": lambda request: request.POST["x"].filename}

    def view_of(take):
        return lambda request: Response(do(request.matchdict["deed"], take(request)))

    with Configurator() as config:
        for name, take in views.items():
            config.add_route(name, "/%s/{deed}" % name)
            config.add_view(view_of(take), route_name=name)
        return config.make_wsgi_app()


def falcon_app():
    import falcon

    class Form:
        def on_post(self, req, resp, deed):
            resp.text = do(deed, req.get_media()["x"])

    class Json:
        def on_post(self, req, resp, deed):
            resp.text = do(deed, inner(req.get_media()))

    class Body:
        def on_post(self, req, resp, deed):
            resp.text = do(deed, req.bounded_stream.read().decode())

    app = falcon.App()
    app.add_route("/form/{deed}", Form())
    app.add_route("/json/{deed}", Json())
    app.add_route("/body/{deed}", Body())
    return app


if __name__ == "__main__":
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    frameworks.port = listening.getsockname()[1]
    application = globals()[sys.argv[1] + "_app"]()
    print(frameworks.port, flush=True)
    getattr(frameworks, "serve_" + sys.argv[2])(application, listening)
