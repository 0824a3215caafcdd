"""Programs that stand alone, made of a file of a repository and what it needs, and their functions taken out again.

    file ─▶ with its package, or the headers it includes ─▶ compiles? ─▶ function out: imports, definitions, members

What is taken out and what is left are a teacher's right answer to "complete this code".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from tree_sitter import Node

from codetune.code.functions import functions, without_export_macros
from codetune.code.parsing import parse
from codetune.records import Snippet
from codetune.seeding import rank
from codetune.synth.checks.program_layout import Parts
from codetune.synth.checks.program_writing import comment
from synth_sets.inlined_python import inlined
from synth_sets.late_names import stub_parts

ENDINGS = {
    "python": ".py",
    "javascript": ".js .mjs", "typescript": ".ts", "php": ".php", "ruby": ".rb", "go": ".go", "rust": ".rs",
    "java": ".java", "csharp": ".cs", "c": ".c", "cpp": ".cc .cpp .cxx .hpp .hh .h",
}  # fmt: skip
DYNAMIC = frozenset({"javascript", "typescript", "php", "ruby"})
_SKIPPED = re.compile(r"(?:^|/)(?:tests?|__tests__|apps|specs?|examples?|benchmarks?|docs?|fuzz|node_modules|vendor|dist|build|third_party)(?:/|$)"
                      r"|_test\.|(?:^|/)test\.|\.test\.|\.spec\.|\.d\.ts$|\.min\.|package-info|module-info", re.IGNORECASE)  # fmt: skip
_IMPORTS = {
    "java": ("import_declaration", "package_declaration"), "csharp": ("using_directive",),
    "go": ("import_declaration", "package_clause"), "rust": ("inner_attribute_item",),
}  # fmt: skip
_TYPES = frozenset({
    "class_declaration", "interface_declaration", "enum_declaration", "record_declaration", "struct_declaration",
    "class_specifier", "struct_specifier", "impl_item", "trait_item",
})  # fmt: skip
_CONDITIONS = frozenset({"if_statement", "try_statement", "with_statement", "for_statement"})
_WRAPS = frozenset({"template_declaration"})


@dataclass(frozen=True)
class Unit:
    """A text that compiles on its own, and one of its files."""

    language: str
    repo: str
    path: str
    text: str


@dataclass(frozen=True)
class Case:
    """A function, the parts around it, and the whole with a comment in its place."""

    snippet: Snippet
    parts: Parts
    marked: str


def units(language: str, folder: Path) -> Iterator[Unit]:
    """The files of a folder, each with what it needs of the others."""
    files = {
        path: path.read_text("utf-8", "replace").replace("\r\n", "\n").removeprefix("\ufeff")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in ENDINGS[language].split() and len(path.name) < 80
    }
    wanted = {p: t for p, t in files.items() if not _SKIPPED.search(p.relative_to(folder).as_posix())}
    if language in DYNAMIC:  # nothing is compiled beforehand, and 200 functions are in far fewer
        wanted = dict(sorted(wanted.items(), key=lambda item: rank(0, item[0].name))[:120])
    for path, text in wanted.items():
        if len(text) < 400_000:
            whole = _whole(language, path, text, wanted if language != "cpp" else files, folder)
            if whole is not None:
                yield Unit(language, folder.name, path.relative_to(folder).as_posix(), whole)


def _whole(language: str, path: Path, text: str, files: dict[Path, str], folder: Path) -> str | None:
    match language:
        case "c" | "cpp":
            return _included(path, text, folder, set())
        case "rust":
            return (
                None
                if re.search(r"^\s*(?:pub )?mod \w+;", text, re.MULTILINE) and "crate::" in text
                else _rust(text)
            )
        case "go":
            near = {
                p: t
                for p, t in files.items()
                if p.parent == path.parent and "//go:build" not in t and "+build" not in t
            }
            return (
                _joined(language, [text, *(t for p, t in near.items() if p != path)])
                if path in near
                else None
            )
        case "python":
            return inlined(path, files)
        case "java" | "csharp":
            return _joined(language, _closure(language, path, files))
    return text


def _rust(text: str) -> str:
    tree, data = parse(text, "rust")
    kept, drop = [], False
    for node in tree.root_node.children:
        words = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
        if node.type == "attribute_item" and re.search(
            r"cfg\(.*\b(?:test|feature|windows|miri|kani)|include_str|doctest", words
        ):
            drop = True
            continue
        inner = node.type == "inner_attribute_item" or words.startswith(("//!", "/*!"))
        if not drop and not inner and not (node.type == "mod_item" and words.rstrip().endswith(";")):
            kept.append(words)
        drop = drop and node.type in ("attribute_item", "line_comment")
    return "\n".join(kept) + "\n"


def _included(path: Path, text: str, folder: Path, seen: set[Path]) -> str:
    """The text with the repository's own headers in place of their includes."""

    def put(found: re.Match[str]) -> str:
        for root in (path.parent, folder, folder / "include", folder / "src", folder / "single_include"):
            header = (root / found[1]).resolve()
            if header.is_file() and folder.resolve() in header.parents:
                if header in seen:
                    return ""
                seen.add(header)
                return _included(
                    header, header.read_text("utf-8", "replace").replace("\r\n", "\n"), folder, seen
                )
        return found[0]

    seen.add(path.resolve())
    text = re.sub(r"^\s*#\s*pragma once\s*$", "", text, flags=re.MULTILINE)
    return re.sub(r"^[ \t]*#[ \t]*include[ \t]*[\"<]([^\">]+)[\">][^\n]*$", put, text, flags=re.MULTILINE)


