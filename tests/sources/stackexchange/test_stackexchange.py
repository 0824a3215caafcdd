"""Mining a dump: threads joined, kinds told apart, blocks chosen, nothing unaccounted for."""

from __future__ import annotations

import gzip
import json
import pickle
import sys
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest

from codetune.errors import DataError, MissingExtraError
from codetune.rejection import Rejection
from codetune.sources.stackexchange import answer_classifier, buckets, how_to
from codetune.sources.stackexchange.answer_classifier import BlockLabeller, LabelledBlock
from codetune.sources.stackexchange.how_to import HowTo
from codetune.sources.stackexchange.html_text import html_pieces, html_text
from codetune.sources.stackexchange.posts import Post, license_of_post, parse_row, parse_rows, quality
from codetune.sources.stackexchange.stackexchange import _labeller

from ..conftest import data_root, needs_data


def post(number: int, **attributes: object) -> str:
    given = {"Id": number, "CreationDate": "2020-01-01T00:00:00.000", "Score": 10, **attributes}
    return "  <row " + " ".join(f"{name}={quoteattr(str(value))}" for name, value in given.items()) + " />\n"


def question(number: int, title: str, **more: object) -> str:
    return post(
        number,
        **{"PostTypeId": 1, "Title": title, "Tags": "<python><list>", "ViewCount": 5000, "Body": "<p>?</p>", **more},
    )  # fmt: skip


def answer(number: int, parent: int, body: str, **more: object) -> str:
    return post(number, PostTypeId=2, ParentId=parent, Body=body, **more)


def dump(tmp_path, *rows: str, head: str = '<?xml version="1.0" encoding="utf-8"?>\n<posts>\n') -> str:
    path = tmp_path / "Posts.xml"
    path.write_text("\ufeff" + head + "".join(rows) + "</posts>\n")
    return str(path)


def threads(number: int) -> list[str]:
    """Plain threads, so that there are candidates."""
    rows = []
    for i in range(number):
        rows.append(question(1000 + 2 * i, f"How to do thing {i}?", AcceptedAnswerId=1001 + 2 * i))
        rows.append(answer(1001 + 2 * i, 1000 + 2 * i, f"<pre><code>thing_{i}(a, b)\n</code></pre>"))
    return rows


def reasons(dataset) -> dict[str, int]:
    return dataset.card.rejects


def test_a_question_and_its_accepted_answer_make_a_row(tmp_path, collect):
    rows = [
        question(1, "How to sort a list?", AcceptedAnswerId=3),
        answer(2, 1, "<pre><code>other()\n</code></pre>", Score=99),
        answer(
            3,
            1,
            "<p>Use this:</p><pre><code>xs.sort(key=lambda x: x &lt; 1)\n</code></pre>",
            ContentLicense="CC BY-SA 4.0",
        ),
        post(4, PostTypeId=5, Body="wiki"),
    ]
    dataset = collect(source="stackexchange", path=dump(tmp_path, *rows, *threads(6)))
    row = next(r for r in dataset if r.lineage.group == "stackexchange:1")
    assert row.candidates[int(row.output) - 1] == "xs.sort(key=lambda x: x < 1)"
    assert row.license == "CC-BY-SA-4.0"
    assert row.programming_language == "python"
    assert {"blocks:single", "tag:list"} <= set(row.tags)
    assert reasons(dataset) == {"another answer was chosen": 1}
    assert dataset.card.results["Posts.xml"]["other_kinds"] == 1


def test_tags_are_a_selection(tmp_path, collect):
    other = question(1, "How to?").replace("&lt;python&gt;", "&lt;sql&gt;")
    new_style = question(5, "How to bar?").replace("&lt;python&gt;&lt;list&gt;", "|sql|python|")
    rows = [other, answer(2, 1, "x"), new_style, answer(6, 5, "<pre>bar()</pre>"), *threads(6)]
    dataset = collect(source="stackexchange", path=dump(tmp_path, *rows), tags=["Python"])
    assert len(dataset) == 7
    skipped = dataset.card.results["Posts.xml"]
    assert (skipped["rows"], skipped["other_tags"], skipped["answers_to_others"]) == (16, 1, 1)


