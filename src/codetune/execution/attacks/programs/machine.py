"""Programs that try to use up the machine: processes, memory, disk, output, time."""

from __future__ import annotations

from codetune.execution.attacks.attack import made as _h
from codetune.records import Verdict as V

__all__ = ["MACHINE"]

MACHINE = (
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
