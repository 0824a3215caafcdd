"""More attacks: on what the plain ones leave open in limits, in the kernel's doors, and in the judge."""

from __future__ import annotations

from codetune.execution.attacks.program import ASSERT_WRONG as _ASSERT_WRONG
from codetune.execution.attacks.program import Attack
from codetune.execution.attacks.program import made as _h
from codetune.records import Verdict as V

__all__ = ["CLEVER"]

_CLEVER = (
    _h("look for the run's secret in frames and objects", """
import gc, os, re, sys
def f(x):
    found, frame = gc.get_objects(), sys._getframe()
    while frame:
        found += frame.f_locals.values()
        frame = frame.f_back
    for value in found:
        for part in [value, *getattr(value, '__dict__', {}).values()]:
            if type(part) is bytes and re.fullmatch(rb'[0-9a-f]{32}', part):
                for end in range(3, 20):
                    try: os.write(end, part + b'{"kind":"end"}')
                    except OSError: pass
    return 1
""", V.WRONG, V.RUNTIME, tests=_ASSERT_WRONG),
    _h("send PID 1 every signal", """
import os, signal
def f(x):
    for number in range(1, 65):
        if number not in (32, 33):
            try: os.kill(1, number)
            except OSError: pass
    return 1
""", V.WRONG, tests=_ASSERT_WRONG),
    _h("read and write the memory of PID 1", """
import os
def f(x):
    for name in ('mem', 'maps', 'environ', 'fd', 'ns/pid', 'root', 'cwd'):
        path = '/proc/1/' + name
        try:
            os.listdir(path) if name in ('fd', 'root', 'cwd') else os.close(os.open(path, os.O_RDWR if name == 'mem' else os.O_RDONLY))
        except OSError: continue
        return 2
    return 1
""", V.WRONG, tests=_ASSERT_WRONG),
    _h("orphans that nobody reaps", """
import os
while True:
    if os.fork() == 0:
        if os.fork() == 0: os._exit(0)
        os._exit(0)
    os.wait()
""", V.PIDS, V.CPU_TLE, V.WALL_TLE, V.RUNTIME),
    _h("spin in orphans that are gone when one looks", """
import os, time
while True:
    if os.fork() == 0:
        if os.fork() == 0:
            end = time.process_time() + 0.05
            while time.process_time() < end: pass
        os._exit(0)
    os.wait(); time.sleep(0.06)
""", V.CPU_TLE, V.WALL_TLE, V.PIDS, V.RUNTIME),
    _h("spin in children that are gone when one looks", """
import os, time
while True:
    if os.fork() == 0:
        end = time.process_time() + 0.03
        while time.process_time() < end: pass
        os._exit(0)
    os.wait()
""", V.CPU_TLE, V.WALL_TLE),
    _h("spin in children nobody waits for", """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    try:
        if os.fork() == 0:
            end = time.process_time() + 0.03
            while time.process_time() < end: pass
            os._exit(0)
    except OSError: time.sleep(0.01)
""", V.CPU_TLE, V.WALL_TLE, V.PIDS),
    _h("become another program for ever", "import os, sys\nos.execv(sys.executable, [sys.executable, '-S', '-c', 'import os, sys; os.execv(sys.executable, sys.orig_argv)'])", V.CPU_TLE, V.WALL_TLE, V.EARLY_EXIT),
    _h("memory in a file without a name", """
import os
kept = []
while True:
    kept.append(os.memfd_create('x'))
    for _ in range(8): os.write(kept[-1], bytes(1 << 20))
""", V.OOM, V.DISK, V.RUNTIME),
    _h("memory shared between processes", "import mmap\nkept = []\nwhile True:\n    kept.append(mmap.mmap(-1, 8 << 20)); kept[-1].write(b'x' * (8 << 20))", V.OOM),
    _h("memory in System V segments", """
import ctypes
libc = ctypes.CDLL(None); libc.shmat.restype = ctypes.c_void_p; n = 0
while True:
    n += 1; place = libc.shmat(libc.shmget(n, 8 << 20, 0o1600), None, 0)
    if place in (None, 2**64 - 1): raise MemoryError
    ctypes.memset(place, 1, 8 << 20)
""", V.OOM, V.RUNTIME),
    _h("memory in socket and pipe buffers", """
import os, socket
kept = []
try:
    while True:
        a, b = socket.socketpair(); a.setblocking(False); kept += [a, b]
        try:
            while True: a.send(bytes(65536))
        except BlockingIOError: pass
except OSError: raise SystemExit(3)
""", V.EARLY_EXIT, V.OOM, V.RUNTIME),
    _h("stop itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", V.WALL_TLE),
    _h("stop PID 1", "import os, signal, time\nos.kill(1, signal.SIGSTOP)\nwhile True: pass", V.CPU_TLE, V.RUNTIME, V.WALL_TLE),
    _h("an exception of a hundred megabytes", "raise ValueError('x' * 10**8)", V.RUNTIME, V.OUTPUT, V.OOM, V.CPU_TLE, V.WALL_TLE),
    _h("a filter of its own that forbids to leave", """
import ctypes, struct
libc = ctypes.CDLL(None)
rules = b''.join(struct.pack('HBBI', *r) for r in ((0x20, 0, 0, 0), (0x15, 0, 1, 231), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)))
class Program(ctypes.Structure): _fields_ = (('n', ctypes.c_ushort), ('f', ctypes.c_char_p))
libc.prctl(22, ctypes.c_ulong(2), ctypes.byref(Program(4, rules)))
""", V.PASS, V.RUNTIME, V.EARLY_EXIT, V.CPU_TLE, V.WALL_TLE, V.SECCOMP),
)  # fmt: skip

