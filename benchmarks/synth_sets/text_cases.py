"""Cases of the generators that write text: evolve, oss-instruct, self-instruct, the fill-ins, translate, judge."""

from __future__ import annotations

import json
import re

from servers.teacher import Script

from codetune.code.languages import display_name
from codetune.records import Instruction, Snippet
from codetune.tasks.translation.masking import mask
from synth_sets.material import Case, alpaca, chinese, contests, polyglot, raw_faults, tagged

CRITERIA = ("correctness", "clarity", "usefulness")


def _score(score: int, why: str = "") -> str:
    return json.dumps(
        {"reason": why or ("It fits." if score > 2 else "It is about something else."), "score": score}
    )


def _tasks(language: str) -> tuple[dict, ...]:
    return chinese() if language == "zh" else alpaca()


def evolve(good: bool, language: str, count: int) -> list[Case]:
    """Evolved tasks: the given one with a constraint, an error case, or faulty code to be fixed. Bad: the same
    task, words of our prompt, the solution in place of a task, answers that are none."""
    rows, cases = _tasks(language), []
    for i in range(count):
        given = rows[i]
        row = Instruction(task="instruction_following", instruction=given["instruction"], input=given["input"], output=given["output"], source="codealpaca")  # fmt: skip
        evolved, rule, score = _evolved(given, language, i), "good", 4
        said = tagged("instruction", evolved, i)
        answer = given["output"]
        if not good:
            raw = raw_faults(language, "instruction")
            own = ("the same task", "words of the prompt", "a solution, no task", "the same in other words")
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said = fault(evolved, i)
            else:
                rule = own[which]
                evolved = {
                    "the same task": given["instruction"],
                    "words of the prompt": f"Rewrite the given prompt so that it is harder: {given['instruction']}",
                    "a solution, no task": f"{given['output']}\n\n({i})",
                    "the same in other words": f"Please do the following, number {i}: {given['instruction']}",
                }[rule]
                if language == "zh" and rule != "the same task":
                    evolved = {"words of the prompt": f"改写后的任务：{given['instruction']}", "a solution, no task": f"{given['output']}（{i}）"}.get(rule, f"请完成下面的第 {i} 项：{given['instruction']}")  # fmt: skip
                said, score = f"<instruction>{evolved}</instruction>", 1
        scripts = [
            Script((given["instruction"],), {"evolved": said}),
            Script((evolved,), {"score": _score(score), "answer": answer}),
        ]
        cases.append(Case(row, scripts, rule))
    return cases


def _evolved(given: dict, language: str, i: int) -> str:
    if language == "zh":
        return f"{given['instruction']}\n\n补充要求（{i}）：\n\n- 给出至少三个测试用例；\n- 说明时间复杂度，并处理空输入。"
    return (
        f"{given['instruction']} In addition ({i}), state the time complexity and handle an empty input without an error.",
        f"{given['instruction']}\n\nRequirements for version {i}:\n\n- no third-party packages\n- inputs of up to 10**6 items\n- at least three test cases",
        f"The following answer to the task below has a subtle fault ({i}). Find and fix it.\n\nTask: {given['instruction']}\n\n```\n{given['output'][:300]}\n```",
    )[i % 3]  # fmt: skip


def oss_instruct(good: bool, language: str, count: int) -> list[Case]:
    """Problems of HumanEvalPack (six languages) and CodeContests in Markdown with examples. Bad: the snippet as
    the solution, a solution of another problem, a problem that shows the snippet, answers that are none."""
    rows, contest, cases = polyglot(), contests(), []
    for i in range(count):
        programming_language, row = rows[i]
        sparked_language, spark = rows[(i + 6 * 50) % len(rows)]
        assert programming_language == sparked_language
        sparked = f"{spark['declaration']}{spark['canonical_solution']}"
        marker = "#" if programming_language == "python" else "//"
        code = f"{sparked.rstrip()}\n{marker} row {i}\n"
        problem = f"{row['instruction']}\n\n(no. {i})"
        if i % 5 == 4:
            problem = f"## Problem {i}\n\n{contest[i % len(contest)][:1500]}\n\n(no. {i})"
        if language == "zh":
            problem = f"请用 {programming_language} 编写函数 `{row['entry_point']}`，满足下面的例子，并处理边界情况（第 {i} 题）：\n\n```\n{row['declaration'].strip()}\n```\n\n(no. {i})"
        solution = f"```{programming_language}\n{row['declaration']}{row['canonical_solution']}\n```"
        rule, said, score = "good", tagged("problem", problem, i), 5
        if not good:
            raw = raw_faults(language, "problem")
            own = (
                "the snippet again",
                "another problem's solution",
                "shows the snippet",
                "solution does not parse",
                "no code",
            )
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said = fault(problem, i)
            else:
                rule = own[which]
                said = f"<problem>{problem}</problem>"
                if rule == "the snippet again":
                    solution, score = f"```{programming_language}\n{code}\n```", 2
                elif rule == "another problem's solution":
                    _, far = rows[(i + 6 * 80) % len(rows)]
                    solution, score = (
                        f"```{programming_language}\n{far['declaration']}{far['canonical_solution']}\n```",
                        1,
                    )
                elif rule == "shows the snippet":
                    said = f"<problem>{problem}\n\n```\n{code}\n```\n</problem>"
                elif rule == "solution does not parse":
                    solution = f"```{programming_language}\n{row['declaration']}{row['canonical_solution'][:-8]} ((\n```"
                else:
                    solution = "```\n\n```"
        snippet = Snippet(code=code, programming_language=programming_language, name=spark["entry_point"], source="humanevalpack", license="MIT")  # fmt: skip
        scripts = [
            Script((f"{marker} row {i}\n",), {"problem": said}),
            Script((f"(no. {i})",), {"answer": solution, "score": _score(score)}),
            Script((f"Solve this in {display_name(programming_language)}.",), {"answer": solution}),
        ]
        cases.append(Case(snippet, scripts, rule))
    return cases


