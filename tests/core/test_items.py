"""What a loop's header hands out: by iteration, again and again, and to its end."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nntui_core.items import HELD, Items, IterableFailed


def taken(items: Items, start: int, count: int) -> list[Any]:
    return list(items.following(start, count, itertools.count()))


def squares() -> Iterator[int]:
    yield from (k * k for k in range(4))


@pytest.mark.parametrize("iterable", [range(2, 10, 2), [2, 4, 6, 8], (2, 4, 6, 8), np.array([2, 4, 6, 8])])
def test_what_can_be_rewound(iterable: Any) -> None:
    items = Items(iterable, {}, bounded=True)
    assert items.count == 4
    assert taken(items, 0, 3) == [2, 4, 6]
    assert items.at(1) == (4, True)
    assert taken(items, 3, 9) == [8]
    assert items.at(4)[1] is False


def test_a_range_of_nntuis_own_goes_on() -> None:
    items = Items(range(3), {})
    assert items.at(7) == (7, True)
    assert taken(items, 2, 3) == [2, 3, 4]


def test_an_iterator_is_asked_for_each_item_once() -> None:
    items = Items(squares(), {})
    assert items.count is None
    assert items.at(2) == (4, True)
    assert taken(items, 0, 9) == [0, 1, 4, 9]
    assert items.at(0) == (0, True)
    assert items.count == 4


def test_a_while_loop_has_no_items() -> None:
    assert taken(Items(None, {}), 5, 3) == [None] * 3


def test_an_iterator_may_fail() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    items = Items(failing(), {})
    assert items.at(0) == (1, True)
    with pytest.raises(IterableFailed) as caught:
        items.at(1)
    assert isinstance(caught.value.__cause__, OSError)


def test_a_list_is_kept_where_a_checkpoint_copies_it() -> None:
    namespace: dict[str, Any] = {}
    items = Items([1, 2], namespace)
    namespace[HELD] = [3, 4, 5]  # what a restored checkpoint would put there
    assert taken(items, 0, 9) == [3, 4, 5]


def test_what_begins_is_counted() -> None:
    begun = itertools.count()
    for _ in Items([1, 2, 3], {}).following(0, 9, begun):
        pass
    assert next(begun) == 3


def test_no_iterable() -> None:
    with pytest.raises(TypeError):
        Items(7, {})
