"""Comments before code."""

from __future__ import annotations

from codetune.code.comments import comment_text, strip_leading_comments


def test_leading_comments_of_every_kind():
    assert strip_leading_comments("// a\n/* b\n*/\n# c\n  def f; end") == "  def f; end"
    assert strip_leading_comments("#include <a>\nint f() {}") == "#include <a>\nint f() {}"
    assert strip_leading_comments("=begin\nx\n=end\ndef f; end") == "def f; end"
    assert strip_leading_comments("// only") == ""


def test_elements_that_nobody_filled_are_left_out():
    raw = '/// <summary>Adds.</summary>\n/// <typeparam name="T"></typeparam>\n/// <param name="a"></param>\n/// <param name="b">More.</param>'
    assert comment_text(raw) == 'Adds.\n<param name="b">More.</param>'