def self_instruct(good: bool, language: str, count: int) -> list[Case]:
    """Tasks of codealpaca (or CodeGPT) that were not shown. Bad: the shown ones, tasks without the input that they
    need, answers that are none. One task a request, so that each case is one task."""
    rows, cases = _tasks(language), []
    for i in range(count):
        given, new = rows[i], rows[i + 400]
        row = Instruction(task="instruction_following", instruction=given["instruction"], input=given["input"], output=given["output"], source="codealpaca")  # fmt: skip
        task = f"<task>\n<instruction>{new['instruction']}</instruction>\n"
        task += (f"<input>{new['input']}</input>\n" if new["input"] else "") + "</task>"
        rule = "good"
        if i % 3 == 1:
            task = f"<think>\nSomething different from the examples.\n</think>\n{task}"
        said: object = task
        if not good:
            raw = [fault for fault in raw_faults(language, None) if fault[0] != "a loop"]
            own = (
                "a shown task again",
                "a shown task, one word more",
                "input missing",
                "no task in the form",
                "a loop",
            )
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                made = fault(f"<task><instruction>{new['instruction']}", i)
                said = made
                if rule == "another language":
                    said = (lambda make: lambda q: f"<task><instruction>{make(q)}</instruction></task>")(made)
            else:
                rule = own[which]
                said = {
                    "a shown task again": f"<task><instruction>{given['instruction']}</instruction></task>",
                    "a shown task, one word more": f"<task><instruction>{given['instruction']} Please.</instruction></task>",
                    "input missing": f"<task><instruction>{new['instruction']}</instruction><input> </input></task>",
                    "no task in the form": "1. Do this.\n2. Do that.",
                    "a loop": "<task><instruction>" + "Write the next function of the list. " * 40 + "</instruction></task>",
                }[rule]  # fmt: skip
        key = f"1. {given['instruction']}"
        scripts = [Script((key,), {"tasks": said}), Script((new["instruction"],), {"answer": new["output"]})]
        cases.append(Case(row, scripts, rule))
    return cases


def fill_in(generator: str, good: bool, language: str, count: int) -> list[Case]:
    """Summaries (HumanEvalPack's docstrings), reviews and explanations (its kinds of faults, with the fix). Bad: the
    text of another function, too short, answers that are none."""
    tag = {"summarize": "summary", "review": "review", "explain-defect": "explanation"}[generator]
    rows, cases = polyglot(), []
    for i in range(count):
        programming_language, row = rows[i]
        _, far = rows[(i + 6 * 60) % len(rows)]
        marker = "#" if programming_language == "python" else "//"
        faulty = generator != "summarize"
        code = f"{row['declaration'].strip()}\n{row['buggy_solution' if faulty else 'canonical_solution'].rstrip()}\n{marker} row {i}\n"
        text, rule, score = _fill_text(generator, row, programming_language, language, i), "good", 4
        said = tagged(tag, text, i)
        if not good:
            raw = raw_faults(language, tag)
            own = ("another function's text", "too short", "breaks off", "general words")
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said, score = fault(text, i), 1
            else:
                rule, score = own[which], 1
                text = {
                    "another function's text": _fill_text(generator, far, programming_language, language, i + 1),
                    "too short": "Good.",
                    "breaks off": " ".join(text.split()[:4]) + " of the",
                    "general words": "数据库连接应当在多个线程之间共享。" if language == "zh" else "Database connections should be pooled across the worker threads of the service.",
                }[rule]  # fmt: skip
                said = f"<{tag}>{text}</{tag}>"
        answers = {"text": said, "score": _score(score)}
        if generator == "explain-defect":
            record: Instruction | Snippet = Instruction(
                task="defect_detection", instruction="Is this code defective?", input=code, output="Yes.",
                programming_language=programming_language, source="humanevalpack",
            )  # fmt: skip
        else:
            record = Snippet(code=code, programming_language=programming_language, name=row["entry_point"], source="humanevalpack", license="MIT")  # fmt: skip
        cases.append(Case(record, [Script((f"{marker} row {i}\n",), answers)], rule))
    return cases


