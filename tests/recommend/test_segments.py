"""User segments, with data made so that it is known who belongs into them."""

from __future__ import annotations

import numpy as np
import pytest
from frames import events, table_of
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame
from sklearn.metrics import recall_score

from simulator.recommend.metrics import summarize_segments
from simulator.recommend.segments import (
    AttributeSegments,
    ItemColumns,
    ItemSegments,
    NoSegment,
    conditions,
    of_attributes,
    of_item,
    train_attributes,
    train_items,
)

START = 1_600_000_000
GENRES = {"comedy": 8, "drama": 8, "crime": 4}


def rows() -> list[tuple[str, str, int]]:
    """Users of three tastes, ten each; the number of a user is how much of something else it took since."""
    return [
        (f"{genre}-fan{fan}", f"{genre}{item % count}", START + item)
        for genre, count in GENRES.items()
        for fan in range(10)
        for item in range(count)
    ] + [
        (f"{genre}-fan{fan}", f"other{number}", START + 100 + number)
        for genre in GENRES
        for fan in range(10)
        for number in range(fan)
    ]


def items() -> ItemColumns:
    names = [f"{genre}{item}" for genre, count in GENRES.items() for item in range(count)]
    return ItemColumns(
        (*names, "nobody took it"),
        {
            "GENRES": (*("crime|drama" if name.startswith("crime") else name[:-1] for name in names), "western"),
            "YEAR": tuple("1990.0" if place % 2 else "2001.0" for place in range(len(names) + 1)),
            "TITLE": (*names, "nobody took it"),
        },
    )


@pytest.fixture(scope="module")
def by_item() -> ItemSegments:
    return train_items(events(rows()), chance=None)


@pytest.fixture(scope="module")
def by_attribute() -> AttributeSegments:
    return train_attributes(events(rows()), items())


@pytest.mark.rule("models.item-affinity")
def test_the_segment_of_an_item_is_who_is_likely_to_take_it(by_item: ItemSegments) -> None:
    assert of_item(by_item, "drama3", 10) == [f"drama-fan{fan}" for fan in range(10)]
    assert of_item(by_item, "drama3", 3) == [f"drama-fan{fan}" for fan in range(3)]
    assert len(of_item(by_item, "drama3", 5_000_000)) == 30
    fans = np.array([each in ("drama-fan7", "comedy-fan0", "drama-fan2") for each in by_item.user_ids])
    assert of_item(by_item, "drama3", 2, eligible=fans) == [
        "drama-fan2",
        "drama-fan7",
    ]


@pytest.mark.rule("models.segment-of-the-trained")
def test_there_is_no_segment_of_an_item_that_was_not_trained_on(by_item: ItemSegments) -> None:
    with pytest.raises(NoSegment, match="The item never seen was not part of the training data"):
        of_item(by_item, "never seen", 5)


@pytest.mark.rule("models.attribute-affinity")
def test_the_segment_of_an_attribute(by_attribute: AttributeSegments) -> None:
    assert set(by_attribute.columns) == {"GENRES", "YEAR"}, "titles are all distinct"
    comedy = of_attributes(by_attribute, 'ITEMS.GENRES = "comedy"', 10)
    assert comedy == [f"comedy-fan{fan}" for fan in range(10)]
    assert of_attributes(by_attribute, 'items.genres="comedy"', 10) == comedy
    # What users of crime took is drama, too.
    drama = of_attributes(by_attribute, 'ITEMS.genres = "drama"', 20)
    assert {user.split("-")[0] for user in drama} == {"drama", "crime"}
    both = of_attributes(by_attribute, 'ITEMS.genres = "drama" AND ITEMS.genres = "crime"', 10)
    assert {user.split("-")[0] for user in both} == {"crime"}
    assert of_attributes(by_attribute, "ITEMS.YEAR = 2001 and ITEMS.GENRES = comedy", 1) == ["comedy-fan0"]


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "'' is not of the form ITEMS.column"),
        ("comedy", "'comedy' is not of the form"),
        ('ITEMS.GENRES IN ("comedy")', "is not of the form"),
        ('ITEMS.GENRES = "comedy" OR ITEMS.GENRES = "drama"', "is not of the form"),
        ('USERS.GENRES = "comedy"', "is not of the form"),
        ('ITEMS.GENRES = "comedy" AND', "is not of the form"),
        ('ITEMS.GENRES = "comedy', "is not of the form"),
        ('ITEMS.TITLE = "comedy1"', "ITEMS.TITLE is no attribute of the training data"),
        ('ITEMS.GENRES = "Comedy"', "No item of the training data has the value Comedy in ITEMS.GENRES"),
        ('ITEMS.GENRES = "western"', "No item of the training data has the value western"),
        ('ITEMS.GENRES = "crime|drama"', "has the value crime|drama"),
        ('ITEMS.GENRES = "comedy" AND ITEMS.GENRES = "crime"', "No item of the training data has all of"),
    ],
)
def test_expressions_that_mean_nothing(by_attribute: AttributeSegments, expression: str, why: str) -> None:
    with pytest.raises(NoSegment) as caught:
        of_attributes(by_attribute, expression, 5)
    assert why in str(caught.value)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True),
            st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), max_size=12),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["AND", "and", " AND ", "\tAnd\n"]),
)
def test_every_documented_expression_is_read(parts: list[tuple[str, str]], joined_by: str) -> None:
    expression = f" {joined_by} ".join(f'ITEMS.{name} = "{value}"' for name, value in parts)
    assert conditions(expression) == parts


