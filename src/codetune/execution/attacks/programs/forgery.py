"""Programs that forge a report, or change the interpreter that compares."""

from __future__ import annotations

from codetune.execution.attacks.attack import ASSERT_WRONG as _ASSERT_WRONG
from codetune.execution.attacks.attack import made as _h
from codetune.records import Verdict as V

__all__ = ["FORGERY"]

FORGERY = (
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
""", V.RUNTIME, tests=_ASSERT_WRONG),
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
    _h("answers that fill the tests' memory", "def f(x): return [[] for _ in range(10**6)]", V.OOM, V.WRONG, V.RUNTIME, V.CPU_TLE, V.WALL_TLE,
       tests="kept = [f(n) for n in range(200)]\nassert f(1) == 2", test_isolation="strict"),
    _h("a name the tests use, taken over", "def abs(x): return 0.0\ndef isinstance(a, b): return True\ndef len(x): return 2\ndef f(x): return [1, 5]",
       V.WRONG, tests="import math\nassert math.isclose(f(1)[1], 2.0) and f(1) == [1, 2]", test_isolation="strict"),
)  # fmt: skip