_KERNEL = (
    _h("system calls of another kind", """
import ctypes, platform
if platform.machine() != 'x86_64': raise SystemExit
ctypes.CDLL(None).syscall(0x40000000 | 39)
""", V.SECCOMP, V.EARLY_EXIT),
    _h("system calls of 32 bits", """
import ctypes, mmap, platform
if platform.machine() != 'x86_64': raise SystemExit
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex('b814000000cd80c3'))
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""", V.SECCOMP, V.EARLY_EXIT, V.RUNTIME),
    _h("a user namespace by clone", """
import ctypes, platform
ctypes.CDLL(None).syscall(56 if platform.machine() == 'x86_64' else 220, 0x10000000 | 17, 0, 0, 0, 0)
""", V.SECCOMP),
    _h("a user namespace by clone3", """
import ctypes, os
flags = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
assert ctypes.CDLL(None, use_errno=True).syscall(435, flags, 88) == -1 and ctypes.get_errno() == 38
""", V.PASS),
    _h("sockets by io_uring", "import ctypes\nassert ctypes.CDLL(None, use_errno=True).syscall(425, 8, (ctypes.c_char * 120)()) == -1 and ctypes.get_errno() == 38", V.PASS),
    _h("sockets of every other family", """
import socket
for family in range(2, 46):
    for kind in (1, 2, 3, 5):
        try: socket.socket(family, kind, 0)
        except OSError: continue
        raise SystemExit(f'family {family} opened')
""", V.PASS),
    _h("the host's machine by vsock", "import socket; socket.socket(40, 1).connect((2, 22))", V.RUNTIME),
    _h("files by their handle", "import ctypes; ctypes.CDLL(None).open_by_handle_at(3, (ctypes.c_char * 64)(), 0)", V.SECCOMP),
    _h("make a device", "import os, stat; os.mknod('/box/disk', 0o600 | stat.S_IFBLK, os.makedev(8, 0))", V.RUNTIME),
    _h("make a program setuid", """
import os, shutil
shutil.copy('/bin/sh', '/box/sh'); os.chmod('/box/sh', 0o6777)
import subprocess
assert subprocess.run(['/box/sh', '-p', '-c', 'id -u'], capture_output=True).stdout.strip() != b'0'
os.setuid(0)
""", V.RUNTIME, V.WRONG),
    _h("kernel memory and logs", """
for path in ('/proc/kcore', '/dev/mem', '/dev/kmem', '/dev/port', '/dev/kmsg', '/proc/kmsg', '/proc/1/mem', '/sys/kernel/debug'):
    try: open(path, 'rb').read(1)
    except OSError: continue
    raise SystemExit(path + ' could be read')
""", V.PASS),
    _h("turn its own score for the memory killer", "import os; os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000')", V.RUNTIME),
    _h("write its own user map", "import os; os.write(os.open('/proc/self/uid_map', os.O_WRONLY), b'0 0 4294967295')", V.RUNTIME),
    _h("rise above others", "import os; os.nice(-10)", V.RUNTIME),
    _h("real-time scheduling", "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))", V.RUNTIME),
    _h("the terminal", "import os; os.write(os.open('/dev/tty', os.O_WRONLY), b'x')", V.RUNTIME),
    _h("control groups", "import os; os.write(os.open('/sys/fs/cgroup/memory/memory.limit_in_bytes', os.O_WRONLY), b'-1')", V.RUNTIME),
    _h("set the clock", "import time; time.clock_settime(time.CLOCK_REALTIME, 0)", V.RUNTIME),
)  # fmt: skip