def _without_directives(text: str) -> str:
    """C# as the compiler sees it without symbols: `#if X` is false, `#if !X` is true."""
    kept, states = [], [True]
    for line in text.split("\n"):
        found = re.match(r"\s*#\s*(\w+)\s*(.*)", line)
        if found is None:
            kept.append(line if all(states) else "")
            continue
        word, condition = found[1], found[2]
        if word == "if":
            states.append(condition.strip().startswith("!") and "||" not in condition)
        elif word in ("else", "elif"):
            states[-1] = word == "else" and not states[-1]
        elif word == "endif":
            states.pop()
        kept.append("")
    return "\n".join(kept)


def _closure(language: str, path: Path, files: dict[Path, str]) -> list[str]:
    """The file and those that define types it names, and so on."""
    by_name: dict[str, list[Path]] = {}
    for other, text in files.items():
        for name in re.findall(r"\b(?:class|interface|enum|struct|record)\s+(\w+)", text):
            by_name.setdefault(name, []).append(other)
    found, todo = {path: None}, [path]
    while todo:
        words = set(re.findall(r"\b[A-Z]\w+", files[todo.pop()]))
        for other in sorted({p for word in words & set(by_name) for p in by_name[word]}):
            if other not in found:
                found[other] = None
                todo.append(other)
    return [files[p] for p in found]


def _joined(language: str, texts: list[str]) -> str:
    """Files as one: packages left out, imports first and once."""
    own = set(re.findall(r"^\s*package\s+([\w.]+)", "\n".join(texts), re.MULTILINE))
    imports: dict[str, None] = {}
    rest = []
    for text in texts:
        text = _without_directives(text) if language == "csharp" else text
        tree, data = parse(text, language)
        at, kept = 0, ""
        for node in tree.root_node.children:
            if node.type not in _IMPORTS[language]:
                continue
            kept += data[at : node.start_byte].decode("utf-8", "replace")
            at = node.end_byte
            words = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
            if node.type in ("package_declaration", "package_clause"):
                continue
            if language == "go":
                words = re.sub(r"//[^\n]*", "", words).removeprefix("import")
                imports.update((f"import {a}{p}", None) for a, p in re.findall(r'([\w.]+ )?("[^"]+")', words))
            elif not any(
                re.match(rf"import\s+(?:static\s+)?{re.escape(package)}\.", words) for package in own
            ):
                imports[words] = None
        rest.append(kept + data[at:].decode("utf-8", "replace"))
    text = "\n".join(rest)
    if language == "java":
        text = re.sub(
            r"^public\s+(?=(?:\w+\s+)*(?:class|interface|enum|record|@interface)\b)",
            "",
            text,
            flags=re.MULTILINE,
        )
    return "\n".join(imports) + "\n\n" + text


def cases(unit: Unit, max_lines: int = 60) -> Iterator[Case | tuple[str, str]]:
    """The functions of a unit's own file, each with what is left; or its name and why nothing was left."""
    tree, data = parse(
        without_export_macros(unit.text) if unit.language == "cpp" else unit.text, unit.language
    )
    begins = list(accumulate((len(line.encode()) + 1 for line in unit.text.split("\n")), initial=0))
    for span in functions(unit.text, unit.language):
        if span.has_error or span.statements < 1 or not 3 <= span.end_line - span.start_line + 1 <= max_lines:
            continue
        snippet = Snippet(
            code=span.code, programming_language=unit.language, name=span.name, scopes=span.scopes, source="code",
            path=unit.path, repo=unit.repo, license="MIT",
        )  # fmt: skip
        yield _case(unit, snippet, tree.root_node, data, begins[span.start_line - 1], begins[span.end_line])


