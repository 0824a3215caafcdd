"""Programs that reach for the host: network, files, other processes, privileges."""

from __future__ import annotations

from codetune.execution.attacks.attack import made as _h
from codetune.records import Verdict as V

__all__ = ["HOST"]

HOST = (
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
