"""Reserved words of the ten languages; they weigh five times as much as other tokens."""

from __future__ import annotations

__all__ = ["KEYWORDS"]

_JAVASCRIPT = (
    "await break case catch class const continue debugger default delete do else enum export extends false "
    "finally for function if implements import in instanceof interface let new null package private protected "
    "public return static super switch this throw true try typeof var void while with yield"
)
_C = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while"
)
_WORDS = {
    "c": _C,
    "cpp": _C
    + " alignas alignof bool catch class concept const_cast consteval constexpr constinit co_await co_return "
    "co_yield decltype delete dynamic_cast explicit export false final friend mutable namespace new noexcept "
    "nullptr operator override private protected public reinterpret_cast requires static_assert static_cast "
    "template this thread_local throw true try typeid typename using virtual",
    # The contextual words count too, as in the published list.
    "csharp": "abstract add alias as ascending async await base bool break by byte case catch char checked class "
    "const continue decimal default delegate descending do double dynamic else enum equals event explicit extern "
    "false finally fixed float for foreach from get global goto group if implicit in int interface internal into "
    "is join let lock long nameof namespace new notnull null object on operator orderby out override params "
    "partial private protected public readonly ref remove return sbyte sealed select set short sizeof stackalloc "
    "static string struct switch this throw true try typeof uint ulong unchecked unmanaged unsafe ushort using "
    "value var virtual void volatile when where while yield",
    "go": "break case chan const continue default defer else fallthrough for func go goto if import interface map "
    "package range return select struct switch type var",
    "java": "abstract assert boolean break byte case catch char class const continue default do double else enum "
    "extends final finally float for goto if implements import instanceof int interface long native new package "
    "private protected public return short static strictfp super switch synchronized this throw throws transient "
    "try void volatile while",
    "javascript": _JAVASCRIPT,
    "php": "abstract and array as break callable case catch class clone const continue declare default do echo else "
    "elseif empty enddeclare endfor endforeach endif endswitch endwhile enum extends final finally fn for foreach "
    "function global goto if implements include include_once instanceof insteadof interface isset list match "
    "namespace new or print private protected public readonly require require_once return static switch throw "
    "trait try unset use var while xor yield",
    "python": "False None True and as assert async await break class continue def del elif else except finally for "
    "from global if import in is lambda nonlocal not or pass raise return try while with yield",
    "ruby": "BEGIN END alias and begin break case class def defined? do else elsif end ensure false for if in "
    "module next nil not or redo rescue retry return self super then true undef unless until when while yield",
    "rust": "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match "
    "mod move mut pub ref return self Self static struct super trait true type unsafe use where while",
    "typescript": _JAVASCRIPT
    + " abstract any as asserts bigint boolean declare infer is keyof module namespace never number object "
    "readonly require satisfies string symbol type undefined unique unknown",
}

KEYWORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
"""Programming language -> its reserved words."""
