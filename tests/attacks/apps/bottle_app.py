# SPDX-License-Identifier: GPL-2.0-only
import os

import bottle
import jinja2
import work

app = bottle.Bottle()
pages = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(work.HERE, "templates")), autoescape=True)
work.prepare()


@app.get("/")
def index():
    page = pages.get_template("index.html")
    return page.render(title="Shop", rows=work.orders(), user=bottle.request.get_cookie("user"))


@app.post("/login")
def login():
    bottle.response.set_cookie("user", bottle.request.forms["user"])
    return {"ok": True}


@app.post("/order")
def order():
    work.order(bottle.request.forms["name"], float(bottle.request.forms["price"]))
    return {"ok": True}


@app.post("/upload")
def upload():
    file = bottle.request.files["file"]
    return {"size": work.store(file.raw_filename, file.file.read())}


@app.get("/rates")
def rates():
    return work.rates()


@app.get("/rates2")
def rates_by_requests():
    return work.rates_by_requests()


@app.get("/hole/<name>")
def hole(name):
    return work.hole(name, bottle.request.query.getunicode("text"))


@app.get("/static/<path:path>")
def static(path):
    return bottle.static_file(path, os.path.join(work.HERE, "static"))
