"""What a scripted teacher answers where names are looked up late: empty bases, and whether the member is there.

For JavaScript, TypeScript, PHP and Ruby. Nothing of the function's file is needed; its body is not run.
"""

from __future__ import annotations

import re

from codetune.records import Snippet
from codetune.synth.checks.program_layout import Parts, used_as
from codetune.synth.checks.snippet_text import SnippetView

__all__ = ["stub_parts"]


def stub_parts(language: str, snippet: Snippet) -> Parts:
    """For languages that look names up when they are needed: empty bases, and a question whether the member is there."""
    view = SnippetView(snippet)
    bases = []
    for head in snippet.scopes:
        for kind, listed in re.findall(
            r"(extends|implements|<)\s+([\w$\\., :<>]+?)(?=\s+implements\b|$)", head
        ):
            bases += [
                (kind if not head.startswith("interface") else "implements", base)
                for base in re.findall(r"[\w$\\:.]*[A-Z][\w$\\:.]*", listed)
            ]
    definitions = {"javascript": _js_stub, "typescript": _js_stub, "php": _php_stub, "ruby": _ruby_stub}[
        language
    ](bases, snippet)
    name, owner = used_as(view), view.owner
    if language == "ruby":
        what = f"{owner}.method_defined?(:x)" if owner else "method(:x)"
        example = f"# {name}\nputs 1" if not owner else f"# {name}\nputs {what}"
    elif language == "php":
        example = (
            f"echo method_exists('{(owner or '').split('::')[-1]}', '{name}') ? 1 : 0;"
            if owner
            else f"echo function_exists('{name}');"
        )
    else:
        last = (owner or "").split(".")[-1]
        example = (
            f"console.log('{name}', typeof {last});"
            if re.fullmatch(r"[\w$]+", last)
            else f"console.log('{name}');"
        )
    private = (
        dict.fromkeys(re.findall(r"this\.(#\w+)", snippet.code))
        if language in ("javascript", "typescript")
        else ()
    )
    own = name if name.startswith("#") else ""
    members = "\n".join(
        f"{field};" for field in private if field != own and f"{field}(" not in snippet.code.split("{")[0]
    )
    return Parts(definitions=definitions, members=members, example=example)


def _js_stub(bases: list[tuple[str, str]], snippet: Snippet) -> str:
    lines = [f"var {base.split('.')[0]} = class {{}};" for kind, base in bases if kind == "extends"]
    lines += [f"var {name} = 'key';" for name in re.findall(r"\A[\w$.]+\[(\w+)\]", snippet.code)]
    target = re.match(r"([A-Za-z_$][\w$]*)((?:\.[\w$]+)*)(?:\.[\w$]+|\[[\w$]+\])\s*=[^=]", snippet.code)
    if target and target[1] not in ("module", "exports"):
        lines.append(f"var {target[1]} = function () {{}};")
        path = target[1]
        for part in target[2].split(".")[1:]:
            path += f".{part}"
            if part != "prototype":
                lines.append(f"{path} = {{}};")
    return "\n".join(lines)


def _php_stub(bases: list[tuple[str, str]], snippet: Snippet) -> str:
    own = [("interface" if kind == "implements" else "abstract class", base) for kind, base in bases]
    return "\n".join(f"if (!class_exists('{b}') && !interface_exists('{b}')) {{ {kind} {b} {{}} }}" if "\\" not in b else ""
                     for kind, b in own)  # fmt: skip


def _ruby_stub(bases: list[tuple[str, str]], snippet: Snippet) -> str:
    lines = []
    for _, base in bases:
        parts = base.split("::")
        lines += [f"module {'::'.join(parts[: i + 1])}; end" for i in range(len(parts) - 1)]
        lines.append(f"class {base}; end unless defined?({base})")
    return "\n".join(lines)