def test_posts_that_make_no_row_say_why(tmp_path, collect):
    rows = [
        question(1, "Why is it so?"), answer(2, 1, "<pre>a()</pre>"),
        question(3, "How to a?"),
        question(5, "How to b?"), answer(6, 5, "<p>no code</p>"),
        question(7, "How to c?", AcceptedAnswerId=0).replace('Score="10"', 'Score="-3"').replace("5000", "0"),
        answer(8, 7, "<pre>c()</pre>").replace('Score="10"', 'Score="-1"'),
    ]  # fmt: skip
    dataset = collect(source="stackexchange", path=dump(tmp_path, *rows, *threads(6)))
    assert reasons(dataset) == {
        "no how-to question": 2,
        "no answer": 1,
        "no code block that answers": 2,
        "low quality": 2,
    }
    assert len(dataset) == 6


def test_broken_rows_are_refused_and_the_rest_goes_on(tmp_path, collect):
    rows = [
        question(1, "How to a?").replace("&lt;p&gt;", "&nosuch;"),
        answer(2, 1, "<pre>a()</pre>"),
        question(3, "How to b?").replace(' Id="3"', ""),
        post(4, PostTypeId=2, Body="<pre>x</pre>"),
        '  <row Id="9" PostTypeId="1" Title="cut\n',
    ]
    dataset = collect(source="stackexchange", path=dump(tmp_path, *threads(6), *rows))
    found = sorted((row["reason"], row["detail"].partition(":")[0]) for row in dataset.rejects())
    assert found == [
        ("broken XML", "Posts.xml, row 13"),
        ("file cut short", "Posts.xml, row 17"),
        ("missing field", "Posts.xml, row 15"),
        ("missing field", "Posts.xml, row 16"),
        ("question not read", "Posts.xml, row 14"),
    ]
    assert len(dataset) == 6


def test_rows_over_several_lines_are_rows(tmp_path, collect):
    rows = "".join(threads(6)).replace(" Score=", "\n    Score=")
    assert len(collect(source="stackexchange", path=dump(tmp_path, rows))) == 6


def test_another_file_of_the_dump_is_told(tmp_path, collect):
    path = tmp_path / "Users.xml"
    path.write_text('<?xml version="1.0"?>\n<users>\n<row Id="1" />\n</users>\n')
    with pytest.raises(DataError, match=r"not a StackExchange dump's Posts\.xml"):
        collect(source="stackexchange", path=str(path))


def test_entities_never_reach_outside(tmp_path):
    with pytest.raises(Rejection):
        parse_row(
            b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><row Id="1" Body="&x;" PostTypeId="1"/>'
        )


def test_learned_labels_are_used(tmp_path, collect):
    rng = np.random.default_rng(0)
    labelled = []
    for i in range(120):
        good = bool(rng.random() < 0.5)
        code = (
            f"def f{i}(x):\n    return x + {i}\n"
            if good
            else f"Traceback (most recent call last):\nValueError: {i}\n"
        )
        labelled.append([(i, 0), [["so"], ["then"]], [[code]], ["How to?"], 2, int(good)])
    (tmp_path / "python_labeled.txt").write_text(repr(labelled))
    (tmp_path / "titles.jsonl").write_text(
        "".join(
            json.dumps({"title": f"{a} {i}", "label": b}) + "\n"
            for i in range(9)
            for a, b in (("Recipe for", 1), ("Musings on", 0))
        )
    )
    rows = [
        question(1, "Recipe for soup", AcceptedAnswerId=2),
        answer(2, 1, "<pre>Traceback (most recent call last):\nValueError: 1\n</pre><p>so</p><pre>def f(x):\n    return x + 1\n</pre>"),
        question(3, "Musings on soup"), answer(4, 3, "<pre>a()</pre>"),
    ]  # fmt: skip
    others = [row.replace("How to do", "Recipe for") for row in threads(6)]
    others = [row.replace("thing_", "def f(x):\n    return x + ") for row in others]
    dataset = collect(
        source="stackexchange", path=dump(tmp_path, *rows, *others),
        block_labels=str(tmp_path / "python_labeled.txt"), how_to_labels=str(tmp_path / "titles.jsonl"),
    )  # fmt: skip
    row = next(r for r in dataset if r.lineage.group == "stackexchange:1")
    assert row.candidates[int(row.output) - 1].startswith("def f(x)")
    assert "blocks:multi" in row.tags
    assert reasons(dataset)["no how-to question"] == 2
    with pytest.raises(DataError, match="both kinds"):
        (tmp_path / "one.jsonl").write_text('{"title": "a", "label": 1}\n')
        collect(source="stackexchange", path=dump(tmp_path, *rows), how_to_labels=str(tmp_path / "one.jsonl"))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("How to sort a list of dicts?", True),
        ("What is the best way to read a file?", True),
        ("Convert string to int in Python", True),
        ("Python: remove duplicates from a list", True),
        ("Is there a function to flatten lists?", True),
        ("How do I fix this error?", True),
        ("Why is my loop slow?", False),
        ("Difference between list and tuple", False),
        ("TypeError: unhashable type", False),
        ("Import error when running tests", False),
        ("What does yield do?", False),
        ("SQL statement to find quarters based on date range", True),
        ("Double helix generating algorithm", False),
        ("Django form is not saving", False),
        ("Can a Turing machine simulate a quantum computer?", False),
    ],
)
def test_the_rule_for_how_to_titles(title, expected):
    assert how_to.rule(title) is expected


