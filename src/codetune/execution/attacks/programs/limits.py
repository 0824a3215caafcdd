"""Programs that use what a plain limit doesn't see: orphans, shared memory, signals, filters."""

from __future__ import annotations

from codetune.execution.attacks.attack import ASSERT_WRONG as _ASSERT_WRONG
from codetune.execution.attacks.attack import made as _h
from codetune.records import Verdict as V

__all__ = ["LIMITS"]

LIMITS = (
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
