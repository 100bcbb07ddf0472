# SPDX-License-Identifier: GPL-2.0-only
import asyncio
import os
import sys

import jinja2
import tornado.web
import work

pages = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(work.HERE, "templates")), autoescape=True)
work.prepare()


class Index(tornado.web.RequestHandler):
    def get(self):
        page = pages.get_template("index.html")
        self.write(page.render(title="Shop", rows=work.orders(), user=self.get_cookie("user")))


class Login(tornado.web.RequestHandler):
    def post(self):
        self.set_cookie("user", self.get_body_argument("user").replace(" ", "+"))
        self.write({"ok": True})


class Order(tornado.web.RequestHandler):
    def post(self):
        work.order(self.get_body_argument("name"), float(self.get_body_argument("price")))
        self.write({"ok": True})


class Upload(tornado.web.RequestHandler):
    def post(self):
        file = self.request.files["file"][0]
        self.write({"size": work.store(file["filename"], file["body"])})


class Rates(tornado.web.RequestHandler):
    async def get(self):
        self.write(await asyncio.get_running_loop().run_in_executor(None, work.rates))


class RatesByRequests(tornado.web.RequestHandler):
    def get(self):
        self.write(work.rates_by_requests())


class Hole(tornado.web.RequestHandler):
    def get(self, name):
        self.write(work.hole(name, self.get_query_argument("text", strip=False)))


async def main():
    tornado.web.Application([
        ("/", Index), ("/login", Login), ("/order", Order), ("/upload", Upload), ("/rates", Rates),
        ("/rates2", RatesByRequests), ("/hole/(.*)", Hole),
        ("/static/(.*)", tornado.web.StaticFileHandler, {"path": os.path.join(work.HERE, "static")}),
    ]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