@given(st.text(max_size=40))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    try:
        found = conditions(text)
    except NoSegment:
        return
    assert found
    assert all(name == name.upper() and '"' not in value for name, value in found)


def test_metrics_of_segments_by_hand() -> None:
    assert summarize_segments([[1, 2], [3, 4]], [{1, 2, 5, 6}, {9}], 10) == {
        "coverage": 0.4,
        "hits_at_1_percent": 1.0,
        "recall_at_1_percent": 0.25,
    }
    assert set(summarize_segments([], [], 0).values()) == {0.0}


def taken_late(rows: DataFrame) -> np.ndarray:
    """The newest fifth of each user's rows, rounded up, but for the first one: found one user after another."""
    late = np.zeros(len(rows), dtype=bool)
    for _, group in rows.groupby("USER_ID"):
        order = group.sort_values("TIMESTAMP", kind="stable").index
        late[order[max(len(order) * 4 // 5, 1) :]] = True
    return late


def computed(segments: dict[str, list[str]], came: dict[str, set[str]], users: int) -> dict[str, float]:
    """The metrics in the words of the guide, with scikit-learn's recall."""
    everyone = sorted({user for each in (*segments.values(), *came.values()) for user in each})
    truth = np.array([[user in came[query] for user in everyone] for query in segments])
    found = np.array([[user in segments[query] for user in everyone] for query in segments])
    return {
        "coverage": round(len(set().union(*segments.values())) / users, 4),
        "hits_at_1_percent": round((truth & found).sum() / len(segments), 4),
        "recall_at_1_percent": round(float(recall_score(truth, found, average="samples")), 4),
    }


def habits(users: int = 300) -> DataFrame:
    """Users of three tastes who take items of theirs, some more often than others, and now and then another item."""
    chance = np.random.default_rng(3)
    found = [
        (
            f"u{user:03}",
            f"{genre if chance.random() < 0.8 else 'crime'}{chance.integers(0, 5)}",
            START + place * 60 + user,
        )
        for user in range(users)
        for genre in [[*GENRES][user % 3]]
        for place in range(6 + user % 7)
    ]
    return DataFrame(found, columns=["USER_ID", "ITEM_ID", "TIMESTAMP"])


@pytest.mark.rule("models.segment-metrics")
def test_metrics_are_those_of_segments_made_from_the_oldest_four_fifths() -> None:
    """Held out, trained on the rest, asked and counted with pandas and scikit-learn."""
    rows = habits()
    late = taken_late(rows)
    top = 3  # one per cent of the users
    earlier = train_items(table_of(rows[~late]), chance=None)
    came = {str(item): {*group.USER_ID} for item, group in rows[late].groupby("ITEM_ID")}
    segments = {item: of_item(earlier, item, top) for item in came}
    wanted = computed(segments, came, 300)
    assert train_items(table_of(rows), chance=None).metrics == pytest.approx(wanted, abs=1e-9)
    assert wanted["hits_at_1_percent"] > 0


@pytest.mark.rule("models.segment-metrics")
def test_metrics_of_attributes_are_those_of_each_value() -> None:
    rows = habits()
    late = taken_late(rows)
    names = sorted(rows.ITEM_ID.unique())
    columns = ItemColumns(tuple(names), {"GENRES": tuple(f"{name[:-1]}|film" for name in names)})
    earlier = train_attributes(table_of(rows[~late]), columns)
    values = [*GENRES, "film"]
    genres = {name: {name[:-1], "film"} for name in names}
    came = {
        value: {
            user for user, item in zip(rows[late].USER_ID, rows[late].ITEM_ID, strict=True) if value in genres[item]
        }
        for value in values
    }
    segments = {value: of_attributes(earlier, f'ITEMS.GENRES = "{value}"', 3) for value in values}
    assert train_attributes(table_of(rows), columns).metrics == pytest.approx(computed(segments, came, 300), abs=1e-9)


@pytest.mark.rule("models.item-affinity")
def test_who_took_the_neighbours_comes_before_who_took_nothing_near() -> None:
    """Planted: fans of drama without drama3 are likelier to take it than anybody of another taste."""
    kept = [row for row in rows() if row[1] != "drama3" or row[0] in ("drama-fan0", "drama-fan1")]
    model = train_items(events(kept), chance=None)
    found = of_item(model, "drama3", 10)
    assert set(found) == {f"drama-fan{fan}" for fan in range(10)}
    assert set(found[:2]) == {"drama-fan0", "drama-fan1"}


def test_the_same_data_give_the_same_segments_in_any_order() -> None:
    shuffled = rows()
    np.random.default_rng(2).shuffle(shuffled)
    shuffled = [(user, item, at) for user, item, at in shuffled]
    one, other = train_items(events(rows()), chance=5), train_items(events(shuffled), chance=5)
    assert one == other
    assert one.metrics == other.metrics
    assert train_items(events(rows()), chance=6) != one
    backwards = ItemColumns(items().ids[::-1], {name: texts[::-1] for name, texts in items().columns.items()})
    assert train_attributes(events(rows()), items()) == train_attributes(events(shuffled), backwards)


def test_segments_foretell_who_comes(small: DataFrame) -> None:
    """Better than the 1 % of the users that chance would find, on data with tastes."""
    model = train_items(table_of(small), chance=None)
    assert model.metrics["recall_at_1_percent"] > 0.015
    assert 0 < model.metrics["coverage"] <= 1
