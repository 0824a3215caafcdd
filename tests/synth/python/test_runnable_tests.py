from __future__ import annotations

import pytest

from codetune.synth.python.runnable_tests import RunnableTests, runnable_tests
from codetune.synth.runtime.raw_answers import InvalidAnswerError

RIGHT = "def ratio(a, b):\n    if b == 0:\n        raise ValueError('b is zero')\n    return a / b\n"
WRONG = "def ratio(a, b):\n    return a\n"

FORMS = {
    "plain asserts over several lines": "assert ratio(\n    6,\n    3,\n) == 2\nassert ratio(1, 4) == 0.25",
    "pytest functions": (
        "import pytest\nfrom solution import ratio\n\n@pytest.mark.parametrize('a, b, want', [(6, 3, 2), (1, 4, 0.25)])\n"
        "def test_it(a, b, want):\n    assert ratio(a, b) == pytest.approx(want)\n\n"
        "def test_zero():\n    with pytest.raises(ValueError, match='zero'):\n        ratio(1, 0)\n"
    ),
    "a class of tests": "class TestRatio:\n    def test_it(self):\n        assert ratio(6, 3) == 2\n",
    "unittest": (
        "import unittest\n\nclass TestRatio(unittest.TestCase):\n    def test_it(self):\n"
        "        self.assertEqual(ratio(6, 3), 2)\n\nif __name__ == '__main__':\n    unittest.main()\n"
    ),
    "fixtures of every kind": (
        "from __future__ import annotations\nimport pytest\n\n@pytest.fixture(autouse=True)\ndef clean(monkeypatch):\n"
        "    monkeypatch.setenv('HOME', '/')\n    yield\n\n@pytest.fixture(params=[1, pytest.param(2, id='two')])\n"
        "def scale(request):\n    return request.param\n\n@pytest.fixture\ndef numbers(scale, tmp_path):\n"
        "    assert tmp_path.is_dir()\n    return 6 * scale, 3 * scale\n\n"
        "def test_it(numbers):\n    assert ratio(*numbers) == 2\n"
    ),
    "stacked cases of a class": (
        "import pytest as pt\nfrom pytest import approx\n\npytestmark = pt.mark.unit\n\n@pt.mark.parametrize('b', [1, 4])\n"
        "class TestRatio:\n    def setup_method(self):\n        self.subject = ratio\n\n"
        "    @pt.mark.parametrize('a', [6, 8], ids=str)\n    def test_it(self, a, b):\n"
        "        assert self.subject(a, b) == approx(a / b, rel=1e-3)\n        assert {'a': [ratio(a, b)]} == approx({'a': [a / b]})\n"
    ),
    "async and captured output": (
        "import asyncio\nimport pytest\n\n@pytest.mark.asyncio\nasync def test_it(capsys):\n    await asyncio.sleep(0)\n"
        "    print(ratio(6, 3))\n    assert capsys.readouterr().out == '2.0\\n'\n"
    ),
    "raises in three ways": (
        "import pytest\n\ndef test_it():\n    with pytest.raises((ValueError, TypeError), match='zero') as caught:\n"
        "        ratio(1, 0)\n    assert 'b is' in str(caught.value)\n    pytest.raises(ValueError, ratio, 1, 0)\n"
        "    assert ratio(6, 3) == 2\n"
    ),
    "calls as texts": "for call, want in [('ratio(6, 3)', 2)]:\n    assert eval(call) == want, call\n",
    "a skipped test beside another": (
        "import pytest\n\n@pytest.mark.skip(reason='slow')\ndef test_no():\n    assert ratio(1, 1) == 2\n\n"
        "def test_it():\n    assert ratio(6, 3) == 2\n"
    ),
    "the solution again": f"{WRONG}\nassert ratio(6, 3) == 2",
}


def holds(solution: str, tests: str) -> bool:
    try:
        exec(compile(solution + "\n" + tests, "tests", "exec"), {"__name__": "tests"})
    except Exception:
        return False
    return True


@pytest.mark.parametrize("form", FORMS)
def test_tests_of_every_form_run_and_fail_on_a_wrong_solution(form: str) -> None:
    tests = RunnableTests(("ratio",)).parse(f"Here they are.\n```python\n{FORMS[form]}\n```\nDone.")
    assert holds(RIGHT, tests), tests
    assert not holds(WRONG, tests), tests


def test_a_list_in_json_is_taken_too() -> None:
    tests = RunnableTests(("ratio",)).parse(
        '{"tests": ["assert ratio(6, 3) == 2", "assert ratio(1, 4) == 0.25"]}'
    )
    assert tests == "assert ratio(6, 3) == 2\nassert ratio(1, 4) == 0.25\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("```python\nassert ratio(6, 3 == 2\n```", "tests do not parse"),
        ("```python\nprint(ratio(6, 3))\n```", "not a test"),
        ("```python\nassert 1 + 1 == 2\n```", "not a test"),
        ("```python\n@pytest.mark.xfail\ndef test_it():\n    assert ratio(6, 3) == 3\n```", "not a test"),
    ],
)
def test_what_tests_nothing_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidAnswerError) as caught:
        RunnableTests(("ratio",)).parse(text)
    assert caught.value.reason == reason


def test_what_stands_behind_the_main_guard_runs_too() -> None:
    code = 'def main():\n    assert double(2) == 5\n\n\nif __name__ == "__main__":\n    main()\n    unittest.main()\n'
    made = runnable_tests(code, ["double"])
    assert made.endswith("main()\n") and "unittest.main" not in made and "__name__" not in made


@pytest.mark.parametrize(
    ("test", "checks"),
    [
        ("assert isinstance(double(2), int) and callable(double)", False),
        ("assert double(2) is not None", False),
        ("assert type(double(2)) == int", False),
        ("assert double(2) is None", True),
        ("assert double(2)", True),
        ("assert isinstance(double(2), int) and double(2) == 4", True),
        ("self.assertIsInstance(double(2), int)", False),
        ("self.assertEqual(double(2), 4)", True),
    ],
)
def test_tests_of_types_alone_check_no_value(test: str, checks: bool) -> None:
    if checks:
        runnable_tests(test, ["double"])
        return
    with pytest.raises(InvalidAnswerError) as caught:
        runnable_tests(test, ["double"])
    assert caught.value.reason == "tests check no value"
