"""Lines whose meaning a branch may change, and those whose meaning none does."""

import pytest

from nntui_core.undecided import undecided


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("if epoch < 10:\n        return np.mean(e ** 2)\n    return np.mean(np.abs(e))", {2, 3, 4}),
        ("return e if epoch < 10 else -e", {2}),
        ("if epoch % 10 == 0:\n        print(e)\n    return e", set()),
        ("if epoch % 10 == 0:\n        loss = np.mean(e)\n        print(loss)\n    return e", set()),
        ("if epoch > 10:\n        e = e * 2\n    e = e + 1\n    return e", {2, 3, 4, 5}),
        ("if self.mode:\n        self.e = 1\n    return e", {2, 3, 4}),
        ("if deriv:\n        return e * (1 - e)\n    return np.exp(e)", set()),
    ],
)
def test_lines_after_a_branch_that_decides(body: str, lines: set[int]) -> None:
    assert undecided(f"def loss(self, e, epoch, deriv=False):\n    {body}\n") == lines


def test_the_main_guard_decides_nothing() -> None:
    assert not undecided('if __name__ == "__main__":\n    x = 1\nx = 2\n')


def test_a_call_of_such_a_function_is_no_clearer() -> None:
    source = (
        "def f(e, n):\n    if n:\n        return e\n    return -e\ndef g(e):\n    return f(e, 1)\nx = g(2)\ny = h(3)\n"
    )
    assert undecided(source) == {2, 3, 4, 6, 7}
