"""Programs that attack the box, the judge or the machine, and how each has to end.

`{canary}` is replaced by the path of a folder on the host that everybody may write to.
"""

from __future__ import annotations

from codetune.execution.attacks.program import ASSERT_WRONG as _ASSERT_WRONG
from codetune.execution.attacks.program import Attack
from codetune.execution.attacks.program import made as _h
from codetune.execution.attacks.programs_advanced import CLEVER
from codetune.records import Verdict as V

__all__ = ["ATTACKS", "Attack"]

_MACHINE = (
    _h("fork bomb", "import os\nwhile True: os.fork()", V.PIDS, V.CPU_TLE),
    _h("fork bomb that swallows errors", """
import os
while True:
    try: os.fork()
    except OSError: pass
""", V.CPU_TLE, V.PIDS, V.WALL_TLE),
    _h("thread bomb", "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()", V.PIDS, V.OOM),
    _h("memory bomb", "x = []\nwhile True: x.append(bytearray(1 << 20))", V.OOM),
    _h("memory bomb over many processes", """
import os, time
for _ in range(12):
    if os.fork() == 0: break
x = bytearray(b'x') * (48 << 20)
time.sleep(2)
import sys; sys.exit(3)
""", V.OOM, V.EARLY_EXIT),
    _h("one huge list", "x = [0] * 10**9", V.OOM),
    _h("disk fill", "f = open('/box/x', 'wb')\nwhile True: f.write(bytes(1 << 20))", V.DISK),
    _h("disk fill by many files", "n = 0\nwhile True:\n    open(f'/box/{n}', 'wb').write(bytes(1 << 20)); n += 1", V.DISK),
    _h("inode bomb", "n = 0\nwhile True:\n    open(f'/box/{n}', 'w').close(); n += 1", V.DISK),
    _h("sparse file of a terabyte", "f = open('/box/x', 'wb'); f.truncate(1 << 40)", V.DISK, V.RUNTIME),
    _h("endless output", "while True: print('x' * 4096)", V.OUTPUT),
    _h("endless output to stderr", "import sys\nwhile True: sys.stderr.write('x' * 4096)", V.OUTPUT),
    _h("spin with every signal ignored", """
import signal
for n in range(1, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True: pass
""", V.CPU_TLE),
    _h("spin in C", "x = pow(7, 10**8)", V.CPU_TLE, V.OOM),
    _h("spin in a regular expression", "import re; re.match('(a+)+$', 'a' * 60 + 'b')", V.CPU_TLE),
    _h("spin in a child", "import os\nif os.fork() == 0:\n    while True: pass\nos.wait()", V.CPU_TLE),
    _h("spin under a bare except", "while True:\n    try:\n        while True: pass\n    except: pass", V.CPU_TLE),
    _h("sleep for ever", "import time\nwhile True: time.sleep(1000)", V.WALL_TLE),
    _h("endless recursion", "def g(): return g()\ng()", V.RUNTIME),
    _h("overflow of the C stack", """
import sys; sys.setrecursionlimit(10**9)
class A:
    def __repr__(self): return repr(self)
repr(A())
""", V.RUNTIME, V.OOM, V.CPU_TLE),
    _h("a hundred thousand nested folders", """
import os
for _ in range(10**5):
    os.mkdir('d'); os.chdir('d')
raise SystemExit(3)
""", V.DISK, V.EARLY_EXIT, V.RUNTIME, V.CPU_TLE, V.OOM),
    _h("delete and forbid its own folder", "import os, shutil\nopen('x', 'w').close(); os.mkfifo('pipe'); os.chmod('/box', 0)\nraise ValueError", V.RUNTIME),
    _h("read a pipe nobody writes", "import os\nos.mkfifo('/box/p'); open('/box/p').read()", V.WALL_TLE),
    _h("read standard input", "import sys; assert sys.stdin.read() == ''", V.PASS),
)  # fmt: skip

