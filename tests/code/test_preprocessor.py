from __future__ import annotations

import pytest

from codetune.code.functions import functions
from codetune.code.parsing import parses
from codetune.code.preprocessor import has_whole_conditions, readings

MACROS = """
LIB_BEGIN_NAMESPACE
namespace lib {

LIB_INLINE void logger::flush(int depth) LIB_NOEXCEPT {
    LIB_TRY { sink->flush(depth); }
    LIB_CATCH(source_loc())
}

// Adds one.
template <typename T> LIB_CONSTEXPR T next(T x) {
    return x + LIB_ONE;
}

LIB_PUBLIC(int) counted(void)
{
    return LIB_COUNT(3);
}
}
"""


def test_functions_behind_macros_are_found_whole() -> None:
    found = {span.name: span for span in functions(MACROS, "cpp")}
    assert set(found) == {"lib::logger::flush", "lib::next", "lib::counted"}
    assert not any(span.has_error for span in found.values())
    assert found["lib::next"].docstring == "Adds one."
    assert "LIB_CATCH(source_loc())" in found["lib::logger::flush"].code
    assert found["lib::counted"].code.startswith("LIB_PUBLIC(int) counted(void)\n{\n    return LIB_COUNT(3);")
    assert found["lib::next"].code.startswith("template <typename T>")


BRANCHES = """
class A
{
    /// <summary>Says it.</summary>
#if NET6
    public void Say(string text)
#else
    public void Say(object text)
#endif
    {
        Out(text);
    }

    public int Count()
    {
#if NET6
        return items.Count;
#else
        return items.Length;
#endif
    }
}
"""


def test_conditions_do_not_stop_a_parser_and_half_a_condition_is_an_error() -> None:
    found = {span.name: span for span in functions(BRANCHES, "csharp")}
    assert not found["A.Count"].has_error and "items.Length" in found["A.Count"].code
    assert found["A.Say"].has_error, "its head stands in one branch and its body in none"


@pytest.mark.parametrize(
    "code", ["int f(void) {\n#ifdef X\n  if (a)\n#else\n  if (b)\n#endif\n    g();\n  return 1;\n}"]
)
def test_a_statement_with_two_heads_parses(code) -> None:
    assert parses(code, "c")


def test_readings_keep_every_offset_and_clean_text_has_none() -> None:
    data = MACROS.encode()
    for reading in readings(data, "cpp"):
        assert len(reading) == len(data) and reading.count(b"\n") == data.count(b"\n")
    assert not list(readings(b"int main(void) { return EXIT_OK; }\n", "c"))


@pytest.mark.parametrize(
    ("code", "whole"),
    [("#if A\n#else\n#endif", True), ("#endif", False), ("#ifdef A", False), ("#else", False), ("x", True)],
)
def test_whole_conditions(code, whole) -> None:
    assert has_whole_conditions(code) is whole
