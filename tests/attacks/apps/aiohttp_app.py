# SPDX-License-Identifier: GPL-2.0-only
import asyncio
import os
import sys

import jinja2
import work
from aiohttp import web

pages = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(work.HERE, "templates")), autoescape=True)
work.prepare()


async def index(request):
    page = pages.get_template("index.html")
    return web.Response(text=page.render(title="Shop", rows=work.orders(), user=request.cookies.get("user")))


async def login(request):
    response = web.json_response({"ok": True})
    response.set_cookie("user", (await request.post())["user"])
    return response


async def order(request):
    fields = await request.post()
    work.order(fields["name"], float(fields["price"]))
    return web.json_response({"ok": True})


async def upload(request):
    file = (await request.post())["file"]
    return web.json_response({"size": work.store(file.filename, file.file.read())})


async def rates(request):
    return web.json_response(await asyncio.get_running_loop().run_in_executor(None, work.rates))


async def rates_by_requests(request):
    return web.json_response(await asyncio.get_running_loop().run_in_executor(None, work.rates_by_requests))


async def hole(request):
    return web.Response(text=work.hole(request.match_info["name"], request.query["text"]))


app = web.Application()
app.add_routes([web.get("/", index), web.post("/login", login), web.post("/order", order), web.post("/upload", upload),
                web.get("/rates", rates), web.get("/rates2", rates_by_requests), web.get("/hole/{name}", hole),
                web.static("/static", os.path.join(work.HERE, "static"))])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