def _fill_text(generator: str, row: dict, programming_language: str, language: str, i: int) -> str:
    doc = row["docstring"].split(">>>")[0].strip()
    if language == "zh":
        if generator == "summarize":
            return f"实现函数 `{row['entry_point']}`：按照其说明处理输入并返回结果；边界情况见代码。"
        return f"- **重要**：`{row['entry_point']}` 中的条件或返回值写错，结果不正确。应当改为：\n\n```\n{row['canonical_solution'].strip()[:400]}\n```\n"
    if generator == "summarize":
        return (
            doc
            if i % 2
            else f"{doc}\n\nArgs:\n    See `{row['entry_point']}`.\n\nReturns:\n    The result described above."
        )
    fix = f"```{programming_language}\n{row['canonical_solution'].strip(chr(10))[:600]}\n```"
    return (
        f"- **major**: `{row['entry_point']}` gives an {row['failure_symptoms']}: there is {row['bug_type']} in its body. It should be:\n\n{fix}",
        f"The function is meant to do this: {doc} It does not, because of {row['bug_type']}. Fix it so:\n\n{fix}\n\nThen the result is right for ordinary and for empty inputs.",
    )[i % 2]  # fmt: skip


def translate(good: bool, language: str, count: int) -> list[Case]:
    """Instructions with code in them, and Chinese sentences that hold the same code, names and numbers. Bad: a mark
    lost, a number changed, not translated, answers that are none."""
    rows, cases = alpaca(), []
    for i in range(count):
        text = f"{rows[i]['instruction']} Name it `task_{i}` and keep config_{i}.yaml with {i + 2} lines."
        masked = mask(text).text
        marks = " ".join(re.findall(r"⟦\d+⟧", masked))
        held = _tokens_of(masked)
        chinese_text = f"请按照说明完成这项编程任务，并保持以下内容不变：{marks} {held}。"
        rule, said = "good", chinese_text if i % 3 else f"<think>\n翻译\n</think>\n{chinese_text}"
        answer: object = said
        if not good:
            raw = [
                fault for fault in raw_faults("zh", None) if fault[0] not in ("a loop", "another language")
            ]
            own = ("a mark lost", "a number changed", "not translated", "a name changed")
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                answer = fault(chinese_text, i)
            else:
                rule = own[which]
                answer = {
                    "a mark lost": chinese_text.replace("⟦0⟧", ""),
                    "a number changed": chinese_text.replace(f" {i + 2}", f" {i + 3}") if f" {i + 2}" in chinese_text else chinese_text + " 99",
                    "not translated": masked + " ",
                    "a name changed": chinese_text.replace(f"config_{i}", "konfig"),
                }[rule]  # fmt: skip
        row = Instruction(task="code_generation", instruction=text, output="x = 1\n", source="codealpaca")
        cases.append(Case(row, [Script((f"config_{i}.yaml",), {"translation": answer})], rule))
    return cases


def _tokens_of(text: str) -> str:
    from codetune.tasks.translation.masking import _TOKENS

    return " ".join(_TOKENS.findall(re.sub(r"⟦\d+⟧", " ", text)))


def judge(good: bool, language: str, count: int) -> list[Case]:
    """Scores in JSON, fenced or after reasoning. Bad: rows that get low scores, scores out of range, no JSON."""
    rows, cases = _tasks(language), []
    for i in range(count):
        given = rows[i]
        row = Instruction(task="instruction_following", instruction=f"{given['instruction']} (no. {i})", input=given["input"], output=given["output"], source="codealpaca")  # fmt: skip
        level = 4 + i % 2 if good else 1 + i % 2
        plain = json.dumps({name: {"reason": f"It deserves {level}.", "score": level} for name in CRITERIA})
        forms = (
            plain,
            f"```json\n{plain}\n```",
            f"<think>\nstrict\n</think>\n{plain}",
            f"My grades:\n{plain}\nDone.",
        )
        rule, said = "good", forms[i % 4]
        answer: object = said
        if not good:
            raw = [
                fault
                for fault in raw_faults(language, None)
                if fault[0] not in ("a loop", "another language")
            ]
            own = ("low scores", "scores out of range", "no JSON", "a criterion missing")
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                answer = fault(plain, i)
            else:
                rule = own[which]
                answer = {
                    "low scores": plain,
                    "scores out of range": plain.replace(f'"score": {level}', '"score": 9'),
                    "no JSON": "This is a fine row, I would give it four of five.",
                    "a criterion missing": json.dumps({"clarity": {"reason": "It is clear.", "score": 5}}),
                }[rule]
        cases.append(Case(row, [Script((f"(no. {i})",), {"scores": answer})], rule))
    return cases
