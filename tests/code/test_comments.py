"""Comments before code."""

from __future__ import annotations

from codetune.code.comments import strip_leading_comments


def test_leading_comments_of_every_kind():
    assert strip_leading_comments("// a\n/* b\n*/\n# c\n  def f; end") == "  def f; end"
    assert strip_leading_comments("#include <a>\nint f() {}") == "#include <a>\nint f() {}"
    assert strip_leading_comments("=begin\nx\n=end\ndef f; end") == "def f; end"
    assert strip_leading_comments("// only") == ""
