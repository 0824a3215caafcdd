"""The second set of the generators that write text; see `held_out_material`."""

from __future__ import annotations

import json
import re

from servers.teacher import Script

from codetune.code.languages import display_name
from codetune.records import Instruction, Snippet
from codetune.tasks.translation.masking import mask
from synth_sets.held_out_material import answer_faults, problems, tasks, wrapped, written
from synth_sets.material import Case, contests
from synth_sets.text_cases import _tokens_of as tokens_of

CRITERIA = ("correctness", "clarity", "usefulness")


def _score(score: int) -> str:
    return json.dumps({"score": score, "reason": "It does." if score > 2 else "It does not."})


def _row(given: dict, **more: str) -> Instruction:
    return Instruction(**{"task": "instruction_following", "instruction": given["instruction"], "input": given["input"], "output": given["output"], "source": "codealpaca", **more})  # fmt: skip


def evolve(good: bool, language: str, count: int) -> list[Case]:
    """Evolved tasks as requests of a user, classes, tables, conversions. Bad: a part of the task, the prompt's example,
    advice in place of a task, other words of the prompt, a remark about the change, answers that are none."""
    rows, cases = tasks(language), []
    for i in range(count):
        given = rows[i]
        evolved, rule, score = _evolved(given, language, i), "good", 3 + i % 3
        said: object = wrapped("instruction", evolved, i)
        if not good:
            raw = answer_faults(language, "instruction")
            own = ("a part of the task", "the prompt's example", "advice, no task", "words of the prompt, others", "a remark about the change", "cannot be done")  # fmt: skip
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said = fault(evolved, i)
            else:
                rule, score = own[which], 1
                evolved = _bad_evolution(rule, given, language, i)
                said = f"<instruction>\n{evolved}\n</instruction>"
        scripts = [
            Script((given["instruction"],), {"evolved": said}),
            Script((evolved,), {"score": _score(score), "answer": given["output"]}),
        ]
        cases.append(Case(_row(given), scripts, rule))
    return cases


def _evolved(given: dict, language: str, i: int) -> str:
    task = given["instruction"].rstrip(".。")
    if language == "zh":
        return (
            f"{task}。现在数据量增加到 10⁷ 条，请改用更合适的数据结构（版本 {i}），并比较修改前后的复杂度。",
            f"### 任务 {i}\n\n{task}。\n\n| 输入 | 期望 |\n| --- | --- |\n| 空 | 不报错 |\n| 含 `None` | 跳过 |",
            f"我无法让下面这段代码正常工作（{i}），请找出原因并修复：\n\n```\n{given['output'][:200]}\n```",
        )[i % 3]  # fmt: skip
    return (
        f"I can't get this to work for inputs with duplicates ({i}): {task}. Find out why, and rewrite it with a dictionary.",
        f"Design a class `Session{i}` around this: {task}.\n\n* `start()` may be called twice\n* `close()` raises `RuntimeError` unless started\n* iterating yields results in order",
        f"{task}.\n\n| input | expected |\n|-------|----------|\n| empty | no error |\n| 10**7 items | under a second |\n\nVariant {i}: state the complexity you reached, O(n log n) at worst",
        f"Here is an answer that fails for negative numbers ({i}).\n\n```text\n{given['output'][:200]}\n```\n\nThe task was: {task}. Say which line is wrong & fix it",
        f"Port the solution of the task “{task}” to an iterator-based design (no. {i}): memory has to stay constant… even for streams",
    )[i % 5]  # fmt: skip


