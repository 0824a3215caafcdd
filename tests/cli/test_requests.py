"""`codetune requests`: counts and money from a store, and one request in full."""

import json

import pytest

from codetune.cli.main import main
from codetune.models.store.request_store import RequestStore, StoredAnswer, StoredFailure


def run(*arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["requests", *map(str, arguments)])
    out, err = capsys.readouterr()
    return ended.value.code or 0, out, err


@pytest.fixture
def folder(tmp_path):
    with RequestStore(tmp_path / "cache" / "requests.sqlite") as store:
        for number in range(4):
            store.put(
                StoredAnswer(
                    key=b"%016d" % number, model="big" if number else "small", sample=0,
                    payload=b'{"messages": []}', response=b'{"choices": []}',
                    finish_reason="length" if number == 1 else "stop", prompt_tokens=100,
                    completion_tokens=None if number == 2 else 10, cost_usd=0.5 if number else None,
                    endpoint="host:1", attempts=1 + (number == 3), asked_at=1.0, seconds=2.0,
                )
            )  # fmt: skip
        for key, detail in ((b"a" * 16, "too long"), (b"a" * 16, "too long"), (b"%016d" % 1, "was down")):
            store.fail(
                StoredFailure(
                    key=key, model="big", sample=0, payload=b"{}", kind="k", detail=detail, failed_at=1.0
                )
            )
    return tmp_path


def test_sums(folder, capsys):
    code, out, _ = run(folder, "--json", capsys=capsys)
    assert code == 0
    [store] = json.loads(out)["stores"]
    big, small = store["models"]
    assert (big["model"], big["answered"], big["failed"], big["retried"], big["cut"]) == ("big", 3, 1, 1, 1)
    assert (big["prompt_tokens"], big["completion_tokens"], big["without_usage"]) == (300, 20, 1)
    assert (big["usd"], big["without_price"], big["failures"]) == (1.5, 0, {"too long": 1})
    assert (small["usd"], small["without_price"]) == (None, 1), "missing is not zero"


def test_table(folder, capsys):
    code, out, _ = run(folder, capsys=capsys)
    assert code == 0 and "1.5000" in out and "big: 1 failed: too long" in out


def test_failures_are_counted_by_what_went_wrong(tmp_path, capsys):
    with RequestStore(tmp_path / "requests.sqlite") as store:
        for number in range(3):
            detail = f"gave up after {number} s and 6 tries: out of order (host:1)."
            store.fail(
                StoredFailure(key=b"%016d" % number, model="big", sample=0, payload=b"{}", kind="k", detail=detail,
                        failed_at=1.0)
            )  # fmt: skip
    code, out, _ = run(tmp_path, capsys=capsys)
    assert code == 0 and "big: 3 failed: out of order (host:1)." in out


def test_one_request(folder, capsys):
    code, out, _ = run(folder, "--key", (b"%016d" % 3).hex(), capsys=capsys)
    assert code == 0 and json.loads(out)["attempts"] == 2
    code, _, err = run(folder, "--key", "00", capsys=capsys)
    assert code == 2 and "no answered request has the key 00" in err.lower()


def test_no_store(tmp_path, capsys):
    code, _, err = run(tmp_path, capsys=capsys)
    assert code == 2 and "no request store is here" in err.lower()


def test_several_stores_are_told_apart(folder, tmp_path, capsys):
    with RequestStore(tmp_path / "other" / "requests.sqlite") as store:
        store.fail(
            StoredFailure(
                key=b"b" * 16, model="tiny", sample=0, payload=b"{}", kind="k", detail="down", failed_at=1.0
            )
        )
    _, out, _ = run(folder, "--json", capsys=capsys)
    assert [[model["model"] for model in store["models"]] for store in json.loads(out)["stores"]] == [
        ["big", "small"], ["tiny"],
    ]  # fmt: skip
    code, out, _ = run(folder, capsys=capsys)
    assert code == 0 and "tiny: 1 failed: down" in out and "big: 1 failed: too long" in out
    code, out, _ = run(folder, "--key", (b"%016d" % 3).hex(), capsys=capsys)
    assert code == 0 and json.loads(out)["model"] == "big"
