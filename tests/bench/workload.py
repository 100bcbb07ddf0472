# SPDX-License-Identifier: GPL-2.0-only
"""The process that is measured.  Takes commands as JSON lines on stdin, answers each with one on stdout.

One process does all runs of a comparison, traced and untraced in turn: then nothing but the tracer differs.
"""

import io
import json
import logging
import os
import sys
import threading
import time
import urllib.parse
import wsgiref.util
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from settrace_tracer import SettraceTracer  # noqa: E402

STACK_FRAMES = 20  # callers of a watched function, this file's main program included

# What the in-process tracer watches: the functions of rules/phrude.yaml.
WATCHED = {
    "getenv": ["os.py", "<frozen os>"],
    "getenvb": ["os.py", "<frozen os>"],
    "popen": ["os.py", "<frozen os>"],
    "_execvpe": ["os.py", "<frozen os>"],
    "_spawnvef": ["os.py", "<frozen os>"],
    "__getitem__": ["os.py", "<frozen os>"],
    "_execute_child": ["subprocess.py"],
    "spawn": ["pty.py"],
    "create_connection": ["socket.py", "urllib3/util/connection.py"],
    "getaddrinfo": ["socket.py"],
    "urlopen": ["urllib/request.py"],
}


# --- the watched function and its twin that no rule names ---


def watched_call(name, number, items):
    return number


def another_call(name, number, items):
    return number


ARGS = ("CLOUD_SECRET_KEY", 4711, ["a", "list", 3])


def depth():
    frame, count = sys._getframe(1), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count


def at_depth(frames, function, *args):
    """Calls function so that what it calls has `frames` callers, function among them."""
    if depth() < frames - 1:
        return at_depth(frames, function, *args)
    return function(*args)


# --- loops; each returns what it counted and how long it took ---
#
# Loops that only compute take their time from the processor's clock of this thread: a probe's cost is part
# of it, and what the neighbours on the machine do is not.


PAGE = (
    "<h1>{{ title|upper }}</h1><ul>{% for item in items %}"
    "<li class='{{ loop.cycle('odd', 'even') }}'>{{ item.name }}: {{ item.price }}</li>"
    "{% endfor %}</ul><a href='{{ url_for('shop', page=page + 1) }}'>next</a>"
)


def build_app():
    """A page of an ordinary kind: a route with a parameter, a query, a template with a loop and a link."""
    from flask import Flask, render_template, request
    from jinja2 import DictLoader

    app = Flask(__name__)
    app.jinja_loader = DictLoader({"page.html": PAGE})

    @app.get("/shop/<int:page>")
    def shop(page):
        items = [{"name": "item %d" % number, "price": number * 3} for number in range(page, page + 20)]
        return render_template("page.html", title=request.args.get("title", "shop"), items=items, page=page)

    return app


class Loops:
    def __init__(self):
        self._app = None
        self._tracer = None

    def _request(self):
        """One request through the application's WSGI entry, without the cost of an HTTP client."""
        if self._app is None:
            from werkzeug.test import EnvironBuilder

            self._app = build_app().wsgi_app
            self._environ = EnvironBuilder(path="/shop/3", query_string="title=sale").get_environ()
        status = []
        body = b"".join(self._app(dict(self._environ), lambda line, headers, error=None: status.append(line)))
        if status != ["200 OK"] or b"item 22" not in body:
            raise RuntimeError("the application answered %s %r" % (status, body[:100]))

    def flask(self, seconds):
        request, clock = self._request, time.thread_time_ns
        request()
        count, start = 0, clock()
        end = start + int(seconds * 1e9)
        while True:
            request()
            count += 1
            now = clock()
            if now >= end:
                return {"count": count, "ns": now - start}

    def calls(self, seconds):
        clock = time.thread_time_ns
        count, start = 0, clock()
        end = start + int(seconds * 1e9)
        while True:
            call_loop(2000)
            count += 2000
            now = clock()
            if now >= end:
                return {"count": count, "ns": now - start}

    def serve(self):
        """Starts the application's HTTP server in a thread; says where."""
        from werkzeug.serving import make_server

        self._request()
        logging.getLogger("werkzeug").addHandler(logging.NullHandler())  # a line a request, formatted, to nowhere
        logging.getLogger("werkzeug").propagate = False
        server = make_server("127.0.0.1", 0, self._app, threaded=True)  # a thread a request, as `flask run` has it
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return {"port": server.server_port}

    def cpu(self):
        """Processor time of all threads so far."""
        return {"ns": time.process_time_ns()}

    def count_calls(self):
        """Python function calls of one Flask request."""
        self._request()
        count = 0

        def profile(frame, event, arg):
            nonlocal count
            count += event == "call"

        sys.setprofile(profile)
        self._request()
        sys.setprofile(None)
        return {"count": count - 1}

    def settrace(self, mode):
        if self._tracer:
            self._tracer.stop()
            self._tracer = None
        if mode != "off":
            self._tracer = SettraceTracer(WATCHED, every=mode == "every")
            self._tracer.start()
        return {}

    def match(self, batches, size):
        return at_depth(STACK_FRAMES, match_batches, batches, size)

    def hits(self, which, batches, size, in_request=False):
        if in_request:
            return application(environ(in_request), HITS[which], batches, size)
        return at_depth(STACK_FRAMES, hit_batches, HITS[which], batches, size)

    def modules(self, count):
        """As many more modules are loaded, of twenty functions each."""
        code = "".join("def f%d(a, b=1):\n    return a\n" % number for number in range(20))
        for _ in range(count):
            name = "bench_module_%d" % len(sys.modules)
            module = type(sys)(name)
            exec(compile(code, name + ".py", "exec"), module.__dict__)
            sys.modules[name] = module
        return {"count": len(sys.modules)}

    def gaps(self, seconds):
        """The longest time that this thread did not come to make its next call, in ns."""
        clock, longest = time.perf_counter_ns, 0
        last = clock()
        end = last + int(seconds * 1e9)
        while last < end:
            another_call(*ARGS)
            now = clock()
            if now - last > longest:
                longest = now - last
            last = now
        return {"longest": longest}

    def rate(self, rate, seconds):
        return at_depth(STACK_FRAMES, call_at_rate, rate, seconds)


