# SPDX-License-Identifier: GPL-2.0-only
"""
Requests in every way in which they come to an application: through plain WSGI and ASGI callables, from threads and
from one event loop.  A watched function is told which request it works for: the alert must say the same.
Standard library only, CPython 3.8 to 3.15.
"""

import asyncio
import concurrent.futures
import functools
import os
import sys
import threading
import time

import talk
from talk import serve


def watched(marker):
    """marker: the path of the request, or "none"."""


def environ_of(marker, **more):
    return dict({"PATH": "/usr/bin", "HOME": "/root", "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": marker,
                 "QUERY_STRING": "q=" + marker, "REMOTE_ADDR": "203.0.113.9", "HTTP_HOST": "shop.example",
                 "HTTP_USER_AGENT": "curl/8", "wsgi.version": (1, 0)}, **more)


def scope_of(marker, **more):
    return dict({"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": marker,
                 "raw_path": marker.encode(), "root_path": "", "query_string": b"q=" + marker.encode(),
                 "client": ("203.0.113.9", 4711), "server": ("127.0.0.1", 80),
                 "headers": [(b"accept", b"*/*"), (b"host", b"shop.example"), (b"user-agent", b"curl/8")]}, **more)


def start_response(status, headers):
    pass


# --- WSGI ---


def deeper(marker, n=10):
    if n:
        deeper(marker, n - 1)
    else:
        watched(marker)


def plain(environ, start_response):
    deeper(environ["PATH_INFO"])
    return [b""]


def other_names(e, sr):
    watched(e["PATH_INFO"])
    return [b""]


class Application:
    def __call__(self, environ, start_response):
        def view():
            watched(environ["PATH_INFO"])  # environ stands in a cell
        view()
        return [b""]


class Slotted:
    __slots__ = ("environ",)


class Request:
    def __init__(self, environ=None, scope=None):
        self.other = 1
        if environ:
            self.environ = environ
        if scope:
            self.scope = scope


class DictRequest(Request):
    def __init__(self, **keys):
        super().__init__(**keys)
        self.__dict__  # the attributes move into a dict


def by_attribute(request):
    watched((getattr(request, "environ", None) or {"PATH_INFO": request.scope["path"]})["PATH_INFO"])


def inner_wins(environ, start_response):
    plain(environ_of("/inner" + environ["PATH_INFO"]), start_response)
    watched(environ["PATH_INFO"])


def streaming(environ, start_response):
    watched(environ["PATH_INFO"])
    yield b""
    watched(environ["PATH_INFO"])
    yield b""


def wsgi():
    plain(environ_of("/plain"), start_response)
    other_names(environ_of("/names"), start_response)
    Application()(environ_of("/application"), start_response)
    inner_wins(environ_of("/outer"), start_response)
    list(streaming(environ_of("/streaming"), start_response))
    by_attribute(Request(environ_of("/attribute")))
    by_attribute(DictRequest(environ=environ_of("/dict")))
    by_attribute(Request(scope=scope_of("/scope")))
    return ["/plain", "/names", "/application", "/inner/outer", "/outer", "/streaming", "/streaming", "/attribute",
            "/dict", "/scope"]


def look_alikes(n):
    """No request is being handled."""
    environ, scope, request, req, env, future = {}, {"type": "lifespan", "path": "/x", "headers": []}, 1, None, [], 2
    watched("none")


def not_one(environ, scope, request=None):
    watched("none")


def nothing():
    watched("none")
    look_alikes(1)
    not_one({"REQUEST_METHOD": "GET", "a": 1, "b": 2}, {"type": "lifespan", "path": "/", "headers": [], "x": 1})
    not_one(None, object(), Request())
    not_one({n: n for n in range(1000)}, {"a%d" % n: n for n in range(500)}, sys)
    not_one(environ_of, scope_of, Request)
    return ["none"] * 6


def hostile():
    """Environs with anything in them."""
    long = "/" + "x" * 5000
    plain(environ_of("/ä\u20ac\ud800".encode("utf-8", "surrogatepass").decode("latin-1")), start_response)
    plain(environ_of("/\0nul"), start_response)
    plain(environ_of(long, QUERY_STRING="y" * 5000, HTTP_COOKIE="z" * 9000), start_response)
    plain(environ_of("/types", QUERY_STRING=7, REMOTE_ADDR=None, HTTP_HOST=["h"], HTTP_USER_AGENT=object()),
          start_response)
    asyncio.run(scope_application(scope_of("/types", headers=[(b"host",), 7, None, [b"host", b"list"], (b"x", 8)],
                                           client=[]), None, None))
    asyncio.run(scope_application(scope_of("/many", headers=[(b"x-%d" % n, b"y") for n in range(5000)]), None, None))
    return []


