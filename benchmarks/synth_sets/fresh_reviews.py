"""The third set of the generators that write about code: summaries, reviews, explanations; see `fresh_material`."""

from __future__ import annotations

import re

from servers.teacher import Script

from codetune.records import Instruction, Snippet
from synth_sets.fresh_material import answer_faults, dressed, plain_json, problems
from synth_sets.held_out_text import _parameter as first_parameter
from synth_sets.material import Case

TAGS = {"summarize": "summary", "review": "review", "explain-defect": "explanation"}


def fill_in(generator: str, good: bool, language: str, count: int) -> list[Case]:
    """HumanEvalPack's problems 50 to 99: long reviews with nested lists, tables, diffs and formulas, comments with types, mixed
    Chinese and English. Bad: remarks about other code, parameters that are not there, headings alone, questions, answers that are none."""
    rows, cases = problems(50, 100), []
    for i in range(count):
        programming_language, row = rows[i % len(rows)]
        _, far = rows[(i + 6 * 17) % len(rows)]
        marker = "#" if programming_language == "python" else "//"
        sound = generator == "summarize" or i % 4 == 3
        body = row["canonical_solution" if sound else "buggy_solution"].rstrip()
        code = f"{row['declaration'].strip()}\n{body}\n{marker} item {i};\n"
        text, rule, score = _text(generator, row, programming_language, language, i, sound), "good", 3 + i % 3
        said: object = dressed(TAGS[generator], text, i)
        if not good:
            raw = answer_faults(language, TAGS[generator])
            own = ("about other code", "what is not there", "headings alone", "a question", "generalities")
            which, score = i % (len(own) + len(raw)), 1
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said = fault(text, i)
            else:
                rule, zh = own[which], language == "zh"
                text = {
                    "about other code": _text(generator, far, programming_language, language, i, sound),
                    "what is not there": "Args:\n    connection_pool (Pool): The pool.\n    retry_policy (str): How often.\n\nReturns:\n    bool: Whether it was saved." if not zh else "参数：\n    connection_pool: 连接池。\n    retry_policy: 重试策略。\n\n返回：\n    是否保存成功。",
                    "headings alone": "## Summary\n\n## Details\n\n## Conclusion" if not zh else "## 概述\n\n## 细节\n\n## 结论",
                    "a question": "Is this function meant to be called from several threads, and what does your team expect of it?" if not zh else "这个函数会被多个线程调用吗？您的团队希望它做什么？",
                    "generalities": "Good code is readable, tested and documented; remember to follow best practices." if not zh else "好的代码应当可读、有测试、有文档；请记得遵循最佳实践。",
                }[rule]  # fmt: skip
                said = f"<{TAGS[generator]}>\n{text}\n</{TAGS[generator]}>"
        if generator == "explain-defect":
            record: Instruction | Snippet = Instruction(
                task="defect_detection", instruction="Is there a defect?", input=code, output="No." if sound else "Yes.",
                programming_language=programming_language, source="humanevalpack",
            )  # fmt: skip
        else:
            record = Snippet(code=code, programming_language=programming_language, name=row["entry_point"], source="humanevalpack", license="MIT")  # fmt: skip
        answers = {
            "text": said,
            "score": plain_json({"reason": "So it is.", "score": score, "difficulty": 2}),
        }
        cases.append(Case(record, [Script((f"{marker} item {i};\n",), answers)], rule))
    return cases


def _text(generator: str, row: dict, programming_language: str, language: str, i: int, sound: bool) -> str:
    if generator == "summarize":
        return _summary(row, programming_language, language, i)
    return (_praise if sound else _remarks)(row, programming_language, language, i)


