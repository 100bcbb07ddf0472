# SPDX-License-Identifier: GPL-2.0-only
"""A small application, for gunicorn: says which copy of it answers, and has a hole."""

import os

from flask import Flask, request

app = Flask("shop")


@app.get("/")
def front():
    return os.environ["COPY"]


@app.get("/ping")
def ping():
    os.system("true " + request.args.get("host", ""))
    return os.environ["COPY"]