def test_labels_by_question_id_take_their_titles_from_the_dump(tmp_path, collect):
    labels = tmp_path / "labels"
    labels.mkdir()
    asked = [question(100 + i, f"Recipe for {i} beans", Tags="<other>") for i in range(6)]
    mused = [question(200 + i, f"Musings on {i} beans", Tags="<other>") for i in range(6)]
    kinds = {**{100 + i: 1 for i in range(6)}, **{200 + i: 2 for i in range(6)}, 999: 1}
    (labels / "python_train.dict").write_bytes(pickle.dumps({k: kinds[k] for k in list(kinds)[::2]}, 0))
    (labels / "more.jsonl").write_text("".join(f'{{"id": {k}, "label": {int(kinds[k] == 1)}}}\n' for k in list(kinds)[1::2]))  # fmt: skip
    wanted = [row.replace("How to do", "Recipe for") for row in threads(6)]
    unwanted = [question(301, "Musings on soup"), answer(302, 301, "<pre>a()</pre>")]
    path = dump(tmp_path, *asked, *mused, *wanted, *unwanted)
    dataset = collect(source="stackexchange", path=path, how_to_labels=str(labels), tags=("python",))
    assert len(dataset) == 6
    assert reasons(dataset)["no how-to question"] == 2
    told = dataset.card.results["how-to classifier"]
    assert (told["labelled"], told["how_to"]) == (12, 6)
    assert told["learned"]["f1"] == 1.0
    assert told["all"]["f1"] == pytest.approx(2 / 3)
    (labels / "more.jsonl").unlink()
    (labels / "python_train.dict").write_bytes(pickle.dumps({100: 1, 999: 2}))
    with pytest.raises(DataError, match="of 2 labelled questions 1 have a title here"):
        collect(source="stackexchange", path=path, how_to_labels=str(labels))
    (labels / "python_train.dict").write_bytes(pickle.dumps(Path("x")))
    with pytest.raises(DataError, match="pickle refused"):
        collect(source="stackexchange", path=path, how_to_labels=str(labels))


def test_the_rule_is_as_good_as_its_figures_say():
    text = (Path(__file__).parents[2] / "data" / "how_to_titles.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    found = {"titles": len(rows), **_figures(rows)}
    assert found == how_to.RULE_FIGURES
    site = _figures([row for row in rows if row["site"] == "quantumcomputing"])
    assert site["precision"] > 0.7 and site["recall"] > 0.8, (
        "a site where few questions ask how to do something"
    )


def _figures(rows):
    said = [how_to.rule(row["title"]) for row in rows]
    hits = sum(label and yes for label, yes in zip((row["label"] for row in rows), said, strict=True))
    precision, recall = hits / sum(said), hits / sum(row["label"] for row in rows)
    f1 = 2 * precision * recall / (precision + recall)
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)}


def test_a_learned_how_to_separates_what_it_saw():
    titles = [f"how to {w}" for w in ("sort", "read", "write", "join")] + [
        f"why does {w} fail" for w in ("sort", "read", "write", "join")
    ]
    scores = HowTo(titles, [True] * 4 + [False] * 4).scores(["how to open", "why does open fail"])
    assert scores[0] > 0.5 > scores[1]


def test_quality_by_hand():
    def of(**known):
        return Post(**{"id": 1, "is_question": True, "parent": 0, "accepted": 0, "created": "2020-01-01T00:00:00", "score": 0, "views": 0, "title": "", "tags": (), "body": "", "license": None, **known})  # fmt: skip

    best = quality(of(score=5, views=1000, accepted=2), of(id=2, score=3), "2022-01-01T00:00:00")
    assert best == pytest.approx((0.5 + 0.5 + 0.5 + 1) / 4, abs=0.001)
    assert quality(of(score=-4), of(id=2, score=-9), "2022-01-01T00:00:00") == 0
    assert [license_of_post(of(created=d)) for d in ("2010-01-01", "2015-01-01", "2019-01-01")] == [
        "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0",
    ]  # fmt: skip


