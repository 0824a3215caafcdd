"""Whether a function is a member of a type that works on an object of it, told by its name and its head.

The rule, language by language (O is what stands before the name, as in `O.name`):

    Python              in a class O, and no `@staticmethod`
    Java, C#, PHP       in a type O, and not `static`; without a name, C# needs a modifier such as `public`
    JavaScript, TS      method syntax (`m() {}`) in a class O and not `static`, or `O.prototype.m = ...`
    C++                 not `static`, and O begins with a capital or the head is `const`, `override`, `virtual`
    Go                  it has a receiver
    Ruby                an instance method, `O#name`
    Rust                told by `self` in the code
    C                   never

Where the heads of the types around it are known (`Snippet.scopes`), they decide what O is: a namespace is none.
"""

from __future__ import annotations

import re

from codetune.code.scopes import is_type_head, name_of_head, split_name

__all__ = ["is_instance_member"]

_STATIC = re.compile(r"\bstatic\b")
_ANNOTATION = re.compile(r"@[\w.]+(?:\([^()]*\))?|\[[^\[\]]*\]")
_CSHARP_MODIFIER = re.compile(
    r"\b(?:public|private|protected|internal|virtual|override|abstract|sealed|readonly)\b"
)
_METHOD_SYNTAX = re.compile(
    r"(?:(?:async|get|set|public|private|protected|readonly|override|declare|abstract)\s+|\*\s*)*"
    r"(?!(?:function|if|for|while|switch|return|await|export|class|const|let|var)\b)[\w$#]+\s*(?:<[^>()]*>)?\s*\("
)
_CPP_MEMBER = re.compile(r"\bvirtual\b|\)\s*(?:const|override|final)\b")
_GO_RECEIVER = re.compile(r"\s*func\s*\(")


def is_instance_member(
    code: str, programming_language: str, name: str | None, scopes: tuple[str, ...] = ()
) -> bool:
    """Whether a definition is a member that works on an object.

    Args:
        code: The definition, as in `Snippet.code`.
        programming_language: Lower-case name.
        name: Its qualified name, as in `Snippet.name`; None where it is not known.
        scopes: Heads of the types and namespaces around it; empty where they are not known.
    """
    owner = split_name(name)[:-1][-1:] if name else []
    if scopes and programming_language == "cpp":
        return _in_cpp_type(code, name or "", scopes)
    match programming_language:
        case "python":
            return bool(owner) and "@staticmethod" not in code
        case "java" | "csharp" | "php":
            head = re.split(r"[{=;]", _ANNOTATION.sub("", code), maxsplit=1)[0]
            if _STATIC.search(head):
                return False
            if programming_language == "csharp" and not owner:
                return bool(_CSHARP_MODIFIER.search(head))
            return bool(owner) or programming_language == "java"
        case "javascript" | "typescript":
            if name and ".prototype." in name:
                return True
            return bool(owner) and _METHOD_SYNTAX.match(code.lstrip()) is not None
        case "cpp":
            head = code.partition("{")[0]
            if not owner or _STATIC.search(head):
                return False
            return owner[0][:1].isupper() or _CPP_MEMBER.search(head) is not None
        case "go":
            return _GO_RECEIVER.match(code) is not None
        case "ruby":
            return bool(name and "#" in name)
    return False


def _in_cpp_type(code: str, name: str, scopes: tuple[str, ...]) -> bool:
    """With the scopes known: inside a type, or defined outside it under its name."""
    if _STATIC.search(code.partition("{")[0]):
        return False
    if any(is_type_head(head, "cpp") for head in scopes):
        return True
    named = [part for head in scopes if (part := name_of_head(head, "cpp"))]
    return len(split_name(name)) - 1 > len(named)
