"""Yes or no, read out of an answer.

The reader takes sentences as people and models write them, in English and Chinese: it follows
negation, leaves out questions that are repeated, and gives None where an answer says neither or both.
"""

from __future__ import annotations

import re

from codetune.text.fences import without_fenced_blocks

__all__ = ["read_label", "readable"]

_EDGE = 4_000
_MARKS = re.compile(r"[*_`\"“”‘「」《》()（）\[\]#>]+|(?<!\w)['’]|['’](?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.!。！\n?？])")
_ECHO = re.compile(
    r"(?<!答案)(?<!结论)(?<!回答)(?:是否|是不是|有没有|能不能|会不会|对不对|存不存在|可不可以)[^：:，,。\n\s是否有没不]*(?:有漏洞|存在漏洞)?"
)
_WHETHER = re.compile(r"\b(?:whether|if)\b(?: or not)?[^.,;:\n]*", re.IGNORECASE)
_BOTH = re.compile(
    r"\b(?:yes|true) (?:and|or) (?:no|false)\b|\byes\s*[/|]\s*no\b|\A\s*yes\s+no\W*\Z|是\s*[/|和或也]+\s*否",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"\A\s*(?:(?:sure|certainly|of course|absolutely|okay|ok)\s*[!,.:]\s*(?=\w)"
    r"|(?:i (?:think|believe|guess)|i (?:would|['’]d) say|in my opinion|我认为|我觉得|我想|我判断|在我看来)\s*(?:that\b)?[,，:：]?\s*)",
    re.IGNORECASE,
)
"""Politeness and opinion before the answer itself."""
_UNSURE = re.compile(
    r"\b(?:not (?:sure|certain|clear|possible to (?:say|tell))|un(?:sure|certain|clear)|"
    r"(?:can ?not|can't|could not|couldn't|unable to|impossible to|hard to|difficult to) "
    r"(?:say|tell|determine|decide|judge|know)|(?:don't|do not) know|it depends|maybe|perhaps)\b"
    r"|不确定|不清楚|无法(?:判断|确定|得知|回答)|不能确定|难以(?:判断|确定)|不好说|不知道|视情况|可能(?:是|有)?也可能",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"(?:\b(?:final |my |short |correct )?(?:answer|verdict|conclusion|result|label|decision|output|judg(?:e)?ment|"
    r"response|prediction|vulnerable|clones?|match|relevant)\b\s*(?:(?:is|would be|should be|=|:|：|->)\s*)+"
    r"|(?:答案|结论|回答|判断|结果|标签|答|存在漏洞|功能相同)\s*(?:\s*(?:[：:]|应该是|应为|为|是(?=\s*[：:是否不有没对])))+\s*)",
    re.IGNORECASE,
)
_YES = r"yes|yeah|yep|yup|true|indeed|affirmative|correct|definitely|absolutely|certainly|of course|sure"
_NO = r"no|nope|nah|false|negative|incorrect|definitely not|absolutely not|certainly not|of course not|not at all|not really"
_HEAD = re.compile(
    rf"\s*(?:(?P<no>{_NO})(?![\w'’-])(?!\s+(?:\w+\s+){{0,2}}(?:difference|vulnerabilit|flaw|defect|issue|problem|bug|doubt|evidence|sign))"
    rf"|(?P<yes>{_YES})(?![\w'’-])"
    r"|(?P<zh_no>不是|不对|不能|不会|不可以|不算|不行|(?:并?没有|不存在)(?!.{0,4}(?:差异|区别|差别|不同))|并不|并非|错误|错|否|不(?=[，。,.！!\s]|$)|无(?=[，。,.！!\s]|$)|未(?=[，。,.！!\s]|$))"
    r"|(?P<zh_yes>是(?!否|不是)|对(?!比|于|不)|有(?!没有|区别|差|不同)|能(?!否|不)|会(?!不)|可以|存在|正确|没错|确实|当然|肯定))",
    re.IGNORECASE,
)
_ALONE = {"1": True, "y": True, "t": True, "√": True, "✓": True, "✅": True,
          "0": False, "n": False, "f": False, "×": False, "✗": False, "❌": False}  # fmt: skip
