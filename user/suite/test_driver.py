# Runs the test cases of a manifest, each in a process of its own, for `phrude-trace test`.
# It runs under every interpreter that rules are tested with, so it keeps to CPython 3.8.
import json, os, runpy, signal, sys, threading, time, traceback

manifest, results, alerts = sys.argv[1:4]
LIMIT = 20  # seconds for one case


def fits(bounds):
    for bound in (bounds or "").split(","):
        bound = bound.strip()
        if not bound:
            continue
        op = bound.rstrip("0123456789. ")
        minor, ours = int(bound[len(op):].strip()[2:]), sys.version_info[1]
        if not {">=": ours >= minor, "<=": ours <= minor, ">": ours > minor, "<": ours < minor,
                "==": ours == minor, "!=": ours != minor}[op.strip()]:
            return False
    return True


marks = []


def phrude_trace_is_watching(number):
    """A rule watches this function: its alert shows that the process is traced."""


def is_seen_within(seconds):
    """Has the tracer made an alert of this process by then, and so all that came before?"""
    marks.append(None)
    number = os.getpid() * 10 + len(marks)  # alerts of an earlier mark may be on their way still
    mark = '"args":{"number":%d}' % number
    seen = os.path.getsize(alerts)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        phrude_trace_is_watching(number)
        time.sleep(0.003)
        with open(alerts, errors="replace") as f:
            f.seek(seen)
            if mark in f.read():
                return True
    return False


def wait_until_traced():
    if not is_seen_within(LIMIT / 2):
        raise SystemError("the process was not traced")
    time.sleep(0.02)  # for the other kinds of probes


def child(case, directory, fd):
    os.setsid()
    os.chdir(directory)
    null = os.open(os.devnull, os.O_RDONLY)
    out = os.open(os.path.join(directory, ".output"), os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(null, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.argv[:] = ["case.py"]
    sys.path.insert(0, directory)
    for module in case["needs"]:
        try:
            __import__(module)
        except Exception as e:
            os.write(fd, ("needs %s: %s" % (module, e)).encode("utf-8", "replace"))
            os._exit(77)
    wait_until_traced()
    if case["setup"]:
        case["globals"] = runpy.run_path(os.path.join(directory, "setup.py"), run_name="setup")
        # What its imports brought may have filled the tracer's ring on a busy machine: the case begins with room.
        is_seen_within(LIMIT / 2)
    names = {k: v for k, v in case.get("globals", {}).items() if k[:2] != "__"}
    runpy.run_path(os.path.join(directory, "case.py"), names, "__main__")
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    # Up to 3.10 a function's qualified name is looked for in the process: it is still there then.
    try:
        is_seen_within(LIMIT / 10)
    except Exception:
        pass  # the case's doing: files may not be opened any more


def wait(pid):
    end = time.monotonic() + LIMIT
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done or time.monotonic() > end:
            break
        time.sleep(0.005)
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass
    if not done:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
        os.waitpid(pid, 0)
    return status if done else None


def run(case):
    if not fits(case["python"]):
        return {"skip": "is for Python %s" % case["python"]}
    directory = case["directory"]
    for name, text in case["files"].items():
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    rd, wr = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 0
        try:
            child(case, directory, wr)
        except SystemExit:
            pass
        except BaseException:
            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    os.close(wr)
    status = wait(pid)
    os.set_blocking(rd, False)
    try:
        said = os.read(rd, 4096).decode("utf-8", "replace")
    except OSError:
        said = ""
    os.close(rd)
    result = {"pid": pid}
    if said:
        result["skip"] = said
    elif status is None:
        result["error"] = "did not end within %d s" % LIMIT
    elif status:
        try:
            with open(os.path.join(directory, ".output"), errors="replace") as f:
                lines = f.read().strip().splitlines()
        except OSError:
            lines = []
        result["error"] = lines[-1] if lines else "ended with status %d" % status
    return result


with open(manifest, encoding="utf-8") as f:
    cases = json.load(f)
with open(results, "w", encoding="utf-8") as f:
    for case in cases:
        json.dump(run(case), f)
        f.write("\n")
        f.flush()
