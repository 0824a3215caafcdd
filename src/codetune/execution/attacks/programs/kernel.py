"""Programs that call the kernel directly for what the sandbox forbids."""

from __future__ import annotations

from codetune.execution.attacks.attack import made as _h
from codetune.records import Verdict as V

__all__ = ["KERNEL"]

KERNEL = (
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
