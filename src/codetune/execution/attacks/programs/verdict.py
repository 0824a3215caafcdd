"""Programs that try to pass without being right, one trick each."""

from __future__ import annotations

from codetune.execution.attacks.attack import ASSERT_WRONG as _ASSERT_WRONG
from codetune.execution.attacks.attack import made as _h
from codetune.records import Verdict as V

__all__ = ["VERDICT"]

VERDICT = (
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
    _h("print what a harness might look for", "print('PASS\\nOK\\n{\"kind\":\"end\"}\\npassed')\ndef f(x): return 1", V.WRONG, tests=_ASSERT_WRONG),
    _h("close every file", "import os\nos.closerange(0, 1024)\ndef f(x): return 1", V.EARLY_EXIT, V.WRONG, tests=_ASSERT_WRONG),
    _h("flood the report pipe", """
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
""", V.WRONG, V.RUNTIME, tests="assert all([f(1) == 2])", test_isolation="strict"),
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
    _h("exit under strict isolation", "import os\ndef f(x): os._exit(0)", V.EARLY_EXIT, tests=_ASSERT_WRONG, test_isolation="strict"),
)  # fmt: skip
