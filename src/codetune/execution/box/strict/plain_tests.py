"""Whether tests can leave nothing behind in the interpreter that runs them.

Such plain tests may share one process with others, one after another, which saves a fork for each. The
decision comes from the tests' text alone. It says no to whatever it doesn't know: classes, most imports,
attributes that are set, names with two leading underscores, and builtins that reach the interpreter.
"""

from __future__ import annotations

import dis
import re
import sys
import types

__all__ = ["are_plain", "may_be_plain"]

_MODULES = frozenset({"cmath", "copy", "datetime", "itertools", "math", "re", "string", "typing"})
_NAMES = frozenset(
    {
        "breakpoint", "compile", "delattr", "dir", "eval", "exec", "exit", "getattr", "globals", "help", "input",
        "locals", "memoryview", "open", "quit", "setattr", "super", "type", "vars", "purge", "template",
    }
)  # fmt: skip
_OTHER_MODULES = sys.stdlib_module_names - _MODULES
"""Names a module may have for another one, by which `re.copyreg` could be reached and changed."""
_PREFIXES = ("_", "f_", "gi_", "cr_", "ag_", "tb_", "co_", "with_traceback")
_OPERATIONS = frozenset(
    {
        "STORE_ATTR", "DELETE_ATTR", "LOAD_BUILD_CLASS", "IMPORT_STAR", "SETUP_ANNOTATIONS",
        "GET_AWAITABLE", "BEFORE_WITH", "BEFORE_ASYNC_WITH",
    }
)  # fmt: skip
_NUMBERS = frozenset(dis.opmap[name] for name in _OPERATIONS if name in dis.opmap)
_IMPORT = dis.opmap["IMPORT_NAME"]
_SUSPECT = re.compile(
    rb"\b(?:exec|eval|compile|open|setattr|getattr|globals|vars|class|type|await|with|super)\b"
)
_NOT_OURS = frozenset({"__name__", "__main__"})


def may_be_plain(text: bytes) -> bool:
    """A first look at the text, which costs less than compiling it."""
    return _SUSPECT.search(text) is None


def are_plain(code: types.CodeType) -> bool:
    """Whether compiled tests can't change anything but their own names."""
    for name in code.co_names:
        if name in _NAMES or name in _OTHER_MODULES or (name.startswith(_PREFIXES) and name not in _NOT_OURS):
            return False
    imports = False
    for number in code.co_code[::2]:
        if number in _NUMBERS:
            return False
        imports = imports or number == _IMPORT
    if imports and not _imports_only(code, _MODULES):
        return False
    return all(are_plain(inner) for inner in code.co_consts if isinstance(inner, types.CodeType))


def _imports_only(code: types.CodeType, modules: frozenset[str]) -> bool:
    return all(
        instruction.argval in modules
        for instruction in dis.get_instructions(code)
        if instruction.opcode == _IMPORT
    )
