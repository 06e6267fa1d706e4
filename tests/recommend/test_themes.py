"""Themes of lists whose common words are known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.recommend.themes import Catalogue

SHOP = {
    "r1": ("Robot dreams", "A robot in space"),
    "r2": ("The robot wars", "A war in space"),
    "r3": ("Iron robot", "It comes from space"),
    "c1": ("Chocolate cake", "To bake for a birthday"),
    "c2": ("Lemon cake", "To bake for a party"),
    "c3": ("Cake", ""),
    "n": ("", ""),
}


@pytest.mark.rule("batch-jobs.themes-words")
def test_a_theme_is_what_a_list_shares_and_others_do_not() -> None:
    catalogue = Catalogue(SHOP)
    assert catalogue.theme(["r1", "r2", "r3"]).text == "Robot and space"
    assert catalogue.theme(["c1", "c2"]).text == "Cake and bake"
    assert catalogue.theme(["c1", "c2", "c3"]).text == "Cake and bake"
    most = catalogue.theme(["r1", "r2", "c1", "r3"])
    assert most.text == "Robot and space"
    assert [item_id for item_id, _ in most.items][-1] == "c1"


@pytest.mark.rule("batch-jobs.themes-words")
@pytest.mark.parametrize(
    ("items", "text"),
    [(["r1"], "Robot dreams"), (["n", "c3", "r1"], "Cake"), (["n"], "Related items"), ([], "Related items")],
)
def test_a_list_that_shares_nothing_is_named_after_its_first_item(items: list[str], text: str) -> None:
    theme = Catalogue(SHOP).theme(items)
    assert theme.text == text
    assert theme.items == [(item_id, 0.0) for item_id in items]


def test_the_relevance_is_the_cosine_of_an_item_and_the_theme() -> None:
    """An item that has the words of the theme and no others, as the theme weighs them, is wholly about it."""
    catalogue = Catalogue({"a": ("moon", ""), "b": ("moon", ""), "c": ("moon cheese", ""), "d": ("cheese", "")})
    theme = catalogue.theme(["c", "a", "b", "d", "unknown"])
    assert theme.text == "Moon and cheese"
    scores = dict(theme.items)
    assert scores["c"] == pytest.approx(0.98, abs=0.03)
    assert 1 >= scores["a"] == scores["b"] > scores["d"] > scores["unknown"] == 0.0
    alone = catalogue.theme(["a", "b"])
    assert (alone.text, alone.items) == ("Moon", [("a", 1.0), ("b", 1.0)])


@given(
    st.dictionaries(
        st.text(max_size=3),
        st.tuples(st.text(max_size=20), st.lists(st.sampled_from(["sun", "Moon", "ÄRA", "of", "the"])).map(" ".join)),
        max_size=6,
    ),
    st.lists(st.text(max_size=3), max_size=6, unique=True),
)
def test_every_list_has_a_theme_and_keeps_its_items(texts: dict[str, tuple[str, str]], more: list[str]) -> None:
    items = sorted({*texts, *more})
    theme = Catalogue(texts).theme(items)
    assert theme.text
    assert sorted(item_id for item_id, _ in theme.items) == items
    scores = [score for _, score in theme.items]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert Catalogue(dict(reversed(texts.items()))).theme(items) == theme