def _case(
    unit: Unit, snippet: Snippet, root: Node, data: bytes, start: int, end: int
) -> Case | tuple[str, str]:
    end = min(end, len(data))
    lead = data[start : start + _blank(data[start:end])] if unit.language == "python" else b""
    marked = data[:start] + lead + comment(unit.language).encode() + b"\n" + data[end:]
    node = root.descendant_for_byte_range(start + _blank(data[start:end]), max(start, end - 2))
    above: list[Node] = []
    while node is not None:
        above.insert(0, node)
        node = node.parent
    if any(part.type in ("preproc_if", "preproc_ifdef", "preproc_else") and part.start_byte < start
           and not _is_guard(part) for part in above):  # fmt: skip
        return snippet.name or "", "under a condition of the preprocessor"
    if re.search(
        r"#\[cfg\([^\n]*\n(?:\s*#\[[^\n]*\n|\s*//[^\n]*\n)*\s*\Z",
        data[max(0, start - 400) : start].decode("utf-8", "replace"),
    ):
        return snippet.name or "", "under a condition of the compiler"
    if unit.language == "python":
        if any(part.type in _CONDITIONS for part in above):
            return snippet.name or "", "under a condition"
        return Case(
            snippet, Parts(example=""), marked.decode("utf-8", "replace") + _asked_python(snippet.name or "")
        )
    types = [part for part in above if part.type in _TYPES and part.start_byte < start]
    if unit.language in DYNAMIC:
        return Case(snippet, stub_parts(unit.language, snippet), marked.decode("utf-8", "replace"))
    imports = [part for part in root.children if part.type in _IMPORTS.get(unit.language, ())]
    first = imports[-1].end_byte if imports else 0
    name = (snippet.name or "").replace("\\", "").replace('"', "")
    example = {
        "java": f'System.out.println("{name}");', "csharp": f'System.Console.WriteLine("{name}");',
        "rust": f'println!("{name}");', "go": f'print("{name}")', "c": f'const char *used = "{name}"; (void) used;',
        "cpp": f'const char *used = "{name}"; (void) used;',
    }[unit.language]  # fmt: skip
    members = around = b""
    if types:
        inner, outer = types[-1], types[0]
        members = _inside(inner, data, start, end)
        if outer != inner:
            around = _inside(outer, data, inner.start_byte, inner.end_byte) if len(types) == 2 else b""
        top = outer.parent if outer.parent is not None and outer.parent.type in _WRAPS else outer
        if unit.language in ("c", "cpp"):
            depth = sum(part.type == "namespace_definition" for part in above)
            left = data[: top.start_byte]
            opened = len(re.findall(rb"^[ \t]*#[ \t]*if", left, re.MULTILINE))
            closed = len(re.findall(rb"^[ \t]*#[ \t]*endif", left, re.MULTILINE))
            left += b"\n" + b"#endif\n" * (opened - closed) + b"}" * depth
        else:
            left = data[first : top.start_byte] + b"\n" + data[top.end_byte :].lstrip(b";")
    else:
        head = b""
        if unit.language in ("c", "cpp") and "::" not in (snippet.name or "").removeprefix(
            "::".join(_spaces(snippet))
        ):
            head = _prototype(snippet.code).encode()
        left = data[first:start] + head + b"\n" + data[end:]
    text = [data[:first], left, members, around]
    parts = Parts(
        imports=text[0].decode("utf-8", "replace"), definitions=text[1].decode("utf-8", "replace"),
        members=text[2].decode("utf-8", "replace"), around=text[3].decode("utf-8", "replace"), example=example,
    )  # fmt: skip
    return Case(snippet, parts, marked.decode("utf-8", "replace") + _entry(unit.language))


def _asked_python(name: str) -> str:
    """A main block that looks the function up; names with two underscores as their class spells them."""
    *owners, own = name.split(".")
    if owners and own.startswith("__") and not own.endswith("__"):
        own = f"_{owners[-1].lstrip('_')}{own}"
    return f'\n\nif __name__ == "__main__":\n    print({".".join([*owners, own])})\n'


def _entry(language: str) -> str:
    """A main for the whole with the comment in it."""
    return {
        "java": "\nclass Main { public static void main(String[] args) { } }\n",
        "csharp": "\nclass EntryOfAll { static void Main() { } }\n", "rust": "\nfn main() {}\n",
        "go": "\nfunc main() {}\n", "c": "\nint main(void) { return 0; }\n", "cpp": "\nint main() { return 0; }\n",
    }.get(language, "")  # fmt: skip


def whole_program(unit: Unit) -> str:
    """The unit with a main, to see whether it compiles at all."""
    head = "package main\n" if unit.language == "go" else ""
    return head + unit.text + _entry(unit.language)


def _spaces(snippet: Snippet) -> list[str]:
    return [
        head.rpartition(" ")[2]
        for head in snippet.scopes
        if head.startswith(("namespace", "inline namespace"))
    ] + [""]


def _prototype(code: str) -> str:
    head = code.partition("{")[0].strip()
    return (
        ""
        if "=" in head or ":" in re.sub(r"::", "", head) or head.startswith(("constexpr", "#"))
        else head + ";"
    )


def _is_guard(node: Node) -> bool:
    text = (node.text or b"")[:300].decode("utf-8", "replace")
    return re.match(r"#\s*(?:ifndef\s+(\w+)\s+#\s*define\s+\1\b|ifdef\s+__cplusplus)", text) is not None


def _blank(text: bytes) -> int:
    return len(text) - len(text.lstrip())


def _inside(node: Node, data: bytes, start: int, end: int) -> bytes:
    """A type's body without its braces and without what stands between two places."""
    body = node.child_by_field_name("body")
    assert body is not None
    return data[body.start_byte + 1 : start] + b"\n" + data[end : body.end_byte - 1]