def _summary(row: dict, programming_language: str, language: str, i: int) -> str:
    doc, name = row["docstring"].split(">>>")[0].strip(), row["entry_point"]
    first = re.split(r"(?<=\.)\s", doc)[0]
    parameter = first_parameter(row["declaration"], programming_language)
    if language == "zh":
        return (
            f"计算 `{name}` 的结果。\n\nArgs:\n    {parameter}: 输入数据，允许为空（empty）。\n\nReturns:\n    处理后的结果；时间复杂度为 $O(n)$。",
            f"`{name}` 对输入做一次线性扫描（single pass），按条件 filter 之后返回结果。",
            f"根据 `{parameter}` 得到结果：\n\n- 空输入返回默认值\n- 其余情况逐项处理\n  - 不修改输入",
        )[i % 3]  # fmt: skip
    tags = {
        "javascript": f"/**\n * {first}\n *\n * @param {{*}} {parameter} - The input; see the signature.\n * @returns {{*}} The result.\n * @example\n * {name}(); // as in the tests\n */",
        "java": f"/**\n * {first}\n *\n * <p>Runs in <i>O(n)</i> time.\n *\n * @param {parameter} the input\n * @return the result, never {{@code null}}\n */",
        "cpp": f"/// \\brief {first}\n///\n/// \\param {parameter} The input.\n/// \\return The result.",
        "rust": f"/// {first}\n///\n/// # Arguments\n///\n/// * `{parameter}` - the input\n///\n/// # Examples\n///\n/// ```\n/// // as in the tests\n/// ```",
        "go": f"// {name} does this: {first}\n// It returns the zero value for an empty input.",
        "python": f'"""{first}\n\nArgs:\n    {parameter} (Any): The input.\n\nReturns:\n    Any: The result.\n\nExamples:\n    See the tests.\n"""',
    }
    return (
        tags[programming_language],
        f"{first} In other words: a single pass over `{parameter}` — $O(n)$ time, $O(1)$ space.",
        f"{doc[:700].rstrip()}\n\n**Parameters**\n\n| name | meaning |\n| --- | --- |\n| `{parameter}` | the input |\n\n**Complexity**: linear",
    )[i % 3]  # fmt: skip


def _remarks(row: dict, programming_language: str, language: str, i: int) -> str:
    name, kind, symptom = row["entry_point"], row["bug_type"], row["failure_symptoms"]
    fix = f"```{programming_language}\n{row['canonical_solution'].strip(chr(10))[:600]}\n```"
    lines = zip(row["buggy_solution"].splitlines(), row["canonical_solution"].splitlines(), strict=False)
    changed = next(((a, b) for a, b in lines if a != b), ("", ""))
    diff = f"```diff\n-{changed[0]}\n+{changed[1]}\n```"
    if language == "zh":
        return (
            f"### 结论\n\n**critical**：`{name}` 存在 {kind}，导致 {symptom}。\n\n### 原因\n\n1. 条件写错\n   - 边界（edge case）未覆盖\n2. 结果因此不正确\n\n### 修复\n\n{diff}",
            f"| 级别 | 位置 | 问题 |\n| --- | --- | --- |\n| **major** | `{name}` | {kind} → {symptom} |\n\n建议 refactor 为：\n\n{fix}",
        )[i % 2]  # fmt: skip
    return (
        f"- **critical** — `{name}` returns the wrong result\n  - *Cause*: {kind}\n    - it shows as {symptom}\n  - *Fix*:\n\n    {fix.replace(chr(10), chr(10) + '    ')}\n- **minor** — naming\n  1. spell out what is meant\n  2. add type hints",
        f"## Summary\n\nThere is one real problem.\n\n## Findings\n\n| Severity | Where | What |\n|:---------|:-----:|-----:|\n| 🔴 **critical** | `{name}` | {kind} ({symptom}) |\n| 🟡 **minor** | signature | no docs |\n\n## Patch\n\n{diff}\n\n## Complexity\n\nUnchanged: $\\Theta(n)$.",
        f"> **major**: {kind}\n\nWalk through it:\n\n1. the input is read\n2. the faulty line runs\n3. the caller sees an {symptom}\n\n{fix}\n\n- [x] reproduced\n- [ ] test added",
    )[i % 3]  # fmt: skip


def _praise(row: dict, programming_language: str, language: str, i: int) -> str:
    name = row["entry_point"]
    if language == "zh":
        return f"没有发现缺陷：`{name}` 的 edge cases 处理得当，\n\n- 空输入：返回默认值\n- 一般输入：逐项处理\n\n复杂度为 $O(n)$，可读性良好。"
    return (
        f"No real weakness. What is done well:\n\n1. **Bounds** — the loop of `{name}` never reads past the end\n2. **Clarity**\n   - one purpose\n   - names that say what is meant\n\nOptionally, add a doc comment",
        f"The code is correct, because `{name}` treats the empty case first and then $\\forall x$ does the same.\n\n~~~{programming_language}\n{row['declaration'].strip()[-200:]}\n~~~\n\nNothing needs to change",
    )[i % 2]  # fmt: skip
