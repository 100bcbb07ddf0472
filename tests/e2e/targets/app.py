# SPDX-License-Identifier: GPL-2.0-only
"""A WSGI application, for servers that embed Python."""

import os


def handle(path, query):
    return "%s?%s by %d" % (path, query, os.getpid())


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [handle(environ["PATH_INFO"], query=environ["QUERY_STRING"]).encode()]
