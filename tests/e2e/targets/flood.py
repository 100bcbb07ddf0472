# SPDX-License-Identifier: GPL-2.0-only
"""Calls without end from threads, and calls at a steady pace."""

import threading
import time

import talk

load = ["x" * 4000] * 8


def noisy(argument):
    return argument is None


def quiet(number):
    return number


counts = []
stop = threading.Event()
threads = []


def flood(n):
    """Starts so many threads that do nothing but call: every other one with a big argument, which fills the ring sooner."""
    def forever(index):
        argument = load if index % 2 else index
        while not stop.is_set():
            for _ in range(100):
                noisy(argument)
            counts[index] += 100

    counts[:] = [0] * n
    threads.extend(threading.Thread(target=forever, args=(index,)) for index in range(n))
    for thread in threads:
        thread.start()
    return n


def ebb():
    """Ends them; answers with the number of calls."""
    stop.set()
    for thread in threads:
        thread.join()
    return sum(counts)


def pace(seconds, rate):
    """So many calls a second, evenly; answers with their number."""
    start, number = time.monotonic(), 0
    while time.monotonic() < start + seconds:
        quiet(number)
        number += 1
        time.sleep(max(0, start + number / rate - time.monotonic()))
    return number


def burst(n):
    """So many calls at once."""
    for number in range(n):
        quiet(number)
    return n


if __name__ == "__main__":
    talk.serve(flood=flood, ebb=ebb, pace=pace, burst=burst)