# One call of each sort that a rule can watch.
HITS = {
    "python": lambda: watched_call(*ARGS),
    "c": lambda: zlib.crc32(b"CLOUD_SECRET_KEY"),
    "audit": lambda: sys.audit("bench.event", *ARGS),
    "unwatched": lambda: another_call(*ARGS),
}


FIELDS = {"first": "1", "name": "x" * 20, "host": "127.0.0.1"}


def environ(body):
    """A request as a WSGI server hands it on; `body`: "bytes", "form", or neither."""
    made = {"REMOTE_ADDR": "192.0.2.7", "QUERY_STRING": "page=3", "HTTP_USER_AGENT": "bench/1.0",
            "HTTP_COOKIE": "session=0123456789abcdef", "HTTP_X_FORWARDED_FOR": "198.51.100.4"}
    wsgiref.util.setup_testing_defaults(made)
    if body == "bytes":
        made["wsgi.input"] = io.BytesIO(json.dumps(FIELDS).encode())
    elif body == "form":  # as Werkzeug has read it
        from werkzeug.wrappers import Request
        data = urllib.parse.urlencode(FIELDS).encode()
        made.update({"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/x-www-form-urlencoded",
                     "CONTENT_LENGTH": str(len(data)), "wsgi.input": io.BytesIO(data)})
        if Request(made).form.to_dict() != FIELDS:
            raise ValueError("the form was not read")
    else:
        made["wsgi.input"] = None
    return made


def application(environ, function, batches, size):
    """The outermost of as many callers, in a request."""
    return at_depth(STACK_FRAMES - 1, hit_batches, function, batches, size)


def hit_batches(function, batches, size):
    """Nanoseconds of this thread's processor time a call, batch by batch."""
    clock, times = time.thread_time_ns, []
    for _ in range(batches):
        for _ in range(size):
            function()
        start = clock()
        for _ in range(size):
            function()
        times.append((clock() - start) / size)
        time.sleep(0.005)
    return {"times": times}


def call_loop(count):
    function = another_call
    name, number, items = ARGS
    for _ in range(count):
        function(name, number, items)


def match_batches(batches, size):
    """Nanoseconds of this thread's processor time a call, batch by batch, of the watched function and of its twin."""
    clock = time.thread_time_ns
    name, number, items = ARGS
    watched, twin = [], []
    for _ in range(batches):
        for _ in range(size):  # after the sleep the caches are cold: that is no part of a match
            another_call(name, number, items)
        for function, times in ((another_call, twin), (watched_call, watched)):
            start = clock()
            for _ in range(size):
                function(name, number, items)
            times.append((clock() - start) / size)
        time.sleep(0.01)  # lets the tracer catch up: this measures the caller, not the queue
    return {"watched": watched, "twin": twin}


def call_at_rate(rate, seconds):
    """Calls the watched function evenly, `rate` a second, the time of the call as its second argument."""
    clock, wall = time.perf_counter_ns, time.time_ns
    name, _, items = ARGS
    busy = time.thread_time_ns()
    done, start = 0, clock()
    total, end = int(rate * seconds), start + int(seconds * 1e9)
    while done < total:
        now = clock()
        if now >= end + 10**9:  # cannot keep up
            break
        due = min(total, int((now - start) * rate / 1e9) + 1)
        while done < due:
            watched_call(name, wall(), items)
            done += 1
        time.sleep(0.0005)
    return {"count": done, "ns": clock() - start, "busy": time.thread_time_ns() - busy}


def main():
    loops = Loops()
    print(json.dumps({"python": "%d.%d.%d" % sys.version_info[:3], "frames": STACK_FRAMES}), flush=True)
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        command = json.loads(line)
        try:
            answer = getattr(loops, command.pop("do"))(**command)
        except Exception as error:  # the driver prints it and goes on with the next measurement
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
