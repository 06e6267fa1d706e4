"""Lists of recommendations side by side, and as frames."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import compare, recommendations_frame
from simulator.item_lists import places_moved


def answer(*items: tuple[str, float], member: str = "itemList") -> dict[str, Any]:
    return {member: [{"itemId": item, "score": score} for item, score in items], "recommendationId": "RID-1"}


BEFORE = answer(("a", 0.5), ("b", 0.3), ("c", 0.2))
AFTER = answer(("c", 0.6), ("a", 0.25), ("d", 0.15))


def test_what_has_changed() -> None:
    changed = compare(BEFORE, AFTER)
    assert (changed.before, changed.after) == (("a", "b", "c"), ("c", "a", "d"))
    assert (changed.entered, changed.left) == (("d",), ("b",))
    assert changed.moved == 1 + 2 + 2 + 1
    assert changed.scores_moved == pytest.approx(0.4)
    assert not changed.same_order
    assert not changed.same_items
    assert not changed.identical


def test_another_order_of_the_same_items() -> None:
    changed = compare(["a", "b"], ["b", "a"])
    assert changed.same_items
    assert not changed.same_order
    changed.assert_same_items()
    assert (changed.entered, changed.left, changed.scores_moved) == ((), (), 0)


def test_the_same_order_with_other_scores() -> None:
    changed = compare(answer(("a", 0.5)), answer(("a", 0.25)))
    assert changed.same_order
    assert not changed.identical
    assert changed.scores_moved == 0.25
    assert "same order, other scores" in str(changed)
    with pytest.raises(AssertionError, match="other scores"):
        changed.assert_identical()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(BEFORE, id="answer"),
        pytest.param({"personalizedRanking": BEFORE["itemList"]}, id="ranking"),
        pytest.param(BEFORE["itemList"], id="list of an answer"),
        pytest.param(recommendations_frame(BEFORE), id="frame"),
        pytest.param(["a", "b", "c"], id="ids"),
        pytest.param(("a", "b", "c"), id="tuple of ids"),
        pytest.param(pd.DataFrame({"itemId": ["a", "b", "c"]}), id="frame without scores"),
    ],
)
def test_each_form_of_a_list(value: Any) -> None:
    same = compare(value, BEFORE)
    assert same.identical
    assert str(same).endswith("\nidentical")
    for check in (same.assert_same_order, same.assert_same_items, same.assert_identical):
        check()
    other = compare(value, AFTER)
    assert other.moved == 6
    for check in (other.assert_same_order, other.assert_same_items, other.assert_identical):
        with pytest.raises(AssertionError, match="6 places moved; entered: d; left: b"):
            check()


def test_it_prints_as_a_table() -> None:
    assert str(compare(BEFORE, AFTER)).splitlines() == [
        "#  before       after",
        "1  a 0.5000000  c 0.6000000 ↑2",
        "2  b 0.3000000  a 0.2500000 ↓1",
        "3  c 0.2000000  d 0.1500000 new",
        "6 places moved; entered: d; left: b",
    ]
    assert str(compare(["a"], ["a", "bb"])).splitlines() == [
        "#  before  after",
        "1  a       a  =",
        "2          bb new",
        "0 places moved; entered: bb",
    ]
    assert str(compare([], [])).splitlines() == ["#  before  after", "identical"]


def test_its_short_form_names_a_few_items() -> None:
    assert repr(compare(BEFORE, AFTER)) == "<Comparison: 6 places moved; entered: d; left: b>"
    gone = repr(compare([f"i{each}" for each in range(500)], []))
    assert gone.endswith("left: i0, i1, i2, i3, i4 and 495 more>")


def test_a_failing_test_shows_the_table(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from simulator import compare

        def test_short():
            assert compare(["a", "b"], ["b", "a"]).same_order

        def test_long():
            compare(["a", "b"], ["b", "a"]).assert_same_order()
        """
    )
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*<Comparison: 2 places moved>.same_order", "E*1  a       b ↑1", "E*2  b       a ↓1"])


def test_as_a_frame() -> None:
    frame = compare(BEFORE, AFTER).to_frame()
    assert frame.columns.tolist() == ["itemId", "rank_before", "rank_after", "places", "score_before", "score_after"]
    assert frame["itemId"].tolist() == ["c", "a", "d", "b"]
    assert frame["rank_before"].tolist() == [3, 1, pd.NA, 2]
    assert frame["places"].tolist() == [2, -1, pd.NA, pd.NA]
    assert frame["score_before"].tolist()[:2] == [0.2, 0.5]
    assert frame["score_after"].isna().tolist() == [False, False, False, True]


@given(st.permutations("abcdef"), st.integers(0, 6), st.permutations("defghi"), st.integers(0, 6))
def test_its_parts_agree(before: list[str], many: int, after: list[str], more: int) -> None:
    before, after = before[:many], after[:more]
    changed = compare(before, after)
    assert changed.moved == places_moved(before, after) == compare(after, before).moved
    assert changed.same_order == (before == after) == changed.identical
    assert not changed.same_order or not changed.moved
    assert changed.same_items == (not changed.entered and not changed.left)
    assert compare(after, before).entered == changed.left
    frame = changed.to_frame()
    assert sorted(frame["itemId"]) == sorted({*before, *after})
    assert int(frame["places"].abs().sum()) <= changed.moved
    assert len(str(changed).splitlines()) == 2 + max(len(before), len(after))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("abc", "a list of items is wanted"),
        (None, "a list of items is wanted"),
        ([1], "texts, or objects with an itemId"),
        ({"actionList": []}, "itemList or a personalizedRanking"),
        (pd.DataFrame({"item": []}), "a column itemId is wanted; it has item"),
    ],
)
def test_what_is_no_list(value: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        compare(["a"], value)


def test_a_list_that_holds_an_item_twice() -> None:
    with pytest.raises(ValueError, match="holds the item b twice"):
        compare(["a"], ["a", "b", "b"])


def test_an_answer_as_a_frame() -> None:
    frame = recommendations_frame(BEFORE)
    assert frame.columns.tolist() == ["itemId", "score"]
    assert (frame.index.name, frame.index.tolist()) == ("rank", [1, 2, 3])
    assert frame.loc[2, "itemId"] == "b"
    assert frame.attrs["recommendationId"] == "RID-1"


def test_a_frame_has_what_items_have() -> None:
    items = [
        {"itemId": "a", "promotionName": "new", "reason": ["Promoted item"], "metadata": {"GENRES": "x|y"}},
        {"itemId": "b", "metadata": {"GENRES": "y"}},
    ]
    frame = recommendations_frame({"itemList": items})
    assert frame.columns.tolist() == ["itemId", "promotionName", "reason", "metadata.GENRES"]
    assert frame["metadata.GENRES"].tolist() == ["x|y", "y"]
    assert frame.loc[1, "reason"] == ["Promoted item"]
    assert pd.isna(frame.loc[2, "promotionName"])
    assert frame.attrs["recommendationId"] is None


def test_an_empty_answer_is_a_frame_too() -> None:
    frame = recommendations_frame({"itemList": []})
    assert frame.columns.tolist() == ["itemId"]
    assert frame.empty
    assert compare(frame, []).identical


@pytest.mark.parametrize("value", [{}, [], {"itemList": "a"}, {"actionList": []}])
def test_what_is_no_answer(value: Any) -> None:
    with pytest.raises(TypeError, match="an answer of GetRecommendations or GetPersonalizedRanking is wanted"):
        recommendations_frame(value)