def test_html_pieces_keep_code_and_collapse_prose():
    pieces = html_pieces(
        "<p>Use  <code>x</code>\n\n &amp; that:</p><pre><code>a &lt; b\n    c\n</code></pre>tail<script>x</script>"
    )
    assert [(p.kind, p.text) for p in pieces] == [
        ("text", "Use x\n& that:"),
        ("code", "a < b\n    c"),
        ("text", "tail"),
    ]
    assert html_text("") == ""
    assert "deep" in html_text("<div>" * 1000 + "deep")


@needs_data
def test_learned_labels_beat_the_rule_on_real_blocks():
    path = str(data_root() / "codepro/data_hnn/sql_hnn_qid2index_blocks_labeled.txt")
    from pathlib import Path

    from codetune.sources.stackexchange.codepro import labelled_rows

    found = [
        LabelledBlock(code=c, before=b, after=a, question=q, position=p, blocks=k, programming_language="sql", label=lab, group=str(g))
        for g, p, b, a, c, q, k, lab in labelled_rows(Path(path))
    ]  # fmt: skip
    train = [b for b in found if int(b.group) % 4]
    test = [b for b in found if not int(b.group) % 4]
    truth = np.array([b.label for b in test])
    learned = BlockLabeller(train).scores(test) > 0.5
    ruled = np.array([answer_classifier.rule(b) for b in test]) > 0.5

    def f1(told):
        return 2 * (told & truth).sum() / (told.sum() + truth.sum())

    assert f1(learned) > 0.83
    assert f1(learned) > f1(ruled) + 0.03
    assert _labeller.cache_info().maxsize == 1


@needs_data
def test_the_sample_gives_what_a_plain_reading_of_it_gives(collect):
    """Every post's fate, by the slow and plain way: the whole file in memory, all HTML read."""
    path = data_root() / "stackexchange/quantumcomputing/Posts.xml.gz"
    rows = ElementTree.fromstring(gzip.decompress(path.read_bytes()).removeprefix(b"\xef\xbb\xbf"))
    numbered = list(enumerate((row.attrib for row in rows), 1))
    questions = {row["Id"]: (number, row) for number, row in numbered if row["PostTypeId"] == "1"}
    answers: dict[str, list[tuple[int, dict[str, str]]]] = {key: [] for key in questions}
    for number, row in numbered:
        if row["PostTypeId"] == "2":
            answers[row["ParentId"]].append((number, row))
    newest = max(row["CreationDate"] for _, row in numbered if row["PostTypeId"] in "12")
    kept, refused = set(), set()
    for key, (number, row) in questions.items():
        posts = [number, *(n for n, _ in answers[key])]
        asker = parse_row(ElementTree.tostring(_element(row)))
        chosen = None
        ranked = sorted(
            answers[key],
            key=lambda e: (e[1]["Id"] != row.get("AcceptedAnswerId"), -int(e[1]["Score"]), int(e[1]["Id"])),
        )
        reason = "no code block that answers"
        if not ranked:
            reason = "no answer"
        elif not how_to.rule(row["Title"]):
            reason = "no how-to question"
        else:
            for place, answered in ranked:
                texts = [piece.text for piece in html_pieces(answered["Body"]) if piece.kind == "code"]
                if not texts:
                    continue
                if quality(asker, parse_row(ElementTree.tostring(_element(answered))), newest) < 0.15:
                    reason = "low quality"
                    break
                pieces = html_pieces(answered["Body"])
                scores = [
                    answer_classifier.rule(_labelled(pieces, n, row["Title"])) for n in range(len(texts))
                ]
                best = max(range(len(texts)), key=lambda n: (scores[n], -n))
                if scores[best] > 0.5:
                    chosen = (place, f"question {key}, answer {answered['Id']}, block {best}", texts[best])
                    break
        if chosen is None:
            refused |= {(f"Posts.xml.gz:{n}", reason) for n in posts}
        else:
            kept.add(chosen[1:])
            others = set(posts) - {number, chosen[0]}
            refused |= {(f"Posts.xml.gz:{n}", "another answer was chosen") for n in others}
    dataset = collect(source="stackexchange", path=str(path), min_quality=0.15)
    assert {(r.lineage.upstream_id, r.candidates[int(r.output) - 1]) for r in dataset} == kept
    assert {(r["lineage"]["upstream_id"], r["reason"]) for r in dataset.rejects()} == refused
    assert len(kept) > 10
    assert len(refused) > 1000


