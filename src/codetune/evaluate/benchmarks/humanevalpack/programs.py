"""A HumanEvalPack answer and its tests as a program, in each of the six languages.

The set-up is the benchmark's own harness's (bigcode-evaluation-harness, `humanevalpack.py`): the
usual headers and imports stand before every answer, and a `main` of the answer is replaced by the
tests'. What is not needed is renamed or left out only where that can't matter.
"""

from __future__ import annotations

import re

from codetune.evaluate.benchmarks.drop_redefinitions import without_redefined
from codetune.evaluate.benchmarks.humanevalpack.package_stubs import JS_MD5
from codetune.evaluate.benchmarks.humanevalpack.rust import rust_program
from codetune.execution.languages.go_program import go_program
from codetune.execution.protocol import Limits, Program
from codetune.records import Problem

__all__ = ["pack_program"]

_PYTHON = """import math
import re
import sys
import copy
import datetime
import itertools
import collections
import heapq
import statistics
import functools
import hashlib
import string
from typing import *
from collections import *
"""
_CPP = "".join(
    f"#include<{name}>\n"
    for name in (
        "stdlib.h", "algorithm", "cmath", "math.h", "numeric", "stdio.h", "vector", "set", "map", "queue",
        "stack", "list", "deque", "string", "climits", "cstring", "iostream", "sstream", "fstream", "any",
    )
)  # fmt: skip
_BOOST_ANY = """#if __has_include(<boost/any.hpp>)
#include <boost/any.hpp>
#else
#include <any>
namespace boost { using std::any; using std::any_cast; using std::bad_any_cast; }
#endif
"""
"""Two items want boost's `any`, which C++17 took over under the same names."""
_BOOST_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<boost/any\.hpp>[ \t]*$", re.MULTILINE)
_CPP_MAIN = re.compile(r"^(\s*(?:int|signed|auto)\s+)main(\s*\()", re.MULTILINE)
_JAVASCRIPT = """console.assert = (holds, ...said) => {
  if (!holds) throw new Error("Assertion failed " + said.join(" "));
};
"""
"""Node prints a failed `console.assert` and goes on; the tests mean it."""


def pack_program(problem: Problem, solution: str, limits: Limits) -> Program:
    """What is executed for an answer.

    Args:
        problem: An item.
        solution: The whole program: declarations and function.
        limits: What it may use.
    """
    code, tests = solution, problem.tests
    match problem.programming_language:
        case "python":
            code = f"{_PYTHON}{code}"
        case "cpp":
            code = _CPP_MAIN.sub(r"\1codetune_unused_main\2", code)
            code = f"{_CPP}{_BOOST_INCLUDE.sub(lambda _: _BOOST_ANY, code)}"
            code = code.replace("#include<any>", "#include<any>\nusing namespace std;", 1)
        case "java":
            code = without_redefined(code, tests, problem.entry_point, "java")
        case "go":
            code, tests = go_program(code, tests)
        case "rust":
            code = rust_program(code, tests)
        case "javascript":
            code = f"{JS_MD5}{code}" if "js-md5" in code else code
            tests = f"{_JAVASCRIPT}{tests}"
    return Program(
        id=problem.task_id, code=code, tests=tests, language=problem.programming_language, limits=limits
    )