_HOST = (
    _h("connect by TCP", "import socket; socket.create_connection(('1.1.1.1', 80), 2)", V.RUNTIME),
    _h("send by UDP", "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('1.1.1.1', 53))", V.RUNTIME),
    _h("resolve a name", "import socket; socket.gethostbyname('example.org')", V.RUNTIME),
    _h("raw and netlink sockets", "import socket; socket.socket(16, socket.SOCK_RAW, 0)", V.RUNTIME),
    _h("abstract unix socket of the host", "import socket; socket.socket(socket.AF_UNIX).connect(b'\\0/tmp/dbus-x')", V.RUNTIME),
    _h("kill everything", "import os, signal\nos.kill(-1, signal.SIGKILL)\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(1, signal.SIGKILL)",
       V.PASS, V.RUNTIME),
    _h("kill itself", "import os\nos.kill(os.getpid(), 9)", V.RUNTIME),
    _h("write outside its folder", "open('/usr/x', 'w')", V.RUNTIME),
    _h("write to the canary on the host", "open('{canary}/stolen', 'w').write('x')", V.RUNTIME),
    _h("reach the host's files by a symlink", "import os\nos.symlink('{canary}', '/box/link'); open('/box/link/stolen', 'w').write('x')", V.RUNTIME),
    _h("reach the host's files by ..", "open('/box/../../../../{canary}/stolen', 'w').write('x')", V.RUNTIME),
    _h("reach the host's files through PID 1", "import os\nassert not os.path.exists('/proc/1/root{canary}'); print(os.listdir('/proc/1/cwd'))",
       V.RUNTIME),
    _h("read the password file", "assert 'box' in open('/etc/passwd').read(); open('/etc/shadow').read()", V.RUNTIME),
    _h("write to devices", "open('/dev/sda', 'wb')", V.RUNTIME),
    _h("write to kernel settings", "import os; os.write(os.open('/proc/sys/kernel/hostname', os.O_WRONLY), b'x'); os.write(os.open('/proc/sysrq-trigger', os.O_WRONLY), b'b')", V.RUNTIME),
    _h("look for other processes", "import os; n = [p for p in os.listdir('/proc') if p.isdigit()]; assert set(n) <= {'1', str(os.getpid())}, n",
       V.PASS),
    _h("look for secrets in the environment", """
import os
assert not {k for k in os.environ if any(w in k.upper() for w in ('KEY', 'TOKEN', 'SECRET', 'PASS', 'SSH', 'AWS'))}
open('/proc/1/environ').read()
""", V.RUNTIME),
    _h("use inherited files", """
import os
for n in range(3, 1024):
    try: os.write(n, b'{"kind":"end"}')
    except OSError: pass
raise SystemExit
""", V.EARLY_EXIT),
    _h("double fork into a session of its own", """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
""", V.PASS),
    _h("a thread that outlives the main one", "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()", V.PASS),
    _h("trace another process", "import ctypes; ctypes.CDLL(None).ptrace(16, 1, 0, 0)", V.SECCOMP),
    _h("read another process's memory", "import ctypes; ctypes.CDLL(None).process_vm_readv(1, None, 0, None, 0, 0)", V.SECCOMP),
    _h("a user namespace within", "import ctypes; ctypes.CDLL(None).unshare(0x10000000)", V.SECCOMP),
    _h("mount", "import ctypes; ctypes.CDLL(None).mount(b'none', b'/box', b'tmpfs', 0, None)", V.SECCOMP),
    _h("load a BPF program", "import ctypes; ctypes.CDLL(None).syscall(321, 0, 0, 0)", V.SECCOMP),
    _h("become root", "import os; os.setuid(0)", V.RUNTIME),
    _h("raise its own limits", "import resource; resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))", V.RUNTIME),
    _h("a setuid program", "import subprocess; assert subprocess.run(['su', '-c', 'true'], capture_output=True).returncode != 0", V.PASS, V.RUNTIME),
)  # fmt: skip