_CLAUSE = re.compile(
    r"[.;!。；！\n]|\b(?:but|however|yet|although|though)\b|但是?|然而|不过|可是", re.IGNORECASE
)
_CONTRAST = re.compile(r"\b(?:but|however|yet)\b|但是?|然而|不过|可是", re.IGNORECASE)
_CONCESSION = re.compile(
    r"\b(?:even though|although|though|despite|while)\b[^,.;\n]*,|(?:虽然|尽管)[^，,。；\n]*[，,]",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|none|without|cannot|lacks?|free (?:of|from)|fails? to|hardly|nothing|un(?:able|likely))\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_PREDICATE = re.compile(
    r"\b(?:(?P<yes>vulnerab(?:le|ilit(?:y|ies))|insecure|unsafe|exploit(?:able|ed)|exploit|defect(?:s|ive)?|flaw(?:s|ed)?"
    r"|use[ -]after[ -]free|double[ -]free|(?:buffer|heap|stack|integer) (?:over|under)flows?|out[ -]of[ -]bounds|memory leaks?"
    r"|race conditions?|(?:security )?(?:issues?|(?<!different )problems?|risks?|holes?)|attack(?:s|ed)?|compromised?"
    r"|(?:the )?same|equivalent|identical|clones?|interchangeable|duplicates?|matche?s?|relevant|answers?|fits?|a hit"
    r"|similar|what (?:the query|it|they) (?:asks?|wants?)(?: for)?|satisf(?:y|ies))"
    r"|(?P<no>safe|secure|different(?:ly)?(?! (?:\w+ )?(?:names?|identifiers?|styles?|syntax|layouts?|formatting|variables?)\b)|differ(?:s|ence|ences)?|unrelated|irrelevant|distinct|mismatch))\b",
    re.IGNORECASE,
)
_ZH_PREDICATE = re.compile(
    r"(?P<neg>(?:不是|并非|并不|没有|没|未|无|不|毫无|找不到|看不出)[^，。；！？,;\n]{0,7}?)?"
    r"(?:(?P<yes>漏洞|缺陷|隐患|风险|安全问题|(?<=没有)问题|(?<=没)问题|被利用|被攻击|可利用|相同|一样|等价|一致|同样|克隆|同一|相关|符合|匹配|满足|回答了?(?:这个|该)?(?:查询|问题)|想要的|所要的)"
    r"|(?P<no>安全(?!漏洞|缺陷|问题|隐患|风险|审查|性)|区别|差异|差别|不同|无关))"
)


def readable(answer: str) -> str:
    """The prose of an answer; the middle of a very long one says nothing of its verdict."""
    if len(answer) > 2 * _EDGE:
        answer = f"{answer[:_EDGE]}\n{answer[-_EDGE:]}"
    return without_fenced_blocks(answer)


def read_label(answer: str) -> bool | None:
    """Whether an answer says yes or no, in English or Chinese; None where it says neither or both.

    An answer that names its verdict (`Answer: no`) or begins with yes or no is read there; else its
    sentences are: `not vulnerable` is no, `no difference` is yes. A repeated question says nothing.
    """
    text = _MARKS.sub(" ", readable(answer)).strip()
    alone = _ALONE.get(text.rstrip(".。 ").lower())
    if alone is not None:
        return alone
    said = " ".join(part for part in _SENTENCE_END.split(text) if not part.endswith(("?", "？")))
    text = said if any(char.isalnum() for char in said) else text
    text = _ECHO.sub(" ", text).strip(" \t\r\n：:，,。.")
    text = _OPENING.sub("", text)
    for found in reversed(list(_MARKER.finditer(text))):
        rest = text[found.end() :]
        label = _ALONE.get(rest.strip(" .。").lower(), _head(rest))
        if label is not None:
            return label
    if _BOTH.search(text):
        return None
    label = _head(text)
    if label is not None:
        return label
    if _UNSURE.search(text):
        return None
    last = list(_MARKER.finditer(text))[-1:]
    return _said(text[last[0].end() :] if last else text)


def _head(text: str) -> bool | None:
    found = _HEAD.match(text)
    if found is None or _BOTH.match(text.strip()):
        return None
    return found.lastgroup in ("yes", "zh_yes")


def _said(text: str) -> bool | None:
    """What the sentences of a text claim; after a `but` the last clause counts."""
    text = _CONCESSION.sub(" ", _WHETHER.sub(" ", text))
    labels = [label for clause in _CLAUSE.split(text) for label in _claims(clause)]
    words = re.findall(rf"\b(?:(?P<no>{_NO})|(?P<yes>{_YES}))\b(?=\s*(?:[,.;:!。，]|$))", text, re.IGNORECASE)
    labels = [not no for no, _ in words] or labels
    if not labels or (len(set(labels)) > 1 and not _CONTRAST.search(text)):
        return None
    return labels[-1]


def _claims(clause: str) -> list[bool]:
    labels = []
    begin = 0
    for found in _PREDICATE.finditer(clause):
        negations = len(_NEGATION.findall(clause[begin : found.start()]))
        labels.append((found.lastgroup == "yes") != (negations % 2 == 1))
        begin = found.end()
    for found in _ZH_PREDICATE.finditer(clause):
        labels.append((found["yes"] is not None) != (found["neg"] is not None))
    return labels
