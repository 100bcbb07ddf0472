# SPDX-License-Identifier: GPL-2.0-only
import os
from urllib.parse import parse_qs

import jinja2
import work
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles

app = FastAPI()
app.mount("/static", StaticFiles(directory=os.path.join(work.HERE, "static")))
pages = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(work.HERE, "templates")), autoescape=True)
work.prepare()


async def form(request):
    return {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}


@app.get("/")
def index(request: Request):
    page = pages.get_template("index.html")
    return HTMLResponse(page.render(title="Shop", rows=work.orders(), user=request.cookies.get("user")))


@app.post("/login")
async def login(request: Request):
    response = JSONResponse({"ok": True})
    response.set_cookie("user", (await form(request))["user"])
    return response


@app.post("/order")
async def order(request: Request):
    fields = await form(request)
    work.order(fields["name"], float(fields["price"]))
    return {"ok": True}


@app.post("/upload")
async def upload(request: Request):
    return {"size": work.store("picture.png", await request.body())}


@app.get("/rates")
def rates():
    return work.rates()


@app.get("/rates2")
def rates_by_requests():
    return work.rates_by_requests()


@app.get("/hole/{name}")
def hole(name: str, text: str):
    return PlainTextResponse(work.hole(name, text))
