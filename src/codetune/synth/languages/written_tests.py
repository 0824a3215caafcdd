"""Tests that a model wrote in a language other than Python: read, and told from what only looks like tests."""

from __future__ import annotations

import re
from dataclasses import dataclass

from codetune.code.functions import functions
from codetune.code.parsing import parse, parses
from codetune.code.scopes import name_of_head, split_name
from codetune.synth.runtime.raw_answers import InvalidAnswerError
from codetune.synth.runtime.text_parsers import CodeBlock

__all__ = ["CHECKS", "TESTED_LANGUAGES", "WrittenTests", "defined_names", "entry_point"]

CHECKS = {
    "javascript": r"\bassert\b|\bthrow\b|process\.exit",
    "typescript": r"\bassert\b|\bthrow\b|process\.exit",
    "java": r"\bassert\b|\bthrow\b|System\.exit",
    "go": r"\bt\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\bpanic\(|\b(?:assert|require)\.\w+\(",
    "rust": r"\bassert(?:_eq|_ne)?!|\bpanic!",
    "c": r"\bassert\s*\(|\babort\(|\breturn\s+[1-9]|\bexit\(",
    "cpp": r"\bassert\s*\(|\babort\(|\bthrow\b|\breturn\s+[1-9]|\bexit\(",
    "csharp": r"\bDebug\.Assert|\bthrow\b|\bTrace\.Assert",
    "php": r"\bassert\s*\(|\bthrow\b|\bexit\(",
    "ruby": r"\braise\b|\bassert\w*\b|\babort\b|\bfail\b",
}
"""Language -> what a check of a result looks like."""
_ENTRY = {
    "java": r"\bvoid\s+main\s*\(", "csharp": r"\bMain\s*\(", "c": r"\bmain\s*\(", "cpp": r"\bmain\s*\(",
    "go": r"\bfunc\s+(?:Test\w*|main)\s*\(", "rust": r"#\[test\]|\bfn\s+main\s*\(",
}  # fmt: skip
_ENTRY_NAMES = {
    "java": "a class with a main method", "csharp": "a class with a Main method", "c": "a main function",
    "cpp": "a main function", "go": "functions TestXxx(t *testing.T)", "rust": "functions marked #[test]",
}  # fmt: skip
_FRAMEWORKS = re.compile(
    r"org\.junit|\bNUnit\b|\bXunit\b|\bPHPUnit\b|gtest/|catch2?/|from ['\"](?:vitest|@jest)|\bRSpec\b"
)

TESTED_LANGUAGES = tuple(CHECKS)
"""Languages in which tests are written and run, besides Python."""


def defined_names(code: str, language: str) -> tuple[str, ...]:
    """Names of the functions, methods and types of a solution, in order."""
    names: dict[str, None] = {}
    for span in functions(code, language):
        for head in span.scopes:
            names[name_of_head(head, language)] = None
        for part in split_name(span.name):
            names[re.sub(r"<.*", "", part)] = None
    return tuple(name for name in names if re.fullmatch(r"[\w$]+[?!=]?", name) and name != "main")


def entry_point(code: str, language: str) -> str | None:
    """What is to be tested: the last function that is no `main`, which may call the others."""
    found = [
        span.name for span in functions(code, language) if split_name(span.name)[-1] not in ("main", "Main")
    ]
    return found[-1] if found else None


@dataclass(frozen=True)
class WrittenTests:
    """Tests of some names in one language, to stand after the solution."""

    language: str
    names: tuple[str, ...]

    @property
    def schema(self) -> None:
        return None

    def parse(self, text: str) -> str:
        """The tests.

        Raises:
            InvalidAnswerError: They do not parse, check nothing, use nothing of the solution, or need a framework.
        """
        try:
            code = CodeBlock(self.language, holds=lambda block: self._fault(block) is None).parse(text)
        except InvalidAnswerError as error:
            if error.reason == "does not parse":
                raise InvalidAnswerError(
                    "tests do not parse", f"the tests are not valid {self.language}"
                ) from error
            raise
        fault = self._fault(code)
        if fault is not None:
            raise InvalidAnswerError(*fault)
        return code

    def _fault(self, code: str) -> tuple[str, str] | None:
        words = _without_texts(code, self.language)
        framework = _FRAMEWORKS.search(code)
        if framework is not None:
            return "tests need a framework", f"{framework[0]} is not there; the standard library has to do"
        if re.search(CHECKS[self.language], words) is None:
            return "not a test", "nothing is asserted"
        if not any(re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", words) for name in self.names):
            return "not a test", f"the tests do not use {', '.join(self.names)}"
        if self.language in _ENTRY and re.search(_ENTRY[self.language], words) is None:
            return "not a test", f"there is nothing to start: {_ENTRY_NAMES[self.language]}"
        return None


def _without_texts(code: str, language: str) -> str:
    """The code without comments and the insides of strings."""
    if not parses(code, language):
        return code
    tree, data = parse(code, language)
    kept, at = b"", 0
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if "comment" in node.type or node.type in (
            "string_content",
            "string_fragment",
            "string_literal_content",
        ):
            kept += data[at : node.start_byte] + b" "
            at = node.end_byte
            continue
        stack.extend(reversed(node.children))
    return (kept + data[at:]).decode("utf-8", "replace")
