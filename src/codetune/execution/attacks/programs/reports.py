"""Programs that write, or ask for, the report of their own end; each is tried under both test isolations."""

from __future__ import annotations

from codetune.execution.attacks.attack import Attack, failing

__all__ = ["REPORTS"]

_ASK = """
import os
def ask():
    os.write(4, b"\\0the secret, please\\0")
    os.write(4, os.read(3, 32) + b'{"kind":"end"}')
    os._exit(0)
"""
_TEST = "assert f(1) == 2"
_PROGRAMS = {
    "read the secret's pipe": """
import os
def f(x):
    os.set_blocking(3, False)
    try: secret = os.read(3, 32)
    except OSError: secret = b''
    os.write(4, secret + b'{"kind":"end"}'); os._exit(0)
""",
    "ask for the secret": _ASK + "def f(x): ask()",
    "ask for the secret while the module loads": _ASK + "ask()",
    "ask for the secret from a thread": _ASK
    + "import threading\ndef f(x):\n    t = threading.Thread(target=ask); t.start(); t.join()",
    "ask for the secret from a thread that outlives the call": _ASK
    + "import threading, time\ndef later():\n    time.sleep(0.2); ask()\nthreading.Thread(target=later, daemon=True).start()\ndef f(x):\n    time.sleep(0.1); return 1",
    "ask for the secret from a child": _ASK + "def f(x):\n    if os.fork() == 0: ask()\n    os.wait(); return 1",
    "a child that waits for the secret": """
import os
def f(x):
    if os.fork() == 0:
        os.write(4, os.read(3, 32) + b'{"kind":"end"}'); os._exit(0)
    return 1
""",
    "ask for the secret from a finaliser": _ASK
    + "class A:\n    def __del__(self): ask()\ndef f(x):\n    a = A(); raise AssertionError",
    "ask for the secret in an exception's text": _ASK
    + "class E(AssertionError):\n    def __str__(self): ask()\ndef f(x): raise E",
    "ask for the secret in flush": _ASK
    + "import sys\nclass Out:\n    def write(self, text): pass\n    def flush(self): ask()\nsys.stdout = sys.stderr = Out()\ndef f(x): raise AssertionError",
    "ask for the secret at exit": _ASK + "import atexit\natexit.register(ask)\ndef f(x): raise SystemExit",
    "ask for the secret in a signal handler": _ASK
    + "import signal\nsignal.signal(signal.SIGALRM, lambda *a: ask())\ndef f(x):\n    signal.setitimer(signal.ITIMER_REAL, 0.01)\n    while True: pass",
    "ask for the secret in a trace function": _ASK
    + "import sys\ndef trace(frame, event, value):\n    if frame.f_code.co_filename == 'tests.py': ask()\nsys.settrace(trace)\ndef f(x): return 1",
    "ask for the secret in a profile function": _ASK
    + "import sys\nsys.setprofile(lambda frame, event, value: ask() if event == 'return' and frame.f_code.co_name == 'f' else None)\ndef f(x): return 1",
    "ask for the secret in an audit hook": _ASK
    + "import sys\nsys.addaudithook(lambda name, arguments: ask() if name == 'open' else None)\ndef f(x): open('/box/x', 'w')",
    "ask for the secret in an import": _ASK
    + "import sys, builtins\nclass Finder:\n    def find_spec(self, *a): ask()\nsys.meta_path.insert(0, Finder())\ndef f(x): import nowhere",
    "ask for the secret through ctypes": """
import ctypes
def f(x):
    libc = ctypes.CDLL(None)
    libc.write(4, b"\\0the secret, please\\0", 20)
    text = ctypes.create_string_buffer(32)
    libc.read(3, text, 32); libc.write(4, text.raw + b'{"kind":"end"}', 46); libc._exit(0)
""",
    "call the report by walking frames": """
import sys
def f(x):
    frame = sys._getframe()
    while frame:
        for name in ('report_end', 'report'):
            if name in frame.f_locals: frame.f_locals[name](*(('end',) if name == 'report' else ()))
        frame = frame.f_back
    return 1
""",
    "call the report found by gc": """
import gc
def f(x):
    for thing in gc.get_objects():
        if getattr(thing, '__name__', '') == 'report_end': thing()
    return 1
""",
    "code of its own in every function": _ASK + """
import gc, types
def other(*a, **k): ask()
def f(x):
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__closure__ is None and thing.__globals__ is not globals():
            try: thing.__globals__['ask'] = ask; thing.__code__ = other.__code__
            except Exception: pass
    raise AssertionError
""",
    "read the secret out of the zygote": """
import os
def f(x):
    for pid in (1, os.getppid()):
        for name in ('fd/3', 'fd/4', 'fd/5', 'mem'):
            try: os.write(4, os.read(os.open(f'/proc/{pid}/{name}', os.O_RDONLY | os.O_NONBLOCK), 32) + b'{"kind":"end"}')
            except OSError: pass
    return 1
""",
    "open its own pipes again": """
import os
def f(x):
    for name in os.listdir('/proc/self/fd'):
        try: os.write(4, os.read(os.open(f'/proc/self/fd/{name}', os.O_RDONLY | os.O_NONBLOCK), 32) + b'{"kind":"end"}')
        except OSError: pass
    return 1
""",
    "fill the secret's pipe with zeros": """
import os
def f(x):
    for name in os.listdir('/proc/self/fd'):
        try: os.write(os.open(f'/proc/self/fd/{name}', os.O_WRONLY | os.O_NONBLOCK), b'0' * 32)
        except OSError: pass
    os.write(4, b'0' * 32 + b'{"kind":"end"}')
    os._exit(0)
""",
    "a report whose kind is a list": "import os\nos.write(4, b'-' * 32 + b'{\"kind\": []}')\nos._exit(1)",
    "a report whose kind is an object": "import os\nos.write(4, b'-' * 32 + b'{\"kind\": {\"kind\": \"end\"}}')\nos._exit(1)",
    "a report that is a list": "import os\nos.write(4, b'-' * 32 + b'[\"kind\", \"end\"]')\nos._exit(1)",
    "a report a hundred thousand brackets deep": "import os\nos.write(4, b'-' * 32 + b'[' * 60000)\nos._exit(1)",
    "a report with a number of a hundred thousand digits": "import os\nos.write(4, b'-' * 32 + b'{\"kind\": ' + b'9' * 60000 + b'}')\nos._exit(1)",
    "a report with text that is none": "import os\nos.write(4, b'-' * 32 + b'{\"kind\": \"error\", \"detail\": \"\\xff\\xfe\\\\ud800\\\\u0000\"}')\nos._exit(1)",
    "a report with each key twice": "import os\nos.write(4, b'-' * 32 + b'{\"kind\": \"error\", \"kind\": \"end\", \"kind\": \"tests-compile\"}')\nos._exit(1)",
    "a report that its tests don't compile": "import os\nos.write(4, b'-' * 32 + b'{\"kind\": \"tests-compile\", \"detail\": \"x\"}')\nos._exit(1)",
    "a report of its tests under every known kind": """
import json, os
for kind in ('tests-compile', 'cannot-send', 'lost', 'broken', 'skipped', 'no_code', 'HARNESS_ERROR', 'end'):
    os.write(4, b'-' * 32 + json.dumps({'kind': kind, 'broken': 'x', 'skipped': 'x'}).encode())
os._exit(0)
""",
    "the words of our own failures": "def f(x): raise RuntimeError(\"can't start new thread\")",
    "MemoryError by its own will": "def f(x): raise MemoryError('the box could not be made: no memory')",
    "an OSError that sounds like ours": "import errno\ndef f(x): raise OSError(errno.EAGAIN, 'the zygote died twice while running it')",
}  # fmt: skip

REPORTS: tuple[Attack, ...] = tuple(
    failing(f"{name} ({isolation})", code, tests=_TEST, test_isolation=isolation)
    for name, code in _PROGRAMS.items()
    for isolation in ("standard", "strict")
)