def details():
    plain(environ_of("/caf\u00c3\u00a9", SCRIPT_NAME="/sub", QUERY_STRING="a=%2Fb&c=d", REMOTE_ADDR="10.1.2.3",
                     HTTP_X_FORWARDED_FOR="198.51.100.7, 192.0.2.66, 10.9.9.9",
                     HTTP_COOKIE="theme=dark; session=abc.def; PHPSESSID=2",
                     HTTP_TRACEPARENT="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), start_response)
    asyncio.run(scope_application(scope_of("/sub/caf\u00e9", root_path="/sub", query_string=b"a=%2Fb&c=d",
                                           client=("10.1.2.3", 1), headers=[
        [b"host", b"shop.example"], (b"cookie", b"theme=dark; session=abc.def"), (b"user-agent", b"curl/8"),
        (b"x-forwarded-for", b"198.51.100.7"), (b"x-forwarded-for", b"192.0.2.66, 10.9.9.9"),
        (b"traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]), None, None))
    return []


def threads(n, rounds):
    def work(number):
        barrier.wait()
        for count in range(rounds):
            plain(environ_of("/thread/%d/%d" % (number, count)), start_response)

    barrier = threading.Barrier(n)
    started = [threading.Thread(target=work, args=(number,)) for number in range(n)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return ["/thread/%d/%d" % (number, count) for number in range(n) for count in range(rounds)]


# --- ASGI ---


async def scope_application(scope, receive, send):
    watched(scope["path"])


async def below(marker, n=5):
    if n:
        await below(marker, n - 1)
    else:
        for _ in range(3):
            await asyncio.sleep(0.001)
            watched(marker)


async def agenerator(marker):
    yield 1
    await asyncio.sleep(0)
    watched(marker)
    yield 2


async def application(scope, receive, send):
    """Nine calls of watched, in awaited coroutines."""
    marker = scope["path"]
    watched(marker)
    await below(marker)
    async for _ in agenerator(marker):
        pass
    await asyncio.gather(nested(marker), nested(marker))
    await asyncio.wait_for(nested(marker), 60)
    watched(marker)


async def nested(marker):
    """A task of its own, which its parent awaits."""
    await asyncio.sleep(0.001)
    watched(marker)


async def server(n):
    await asyncio.gather(*[application(scope_of("/task/%d" % number), None, None) for number in range(n)])


def tasks(n):
    asyncio.run(server(n))
    return ["/task/%d" % number for number in range(n) for _ in range(9)]


# --- work that is handed on ---


async def wait_for_children(marker):
    child = asyncio.ensure_future(nested(marker))
    await asyncio.wait([child])
    await asyncio.shield(asyncio.ensure_future(nested(marker)))
    await asyncio.ensure_future(nested(marker))
    if sys.version_info >= (3, 11):
        async with asyncio.TaskGroup() as group:
            group.create_task(nested(marker))
            group.create_task(nested(marker))
    else:
        await asyncio.gather(nested(marker), nested(marker))


async def children(scope, receive, send):
    await wait_for_children(scope["path"])


async def executor(scope, receive, send):
    loop = asyncio.get_running_loop()
    for _ in range(3):
        await loop.run_in_executor(None, in_thread, scope["path"], asyncio.current_task())


def in_thread(marker, giver):
    while giver._fut_waiter is None:  # until the result is awaited
        time.sleep(0.001)
    watched(marker)


async def handing_on(n):
    await asyncio.gather(*[app(scope_of("/%s/%d" % (app.__name__, number)), None, None) for number in range(n)
                           for app in (children, executor)])


def handed_on(n):
    asyncio.run(handing_on(n))
    return (["/children/%d" % number for number in range(n) for _ in range(5)] +
            ["/executor/%d" % number for number in range(n) for _ in range(3)])


# --- work that nobody awaits, or several do: whose it is cannot be known ---


async def background(done):
    await asyncio.sleep(0.01)
    watched("none")
    done.set()


async def forgetting(scope, receive, send, done):
    asyncio.ensure_future(background(done))
    await asyncio.sleep(0)


async def shared(scope, receive, send, task):
    await asyncio.shield(task)


async def queued(scope, receive, send, queue):
    future = asyncio.get_running_loop().create_future()
    await queue.put(future)
    await future


async def worker(queue, n):
    for _ in range(n):
        future = await queue.get()
        watched("none")
        future.set_result(1)


async def unknown_main():
    done = asyncio.Event()
    await forgetting(scope_of("/forgotten"), None, None, done)
    await done.wait()
    task = asyncio.ensure_future(background(done))
    await asyncio.gather(*[shared(scope_of("/shared/%d" % n), None, None, task) for n in range(3)])
    queue = asyncio.Queue()
    working = asyncio.ensure_future(worker(queue, 3))
    await asyncio.gather(*[queued(scope_of("/queued/%d" % n), None, None, queue) for n in range(3)])
    await working


def unknown():
    asyncio.run(unknown_main())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(watched, ["none", "none"]))
    return ["none"] * 7


def measure(batches, size, request, depth):
    """Nanoseconds a call, of the watched function and of one that is not, `depth` frames below a request or none."""
    def loop():
        times = []
        for _ in range(batches):
            row = []
            for function in (unwatched, watched):
                start = time.perf_counter_ns()
                for _ in range(size):
                    function("none")
                row.append((time.perf_counter_ns() - start) / size)
            times.append(row)
            time.sleep(0.01)
        return times

    def down(a, b, n):
        return down(a, b, n - 1) if n else loop()

    def view(environ, start_response):
        return down(1, 2, depth)

    def scoped(scope, receive, send):
        return down(1, 2, depth)

    if request == "wsgi":
        return view(environ_of("/", **{"HTTP_X_%d" % n: "x" for n in range(25)}), start_response)
    if request == "asgi":
        return scoped(scope_of("/"), None, None)
    return down(1, 2, depth + 1)


def unwatched(marker):
    pass


def again():
    """The process becomes another one of the same program."""
    talk.give_back()
    os.execv(sys.executable, talk.command())


if __name__ == "__main__":
    serve(again=again, wsgi=wsgi, nothing=nothing, hostile=hostile, details=details, threads=threads, tasks=tasks,
          handed_on=handed_on, unknown=unknown, measure=measure)
