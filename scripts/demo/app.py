# SPDX-License-Identifier: GPL-2.0-only
"""A small shop page with holes in it, each of a kind that is found in real applications.

Vulnerable on purpose: the demo starts it on a loopback port of its own and ends it again.
Nothing in here knows of phrude-trace.
"""

import importlib
import os
import sys

from flask import Flask, render_template_string, request
from werkzeug.serving import make_server

app = Flask(__name__)


@app.get("/hello")
def hello():
    # The hole: the visitor's text becomes part of the template instead of a value in it.
    return render_template_string("<h1>Hello " + request.args.get("name", "guest") + "!</h1>")


@app.get("/ping")
def ping():
    # The hole: the visitor's text becomes part of a shell command.
    return os.popen("echo checking " + request.args.get("host", "127.0.0.1")).read()


@app.get("/plugin")
def plugin():
    # A plug-in system.  Importing a package runs it: all it takes is one poisoned release.
    module = importlib.import_module(request.args["name"])
    return module.describe() + "\n"


if __name__ == "__main__":
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "packages"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print("listening on port", server.server_port, flush=True)
    server.serve_forever()