def _bad_evolution(rule: str, given: dict, language: str, i: int) -> str:
    task, zh = given["instruction"], language == "zh"
    if rule == "a part of the task":
        half = task[: max(8, 2 * len(task) // 3)].rstrip(" ,") if zh else " ".join(task.split()[: max(4, 2 * len(task.split()) // 3)])  # fmt: skip
        return f"{half}{'。' if zh else '.'} ({i})"
    return {
        "the prompt's example": (f"编写一个函数，合并两个已排序的列表，不使用内置排序（{i}）。" if zh else f"Write a function that merges two sorted lists without calling a built-in sort ({i})."),
        "advice, no task": (f"要让这个任务更难，可以考虑增加约束条件，或者要求分析复杂度（{i}）。" if zh else f"To make this harder, one could add constraints or ask for an analysis of the complexity ({i})."),
        "words of the prompt, others": (f"新任务如下：{task}（{i}）" if zh else f"Evolved instruction {i}: {task} Make it harder."),
        "a remark about the change": (f"{task}（{i}；修改说明：在原任务上增加了一个约束）" if zh else f"{task} ({i}; compared to the original task, a constraint was added.)"),
        "cannot be done": (f"编写一个程序，判断任意程序是否会停止，并保证总是正确（{i}）。" if zh else f"Write a program {i} that decides for every program whether it halts, and is always right."),
    }[rule]  # fmt: skip


def oss_instruct(good: bool, language: str, count: int) -> list[Case]:
    """A strong model's own solutions in nine languages (MultiPL-E), CodeContests. Bad: the snippet with other names,
    stubs, prose or the next language in place of a solution, problems that speak of the snippet, answers that are none."""
    rows, contest, cases = written(), contests(), []
    for i in range(count):
        programming_language, row = rows[i]
        _, spark = rows[(i + 9 * 60) % len(rows)]
        name = row["name"].split("_", 2)[2]
        code = f"{spark['code'].rstrip()}\n// case {i}.\n" if programming_language != "ruby" else f"{spark['code'].rstrip()}\n# case {i}.\n"  # fmt: skip
        head = re.sub(r"(?m)^(//|#|/\*|\*) ?", "", row["prompt"].strip())[:900]
        problem = (
            f"Implement `{name}` as this header says (case {i}.):\n\n```{programming_language}\n{row['prompt'].strip()}\n```\n\nEdge cases are as in the examples",
            f"# {name.replace('_', ' ').title()} (case {i}.)\n\nA colleague left these notes; turn them into working code:\n\n> " + head.replace("\n", "\n> "),
            f"**Story.** A warehouse needs a small tool (case {i}.). {contest[(i + 1) % len(contest)][:1200]}\n\n**Your part**: `{name}` — say `≤`, not `<`, where ties count.",
        )[i % 3]  # fmt: skip
        if language == "zh":
            problem = f"仓库管理系统需要函数 `{name}`（case {i}.）。请按照下面的声明实现，并处理边界情况：\n\n```{programming_language}\n{row['prompt'].strip()}\n```"
        solution, rule, score = row["gpt_solution"], "good", 3 + i % 3
        said: object = wrapped("problem", problem, i)
        if not good:
            raw = answer_faults(language, "problem")
            own = ("the snippet with other names", "a stub", "prose in place of code", "speaks of the snippet", "cut solution", "the prompt's example")  # fmt: skip
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said = fault(problem, i)
            else:
                rule, score = own[which], 1
                problem, solution = _bad_problem(rule, problem, programming_language, row, spark, language, i)
                said = f"<problem>\n{problem}\n</problem>"
        snippet = Snippet(code=code, programming_language=programming_language, name=name, source="multipl-e", license="MIT")  # fmt: skip
        scripts = [
            Script((f"case {i}.\n",), {"problem": said}),
            Script((problem,), {"answer": solution, "score": _score(score)}),
            Script(
                (f"Solve this in {display_name(programming_language)}.",), {"answer": row["gpt_solution"]}
            ),
        ]
        cases.append(Case(snippet, scripts, rule))
    return cases


def _bad_problem(rule: str, problem: str, programming_language: str, row: dict, spark: dict, language: str, i: int) -> tuple[str, str]:  # fmt: skip
    solution = row["gpt_solution"]
    if rule == "the snippet with other names":
        solution = f"```{programming_language}\n" + re.sub(r"\b(result|i|n|count|numbers|strings|total)\b", r"\1_2", spark["code"]) + "\n```"  # fmt: skip
    elif rule == "a stub":
        solution = f"```{programming_language}\n{'# TODO' if programming_language == 'ruby' else '<?php // TODO' if programming_language == 'php' else '// TODO: implement'}\n```"
    elif rule == "prose in place of code":
        solution = "First sort the values, then walk over them with two indices, and return the first pair whose distance is small enough."
    elif rule == "speaks of the snippet":
        problem = f"给出的代码片段演示了一个想法（case {i}.）。请根据上面的代码编写一个新的程序。" if language == "zh" else f"Based on the given code snippet (case {i}.), write a program that does what the inspiration code does for another kind of data."  # fmt: skip
    elif rule == "cut solution":
        solution = f"```{programming_language}\n{row['code'][: 2 * len(row['code']) // 3].rstrip('}; )')} ("
    else:
        problem = (
            f"编写函数 `busiest(lines)`：输入是形如 `\"anna,12.5\"` 的字符串列表，返回总秒数最多的用户名（case {i}.）。" if language == "zh"
            else f"Write a function `busiest(lines)` that is given a list of strings such as `\"anna,12.5\"` and returns the name of the user with the highest total (case {i}.)."
        )  # fmt: skip
    return problem, solution


def self_instruct(good: bool, language: str, count: int) -> list[Case]:
    """Tasks of codealpaca and CodeGPT that were not shown, some in the voice of a user. Bad: a shown task with another
    number or politer, the prompt's example, tasks about an input that is not there, answers that are none."""
    rows, cases = tasks(language), []
    for i in range(count):
        given, new = rows[i], rows[i + 900]
        text = new["instruction"]
        if i % 4 == 1 and language == "en":
            text = f"I can't figure out how to do this: {text}"
        elif i % 4 == 2 and language == "en":
            text = f"Here is a request from a colleague. {text}"
        task = f"<task>\n<instruction>\n{text}\n</instruction>\n"
        task += (f"<input>\n{new['input']}\n</input>\n" if new["input"] else "") + "</task>"
        forms = (task, f"Task 1:\n\n{task}", f"<thinking>{{ideas}}</thinking>{task}", f"```\n{task}\n```")
        rule, said = "good", forms[i % 4]
        answer: object = said
        if not good:
            raw = [f for f in answer_faults(language, None) if f[0] not in ("a line again and again",)]
            own = ("a shown task, politely", "a shown task, another number", "the prompt's example", "an input that is not there", "a line again and again")  # fmt: skip
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                answer = fault(f"<task><instruction>{new['instruction']}", i)
                if rule in (
                    "another language",
                    "asks back",
                    "ends in a sentence",
                    "declines, in other words",
                ):
                    answer = (lambda make: lambda q: f"<task><instruction>{re.sub('<[a-z]+>', '', make(q)[0] if isinstance(make(q), tuple) else make(q))}</instruction></task>")(answer)  # fmt: skip
            else:
                rule, zh = own[which], language == "zh"
                old = given["instruction"]
                text = {
                    "a shown task, politely": f"请{old}谢谢" if zh else f"Please {old[0].lower()}{old[1:]}",
                    "a shown task, another number": re.sub(r"\d+", lambda m: str(int(m[0][:6]) + 1), old) if re.search(r"\d", old) else f"{old} (2)",
                    "the prompt's example": "说明哈希表在什么情况下比有序列表慢，每个原因举一个例子。" if zh else "Explain when a hash table is slower than a sorted list, with one example for each reason.",
                    "an input that is not there": f"修复下面代码中的错误（{i}）。" if zh else f"Find and fix the error in the following code ({i}).",
                    "a line again and again": ("检查输入，然后返回结果。" if zh else "Check the input and return the result of it. ") * 40,
                }[rule]  # fmt: skip
                answer = f"<task>\n<instruction>\n{text}\n</instruction>\n</task>"
        scripts = [Script((f"1. {given['instruction']}",), {"tasks": answer}), Script(("",), {"answer": new["output"]})]  # fmt: skip
        cases.append(Case(_row(given), scripts, rule))
    return cases


def fill_in(generator: str, good: bool, language: str, count: int) -> list[Case]:
    """HumanEvalPack's later problems: summaries in the languages' own conventions, numbered reviews, praise with a
    reason, explanations of sound code. Bad: a near function's text, the code itself, praise alone, answers that are none."""
    tag = {"summarize": "summary", "review": "review", "explain-defect": "explanation"}[generator]
    rows, cases = problems(), []
    for i in range(count):
        programming_language, row = rows[i]
        _, far = rows[(i + 6) % len(rows)]
        marker = "#" if programming_language == "python" else "//"
        sound = generator == "summarize" or (generator == "explain-defect" and i % 3 == 2)
        body = row["canonical_solution" if sound else "buggy_solution"].rstrip()
        code = f"{row['declaration'].strip()}\n{body}\n{marker} case {i}.\n"
        text, rule, score = _text(generator, row, programming_language, language, i, sound), "good", 3 + i % 3
        said: object = wrapped(tag, text, i)
        if not good:
            raw = answer_faults(language, tag)
            own = (
                "a near function's text",
                "the code itself",
                "praise alone",
                "a title",
                "the prompt's example",
            )
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said, score = fault(text, i), 1
            else:
                rule, score, zh = own[which], 1, language == "zh"
                text = {
                    "a near function's text": _text(generator, far, programming_language, language, i, sound),
                    "the code itself": f"```{programming_language}\n{code}```",
                    "praise alone": "代码写得很好，结构清晰，没有问题。" if zh else "This code looks great, well done, keep up the good work!",
                    "a title": f"# `{row['entry_point']}`",
                    "the prompt's example": "把列表按给定大小依次切成若干段并逐段返回。" if zh else "Yield the items in successive lists of at most the given size.",
                }[rule]  # fmt: skip
                said = f"<{tag}>\n{text}\n</{tag}>"
        if generator == "explain-defect":
            record: Instruction | Snippet = Instruction(
                task="defect_detection", instruction="Is there a defect?", input=code, output="No." if sound else "Yes.",
                programming_language=programming_language, source="humanevalpack",
            )  # fmt: skip
        else:
            record = Snippet(code=code, programming_language=programming_language, name=row["entry_point"], source="humanevalpack", license="MIT")  # fmt: skip
        cases.append(
            Case(record, [Script((f"{marker} case {i}.\n",), {"text": said, "score": _score(score)})], rule)
        )
    return cases


def _text(generator: str, row: dict, programming_language: str, language: str, i: int, sound: bool) -> str:
    doc, name = row["docstring"].split(">>>")[0].strip(), row["entry_point"]
    first = re.split(r"(?<=\.)\s", doc)[0]
    symptom, kind = row["failure_symptoms"], row["bug_type"]
    fix = f"```{programming_language}\n{row['canonical_solution'].strip(chr(10))[:600]}\n```"
    if language == "zh":
        if generator == "summarize":
            return (f"`{name}` 的作用见其参数：对输入逐项处理后给出结果。", f"处理输入并返回结果。\n\n参数：\n    见 `{name}` 的签名。\n\n返回：\n    处理后的结果。", f"该函数 `{name}` 依次检查每个元素，\n返回符合条件的结果；输入为空时返回初始值。")[i % 3]  # fmt: skip
        if sound:
            return f"没有缺陷：`{name}` 对空输入和一般输入都给出正确结果，循环的边界也正确。"
        return f"1. **重要**：`{name}` 的实现有误（{kind}），会导致 {symptom}。\n2. **次要**：缺少对空输入的说明。\n\n建议改为：\n\n{fix}"
    if generator == "summarize":
        parameter = _parameter(row["declaration"], programming_language)
        lead = {"python": "", "go": f"{name} is for this: "}.get(programming_language, "")
        return (
            f"{lead}{first}",
            f"/**\n * {first}\n *\n * @param {parameter} see the signature\n * @returns the result described\n */" if programming_language in ("javascript", "java", "cpp") else f"/// {first}\n///\n/// # Examples\n///\n/// See `{name}`." if programming_language == "rust" else f"{first}\n\nParameters\n----------\n{parameter} : see the signature\n\nReturns\n-------\nthe result described",
            f"{lead}{doc}\n\n:param {parameter}: as in the signature of ``{name}``\n:returns: the result described above\n:raises TypeError: for anything else",
            f"{doc[:600].rstrip()}\n\nNote: `{name}` treats ties in order — O(n²) at worst",
        )[i % 4]  # fmt: skip
    if sound:
        return f"No defect. `{name}` handles empty and ordinary inputs: {first[0].lower()}{first[1:]} The bounds of its loop are right, and nothing is read past the end."
    return (
        f"1. **critical** – wrong result: `{name}` has {kind} and gives an {symptom}.\n2. **minor** – no note on empty input\n\n{fix}",
        f"### What happens\n\nFor ordinary inputs `{name}` gives an {symptom}.\n\n### Why\n\nThere is {kind} in the body, though the purpose is: {first}\n\n### Fix\n\n{fix}",
        f"| severity | place | remark |\n|---|---|---|\n| major | body of `{name}` | {kind}, hence {symptom} |\n\n{fix}",
        f"`{name}` should do this: “{first}” — it doesn’t, because of {kind}… see the corrected version:\n\n{fix}",
    )[i % 4]  # fmt: skip


def _parameter(declaration: str, programming_language: str) -> str:
    """The first parameter of a declaration."""
    inside = re.split(rf"{'=>' if programming_language == 'javascript' else chr(0)}", declaration)[0]
    last = next(found for found in re.findall(r"\(([^()]*)\)?", inside) if found.strip())
    first = last.split(",")[0]
    words = re.findall(r"\w+", first)
    return words[-1] if programming_language in ("java", "cpp") else words[0]


def translate(good: bool, language: str, count: int) -> list[Case]:
    """Instructions with paths, calls and numbers, and Chinese around the same tokens. Bad: the task is answered instead,
    half of it is left, an introduction, Japanese or Korean, a number in words, answers that are none."""
    rows, cases = tasks("en"), []
    for i in range(count):
        text = f"{rows[i]['instruction']}\nRead `data/part-{i}.csv`, call parse_row() for each line and keep MAX_ITEMS = {i + 11}. (case {i}.)"
        masked = mask(text).text
        marks, held = " ".join(re.findall(r"⟦\d+⟧", masked)), tokens_of(masked)
        good_text = (f"请完成下面的编程任务，其中的标记和名称保持原样：\n{marks}\n{held}", f"{marks}：请根据这些内容编写程序（{held}），并处理可能出现的错误！")[i % 2]  # fmt: skip
        forms = (good_text, f"<think>\n先看标记\n</think>\n\n{good_text}", f"{good_text}\n")
        rule, answer = "good", forms[i % 3]
        said: object = answer
        if not good:
            raw = [f for f in answer_faults("zh", None) if f[0] in ("declines, in other words", "reasoning that never ends", "the prompt in a block", "nothing in it", "asks back", "truncated JSON")]  # fmt: skip
            own = ("answers the task", "half of it left", "an introduction", "another language", "a number in words", "a mark twice")  # fmt: skip
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                said = fault(good_text, i)
            else:
                rule = own[which]
                said = {
                    "answers the task": f"```python\ndef parse_row():\n    return {i + 11}\n```\n{marks}",
                    "half of it left": masked[: len(masked) // 2] + "其余部分保持不变。",
                    "an introduction": f"以下是翻译：\n\n{good_text}" if i % 2 else f"Sure, here is the translation:\n\n{good_text}",
                    "another language": f"次のプログラミングの課題をしてください。しるしとなまえはそのままにしてください：{marks} {held}" if i % 2 else f"다음 프로그래밍 과제를 완료하세요. 표시와 이름은 그대로 두세요: {marks} {held}",
                    "a number in words": good_text.replace(str(i + 11), "若干"),
                    "a mark twice": f"{good_text} ⟦0⟧",
                }[rule]  # fmt: skip
        row = Instruction(task="code_generation", instruction=text, output="x = 1\n", source="codealpaca")
        cases.append(Case(row, [Script((f"(case {i}.)",), {"translation": said})], rule))
    return cases


def judge(good: bool, language: str, count: int) -> list[Case]:
    """Scores with more keys, as floats, after braces in prose. Bad: low on average, no numbers, zero, null, cut JSON."""
    rows, cases = tasks(language), []
    for i in range(count):
        given = rows[i]
        row = _row(given, instruction=f"{given['instruction']} (case {i}.)")
        level = 3 + i % 3 if good else 1 + i % 2
        entry = {name: {"reason": "“理由充分”, as it says.", "score": level} for name in CRITERIA}
        forms = (
            json.dumps({**entry, "overall": level}, ensure_ascii=False, indent=2),
            json.dumps({name: {"score": float(level), "reason": "Fine."} for name in reversed(CRITERIA)}),
            f"I fill in the braces {{}} now, as in {{criterion: score}}.\n\n```json\n{json.dumps(entry)}\n```",
            f"<thinking>\ndraft: {json.dumps({'correctness': {'reason': 'x', 'score': 1}})}\n</thinking>\n{json.dumps(entry)}",
            f"Grades follow.\n\n```\n{json.dumps(entry, indent=1)}\n```\n\nIn sum {{fine}}.",
        )
        rule, said = "good", forms[i % 5]
        answer: object = said
        if not good:
            raw = [f for f in answer_faults(language, None) if f[0] not in ("a line again and again", "another language")]  # fmt: skip
            own = ("low on average", "scores in words", "zero", "null", "cut JSON", "the scale alone")
            which = i % (len(own) + len(raw))
            if which >= len(own):
                rule, fault = raw[which - len(own)]
                answer = fault(said, i)
            else:
                rule = own[which]
                words = {name: {"reason": "It is.", "score": "four"} for name in CRITERIA}
                answer = {
                    "low on average": json.dumps({name: {"reason": "Weak.", "score": 1 + 2 * (n == 0)} for n, name in enumerate(CRITERIA)}),
                    "scores in words": json.dumps(words),
                    "zero": json.dumps({name: {"reason": "Bad.", "score": 0} for name in CRITERIA}),
                    "null": json.dumps(dict.fromkeys(CRITERIA)),
                    "cut JSON": said[: len(said) // 2],
                    "the scale alone": '{"scale": [1, 2, 3, 4, 5]}',
                }[rule]  # fmt: skip
        cases.append(Case(row, [Script((f"(case {i}.)",), {"scores": answer})], rule))
    return cases