def _element(attributes):
    return ElementTree.Element("row", attributes)


def _labelled(pieces, wanted, title):
    codes = [n for n, piece in enumerate(pieces) if piece.kind == "code"]
    at = codes[wanted]
    before = pieces[at - 1].text if at and pieces[at - 1].kind == "text" else ""
    after = pieces[at + 1].text if at + 1 < len(pieces) and pieces[at + 1].kind == "text" else ""
    return LabelledBlock(code=pieces[at].text, before=before, after=after, question=title,
                         position=wanted, blocks=len(codes))  # fmt: skip


def test_rows_parsed_together_are_rows_parsed_alone():
    good = question(1, "a < b & c").strip().encode()
    fine = answer(2, 1, '<pre>"x"</pre>').strip().encode()
    odd = [
        b'<row Id="3" PostTypeId="1" CreationDate="x" Title="&nosuch;" />',
        b'<row Id="4" PostTypeId="1" CreationDate="x" Title="not ended />',
        b'<row Id="5" PostTypeId="1" CreationDate="x" /><row Id="6" PostTypeId="1" CreationDate="x" />',
        b'<row Id="7" PostTypeId="1" CreationDate="x"><b/>',
        b'<row Id="8" PostTypeId="1" CreationDate="x" /></row>',
        b'<row Id="9" CreationDate="x" />',
        b'<row Id="ten" PostTypeId="2" CreationDate="x" />',
        b'<row Id="11" PostTypeId="2" CreationDate="x">\n</row>',
        b'<row Id="12" PostTypeId="1" CreationDate="x" Title="caf\xe9" />',
        b'<row Id="13" PostTypeId="1" CreationDate="x" Title="a\0b" />',
        b"<row Id='14' PostTypeId='1' CreationDate='x' Title='say \"hi\"' />",
    ]

    def alone(row):
        try:
            return parse_row(row.decode("utf-8", "replace").encode())
        except Rejection as fault:
            return (fault.reason, fault.detail)

    def together(rows):
        return [(f.reason, f.detail) if isinstance(f, Rejection) else f for f in parse_rows(rows)]

    for rows in ([good, fine] * 300, *([good, row, fine] for row in odd), odd, []):
        assert together(rows) == [alone(row) for row in rows]


def test_a_large_bucket_is_split_and_no_question_with_it(tmp_path, collect, monkeypatch):
    path = dump(tmp_path, *threads(300))
    whole = collect(source="stackexchange", path=path)
    monkeypatch.setattr(buckets, "_MAX_BUCKETS", 2)
    monkeypatch.setattr(buckets, "_BUCKET_BYTES", 10_000)
    split = collect(source="stackexchange", path=path)
    assert len(split.parts()) > 6
    assert {row.lineage.upstream_id for row in split} == {row.lineage.upstream_id for row in whole}
    assert split.card.rejects == whole.card.rejects


def test_an_id_that_no_site_has_is_a_broken_row(tmp_path, collect):
    dataset = collect(source="stackexchange", path=dump(tmp_path, *threads(6), question(10**17, "How to?")))
    assert reasons(dataset) == {"wrong type": 1}


def test_learning_without_scikit_learn_names_the_extra(collect, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)  # as if it were not installed
    path = dump(
        tmp_path, question(1, "How to sort a list?"), answer(2, 1, "<pre><code>sorted(x)</code></pre>")
    )
    with pytest.raises(MissingExtraError, match=r"\[mining\]"):
        collect(source="stackexchange", path=path, how_to_labels="labels.jsonl")
    assert collect(source="stackexchange", path=path).card.counts["kept"] == 0  # too few candidates, no fault


def test_a_question_without_candidates_takes_its_answer_along(collect, tmp_path):
    path = dump(
        tmp_path, question(1, "How to sort a list?"), answer(2, 1, "<pre><code>x = sorted(y)</code></pre>")
    )
    dataset = collect(source="stackexchange", path=path)
    assert [(r["reason"], r["detail"].partition(":")[0]) for r in dataset.rejects()] == [
        ("too few candidates", "Posts.xml, row 2"), ("too few candidates", "Posts.xml, row 1"),
    ]  # fmt: skip