_FORGER = (
    _h("a JSON encoder that says it ended well", "import json\njson._default_encoder.encode = lambda o: '{\"kind\":\"end\"}'\ndef f(x): return 1",
       V.WRONG, V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("a compiler that fails the tests", "import builtins\ndef fail(*a, **k): raise SyntaxError('not mine')\nbuiltins.compile = fail\ndef f(x): return 1",
       V.WRONG, V.RUNTIME, tests=_ASSERT_WRONG),
    _h("a report that blames the tests", """
import os
def f(x):
    for n in range(3, 64):
        try: os.write(n, b'-' * 32 + b'{"kind":"tests-compile"}' + b'0' * 32 + b'{"kind":"end"}')
        except OSError: pass
    os._exit(0)
""", V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("a report that says it ended well, without the secret", """
import os
def f(x):
    for n in range(3, 64):
        try: os.write(n, b'-' * 32 + b'{"kind":"end"}')
        except OSError: pass
    os._exit(0)
""", V.EARLY_EXIT, tests=_ASSERT_WRONG),
    _h("a traceback printer that leaves", "import os, traceback\ntraceback.print_exception = lambda *a, **k: os._exit(0)\ndef f(x): return 1", V.EARLY_EXIT, V.WRONG, tests=_ASSERT_WRONG),
    _h("a trace function that skips the asserts", """
import sys
def skip(frame, event, argument):
    if event == 'call' and 'tests' in frame.f_code.co_filename: frame.f_trace_lines = False
    return skip
sys.settrace(skip); sys.setprofile(skip)
def f(x): return 1
""", V.WRONG, tests=_ASSERT_WRONG),
    _h("a standard output that breaks", "import sys\nclass Out:\n    def write(self, s): raise KeyError\n    flush = write\nsys.stdout = Out()\ndef f(x): return 1",
       V.WRONG, V.RUNTIME, tests=_ASSERT_WRONG),
    _h("an interpreter's exit hook that answers", "import threading, os\nthreading._register_atexit(os._exit, 0)\ndef f(x): return 1", V.WRONG, tests=_ASSERT_WRONG),
    _h("a number that lies in a comparison of lists", """
class N(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = float.__hash__
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
class L(list):
    def __eq__(self, other): return True
    def __len__(self): return 1
def f(x): return L([N(1)])
""", V.WRONG, tests="assert f(1) == [2.0]\nassert abs(f(1)[0] - 2.0) < 1e-6", test_isolation="strict"),
    _h("an answer that changes while it is compared", "calls = []\ndef f(x):\n    calls.append(x); return calls\n", V.WRONG,
       tests="r = f(1)\nassert r == [1] and f(1) == [2]", test_isolation="strict"),
    _h("an endless answer", "class E(list):\n    def __iter__(self):\n        while True: yield 1\n    def __len__(self): return 1 << 40\ndef f(x): return E([1])", V.WRONG, V.OOM, V.CPU_TLE, V.RUNTIME,
       tests=_ASSERT_WRONG, test_isolation="strict"),
    _h("an answer of a hundred million numbers", "def f(x): return [0] * 10**8", V.OOM, V.RUNTIME, V.WRONG, V.CPU_TLE, V.WALL_TLE, V.EARLY_EXIT, tests=_ASSERT_WRONG, test_isolation="strict"),
    _h("answers that fill the judge's memory", "def f(x): return [[] for _ in range(10**6)]", V.OOM, V.WRONG, V.RUNTIME, V.CPU_TLE, V.WALL_TLE,
       tests="kept = [f(n) for n in range(200)]\nassert f(1) == 2", test_isolation="strict"),
    _h("a name the tests use, taken over", "def abs(x): return 0.0\ndef isinstance(a, b): return True\ndef len(x): return 2\ndef f(x): return [1, 5]",
       V.WRONG, tests="import math\nassert math.isclose(f(1)[1], 2.0) and f(1) == [1, 2]", test_isolation="strict"),
)  # fmt: skip

CLEVER: tuple[Attack, ...] = (*_CLEVER, *_KERNEL, *_FORGER)
