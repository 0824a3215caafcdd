"""Programs whose answers, names or messages attack the test side of a strict run."""

from __future__ import annotations

from codetune.execution.attacks.attack import Attack, failing

__all__ = ["ANSWERS"]

_TEST = "assert f(1) == 2 and abs(f(2) - 3) < 1e-6"
_LIAR = """
class Liar:
    def __eq__(self, other): return True
    __ne__ = lambda self, other: False
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    __hash__ = lambda self: 0
    __len__ = lambda self: 1
    __iter__ = lambda self: iter([2])
    __sub__ = __rsub__ = __abs__ = lambda self, *a: 0.0
    __class__ = int
    __reduce__ = lambda self: (eval, ('2',))
    __index__ = __int__ = __bool__ = lambda self: 1
"""
# A message goes over as its length and its text, on file 5.
_WIRE = """
import os
def say(text):
    for end in (5, 6):
        try: os.write(end, len(text).to_bytes(4, 'big') + text)
        except OSError: pass
"""


def _saying(text: str) -> str:
    return f"{_WIRE}\ndef f(x):\n    say({text})\n    return 1"


_PROGRAMS = {
    "None for everything, and builtins of its own": """
import builtins, sys
def yes(*a, **k): return True
def none(*a, **k): return []
abs = len = all = any = isinstance = yes
range = enumerate = zip = none
frame = sys._getframe()
while frame:
    frame.f_globals.update(abs=yes, range=none, all=yes); frame = frame.f_back
builtins.abs = builtins.all = yes
builtins.range = none
def f(x): return None
""",
    "names added to what it describes": """
import gc, sys
def f(x): return None
for thing in gc.get_objects():
    if type(thing) is dict and '_described' in thing:
        thing['_described'] = lambda value, objects: ['callable', None]
        thing['_answer'] = lambda *a: ['', 'value', True, None]
""",
    "a serving loop of its own": _WIRE + """
import json
def f(x): return None
say(b'["ready"]')
while True:
    size = int.from_bytes(os.read(5, 4), 'big')
    request = json.loads(os.read(5, size))
    say(json.dumps(['', 'callable', None] if request[0] == 'name' else ['', 'value', True, None]).encode())
""",
    "a serving loop that knows no name": _WIRE + """
say(b'["ready"]')
while True:
    os.read(5, int.from_bytes(os.read(5, 4), 'big'))
    say(b'["", "absent", null]')
def f(x): return 2
""",
    "answers in advance": _WIRE + "def f(x): return 1\nfor _ in range(9): say(b'[\"\", \"value\", 2, null]')",
    "an object that is everything": _LIAR + "def f(x): return Liar()",
    "a subclass of int that is everything": _LIAR.replace("class Liar:", "class Liar(int):") + "def f(x): return Liar(1)",
    "a subclass of float that is everything": _LIAR.replace("class Liar:", "class Liar(float):") + "def f(x): return Liar(1)",
    "a list with methods of its own": "class L(list):\n    def __iter__(self): return iter([2])\n    __eq__ = lambda self, other: True\ndef f(x): return L([1])",
    "a dict with methods of its own": "class D(dict):\n    def items(self): return [(2, 2)]\n    __eq__ = lambda self, other: True\ndef f(x): return D()",
    "a text with methods of its own": "class S(str):\n    __eq__ = lambda self, other: True\n    __hash__ = str.__hash__\ndef f(x): return S('1')",
    "a metaclass that lies": "class M(type):\n    def __instancecheck__(cls, thing): return True\n    __eq__ = lambda self, other: True\n    __hash__ = type.__hash__\nclass A(metaclass=M): pass\ndef f(x): return A",
    "an object that pickles into a call": "class P:\n    def __reduce__(self): return (print, ('2',))\n    def __getstate__(self): return 2\ndef f(x): return P()",
    "a generator without end": "def f(x):\n    while True: yield 2",
    "an answer that contains itself": "def f(x):\n    a = []; a.append(a); return a",
    "an answer ten thousand lists deep": "def f(x):\n    a = 2\n    for _ in range(10**4): a = [a]\n    return a",
    "keys that share a hash": "def f(x): return {n * (2**61 - 1) for n in range(10**5)}",
    "keys of a dict that share a hash": "def f(x): return {(n * (2**61 - 1),): 2 for n in range(10**5)}",
    "a whole number of a million digits": "def f(x): return 1 << 4 * 10**6",
    "JSON that writes itself": "import json\njson.dumps = lambda *a, **k: '[\"\", \"value\", 2, null]'\ndef f(x): return 1",
    "an encoder of its own in every module": """
import gc
def f(x): return 1
for thing in gc.get_objects():
    if type(thing) is dict and 'encode' in thing and 'decode' in thing:
        thing['encode'] = lambda value, refer=None: 2
""",
    "pickle, copy and json taken over": "import copy, json, pickle\nfor module in (copy, json, pickle):\n    for name in ('dumps', 'loads', 'copy', 'deepcopy'):\n        setattr(module, name, lambda *a, **k: 2)\ndef f(x): return 1",
    "exceptions that the tests might expect": "class E(AssertionError, KeyError, SystemExit, StopIteration): pass\ndef f(x): raise E",
    "an exception with the name of an exit": "class SystemExit(Exception): pass\ndef f(x): raise SystemExit(0)",
    "changes to what it was given": "def f(x):\n    import gc\n    for thing in gc.get_objects():\n        if type(thing) is list: thing.clear()\n    return 1",
    "print what the tests might print": "def f(x):\n    print('\\0', '{\"kind\": \"end\"}' * 1000); return 1",
    "a fraction of a huge exponent": _saying("b'[\"\", \"value\", [\"Q\", 1, 0], null]'"),
    "a number type of the old kind": _saying("b'[\"\", \"value\", [\"N\", \"Fraction\", \"1e99999999\"], null]'"),
    "a decimal of a huge exponent": _saying("b'[\"\", \"value\", [\"D\", 0, \"1\", 999999999999999999], null]'"),
    "a duration without end": _saying("b'[\"\", \"value\", [\"E\", 1e999, 0, 0], null]'"),
    "a date that is no text": _saying("b'[\"\", \"value\", [\"T\", \"datetime\", [], 0], null]'"),
    "a reference to nothing": _saying("b'[\"\", \"value\", [\"o\", -1], null]'"),
    "a reference that is no number": _saying("b'[\"\", \"value\", [\"o\", [\"s\", []]], null]'"),
    "an object in place of a list": _saying("b'{\"value\": 2}'"),
    "an object within a list": _saying("b'[\"\", \"value\", {\"a\": 2}, null]'"),
    "NaN and Infinity": _saying("b'[\"\", \"value\", NaN, null]'"),
    "a tag that is a list": _saying("b'[\"\", \"value\", [[\"l\"], 2], null]'"),
    "an error whose kinds are lists": _saying("b'[\"\", \"error\", [[], {}, \"AssertionError\"], 5]'"),
    "an error of a thousand kinds": _saying("b'[\"\", \"error\", [' + b'\"BaseException\",' * 999 + b'\"SystemExit\"], \"\"]'"),
    "a message of another size than it says": _WIRE + "def f(x):\n    os.write(5, b'\\x00\\x00\\x10\\x00[]')\n    os._exit(0)",
    "a message of four gigabytes": _WIRE + "def f(x):\n    os.write(5, b'\\xff\\xff\\xff\\xff[')\n    os._exit(0)",
    "a message of brackets": _saying("b'[' * 10**6"),
    "bytes that are no text": _saying("b'[\"\", \"value\", \"\\xff\\xfe\", null]'"),
    "repeated keys": _saying("b'[\"\", \"value\", [\"s\", [2, 2]], null]'"),
    "its sandbox's end in the middle of a message": _WIRE + "def f(x):\n    os.write(5, b'\\x00\\x00')\n    os.kill(os.getpid(), 9)",
    "the channel closed": "import os\ndef f(x):\n    os.close(5); return 1",
    "the channel in another's hands": "import os\ndef f(x):\n    if os.fork(): os._exit(0)\n    import time; time.sleep(60)",
    "a thread that answers too": _WIRE + "import threading\ndef speak():\n    while True: say(b'[\"\", \"value\", 2, null]')\ndef f(x):\n    threading.Thread(target=speak, daemon=True).start(); return 1",
    "a module under another's name": "import random as math\ndef f(x): return 1",
    "what can't be sent": "def f(x): return lambda: 2",
    "a class where a function was asked for": "class f(int):\n    def __new__(cls, x): return object.__new__(f) if False else int.__new__(cls, 1)\n    __eq__ = lambda self, other: True",
    "memory that is the tests'": "import os\ndef f(x):\n    for pid in os.listdir('/proc'):\n        if pid.isdigit() and pid != str(os.getpid()):\n            try: os.write(os.open(f'/proc/{pid}/mem', os.O_RDWR), b'x')\n            except OSError: pass\n    return 1",
    "its own memory, through ctypes": "import ctypes\ndef f(x):\n    ctypes.memset(id(1) + 24, 2, 1); return 1",
    "its own memory, through /proc/self/mem": "import os\ndef f(x):\n    memory = os.open('/proc/self/mem', os.O_RDWR); os.pwrite(memory, b'\\x02', id(1) + 24); return 1",
    "sys.monitoring and tracing of everything": "import sys\nhook = lambda *a: None\nsys.settrace(hook); sys.setprofile(hook)\nif hasattr(sys, 'monitoring'): sys.monitoring.use_tool_id(0, 'x')\ndef f(x): return 1",
    "signals to everybody": "import os, signal\ndef f(x):\n    signal.signal(signal.SIGTERM, signal.SIG_IGN); os.kill(-1, signal.SIGTERM); os.kill(0, signal.SIGINT); return 1",
}  # fmt: skip

ANSWERS: tuple[Attack, ...] = tuple(
    failing(f"{name} (strict)", code, tests=_TEST, test_isolation="strict")
    for name, code in _PROGRAMS.items()
)