_JUDGE = (
    _h("sys.exit(0)", "import sys\ndef f(x): sys.exit(0)", V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("os._exit(0)", "import os\ndef f(x): os._exit(0)", V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("posix._exit(0)", "import posix\nposix._exit(0)", V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("exit at import", "raise SystemExit", V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("exit in atexit", "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): return 1", V.WRONG, tests=_ASSERT_WRONG),
    _h("exit in a finaliser", "import os\nclass A:\n    def __del__(self): os._exit(0)\nA()\ndef f(x): return 1", V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("exit code that wraps round", "import os\ndef f(x): os._exit(256)", V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("exec another program", "import os\nos.execv('/bin/true', ['true'])", V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("leave in a child, pass in the parent's name", "import os\ndef f(x):\n    if os.fork() == 0: return 2\n    os.wait(); return 1",
       V.WRONG, tests=_ASSERT_WRONG),
    _h("print what a judge might look for", "print('PASS\\nOK\\n{\"kind\":\"end\"}\\npassed')\ndef f(x): return 1", V.WRONG, tests=_ASSERT_WRONG),
    _h("close every file", "import os\nos.closerange(0, 1024)\ndef f(x): return 1", V.EARLY_EXIT, V.WRONG, tests=_ASSERT_WRONG),
    _h("flood the judge's pipe", """
import os
def f(x):
    for n in range(3, 64):
        try:
            os.set_blocking(n, False)
            while True: os.write(n, b'x' * 65536)
        except OSError: pass
    return 1
""", V.WRONG, V.EARLY_EXIT, V.WALL_TLE, V.CPU_TLE, tests=_ASSERT_WRONG),
    _h("append to every list on the stack", """
import sys
def f(x):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if type(value) is list: value.append('passed')
            if type(value) is dict and 'kind' in value: value['kind'] = 'end'
        frame = frame.f_back
    return 1
""", V.WRONG, V.RUNTIME, tests=_ASSERT_WRONG),
    _h("an exception that claims to be none", "class E(AssertionError):\n    def __str__(self): raise SystemExit(0)\ndef f(x): raise E",
       V.WRONG, V.RUNTIME, V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("strange output", "import os\nos.write(1, b'\\xff\\xfe\\x00\\x1b[31m\\xed\\xa0\\x80' * 10)\ndef f(x): return 1", V.WRONG, tests=_ASSERT_WRONG),
    _h("an always-true __eq__", "class E:\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\ndef f(x): return E()",
       V.WRONG, tests=_ASSERT_WRONG, test_isolation="strict"),
    _h("an int that equals everything", "class E(int):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\ndef f(x): return E(1)",
       V.WRONG, tests=_ASSERT_WRONG, test_isolation="strict"),
    _h("builtins taken over", """
import builtins
builtins.all = builtins.any = lambda *a: True
builtins.AssertionError = type('X', (BaseException,), {})
import unittest
unittest.TestCase.assertEqual = lambda *a, **k: None
def f(x): return 1
""", V.WRONG, tests="assert all([f(1) == 2])", test_isolation="strict"),
    _h("a walk over frames and objects for the answer", """
import sys, gc
def f(x):
    found, frame = [], sys._getframe()
    while frame:
        found += [frame.f_locals, frame.f_code.co_consts]
        frame = frame.f_back
    for value in found + gc.get_objects():
        try: parts = list(value.values()) if isinstance(value, dict) else list(value)
        except Exception: continue
        for part in parts:
            if type(part) is str and part.startswith('hid' + 'den: 4'): return part
""", V.WRONG, V.RUNTIME, V.CPU_TLE, tests="assert f(1) == 'hidden: 42'", test_isolation="strict"),
    _h("a search of its own memory for the answer", """
def f(x):
    hidden = b'the hidden ' + b'ans' + b'wer in memory'
    for line in open('/proc/self/maps'):
        if ' rw' in line:
            start, end = (int(n, 16) for n in line.split()[0].split('-'))
            with open('/proc/self/mem', 'rb', 0) as memory:
                memory.seek(start)
                try: data = memory.read(end - start)
                except (OSError, ValueError): continue
            at = data.find(b'code word: ')
            if at >= 0 and data[at + 11:at + 12].isdigit(): return data[at + 11:at + 17].decode()
    return ''
""", V.WRONG, V.OOM, tests="x = 'code word: 73514' + '2'\nassert f(1) == x[-6:]", test_isolation="strict"),
    _h("a forged answer frame", """
import os
def f(x):
    text = b'{"value":2}'
    for n in range(3, 16):
        try: os.write(n, len(text).to_bytes(4, 'big') + text)
        except OSError: pass
    return 1
""", V.WRONG, V.RUNTIME, V.EARLY_EXIT, tests="assert f(1) == 7", test_isolation="strict"),
    _h("answers that break the codec", """
def f(x):
    a = []; a.append(a)
    return {0: a, 1: 10**100000, 2: 'x' * 10**7}.get(x)
""", V.WRONG, V.RUNTIME, tests="assert f(1) == 10**100000 and f(2) == 'x' * 10**7\nassert f(0) == 1", test_isolation="strict"),
    _h("exit under the strict judge", "import os\ndef f(x): os._exit(0)", V.EARLY_EXIT, tests=_ASSERT_WRONG, test_isolation="strict"),
)  # fmt: skip

ATTACKS: tuple[Attack, ...] = (*_MACHINE, *_HOST, *_JUDGE, *CLEVER)
