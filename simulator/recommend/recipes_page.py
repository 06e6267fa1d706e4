"""The page of recipes: what each needs, what moves its answers and when, and what can be set; made of the catalogue.

`python -m simulator.recommend.recipes_page` prints it; it is kept as docs/recipes.md. The command `recipes` prints the
same facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.clock import HOUR, MINUTE, Micros
from simulator.recommend.catalogue import RECIPES, Hyperparameter, Recipe

_HEAD = """\
# Recipes

Made of the catalogue by `python -m simulator.recommend.recipes_page > docs/recipes.md`; a test fails when it is stale.
`personalize-simulator recipes` prints the same. A model is trained anew by a solution version, by hand or automatically
(every 7 days unless the solution says otherwise, when there is new data), and of a use case by its recommender, every 7
days. What moves answers between two trainings stands in the tables.
"""
UPDATES = ("recipe", "events of a user count", "model updated", "trained anew", "new items without a training")
_USE = ("recipe", "type", "needs", "may use", "asked with", "scores", "batch jobs")
_HYPERPARAMETERS = ("recipe", "hyperparameter", "default", "values", "HPO")


def page() -> str:
    """The page, in Markdown."""
    return "\n".join(_lines())


def update_row(recipe: Recipe) -> tuple[str, ...]:
    """When a recipe's answers change: the row of the update table."""
    return (
        recipe.name,
        _counting(recipe),
        _updated(recipe),
        _trained(recipe),
        "yes" if recipe.automatic_update or recipe.incremental_update else "no",
    )


def use_row(recipe: Recipe) -> tuple[str, ...]:
    """What a recipe needs and how it is asked."""
    batch = ("inference", "segments", "themes")
    jobs = (recipe.batch_inference, recipe.batch_segments, recipe.themes)
    return (
        recipe.name,
        recipe.recipe_type,
        _names(recipe.required_datasets),
        _names(recipe.optional_datasets),
        _asked(recipe),
        recipe.scores or "none",
        _names(name for name, there in zip(batch, jobs, strict=True) if there),
    )


def hyperparameter_rows(recipe: Recipe) -> Iterator[tuple[str, ...]]:
    """A recipe's hyperparameters, those of its campaigns or recommenders included."""
    trained = (*recipe.algorithm_hyperparameters, *recipe.featurization_hyperparameters)
    for each in (*trained, *recipe.campaign_hyperparameters):
        yield recipe.name, each.name, each.default, each.values, _hpo(each)


def facts(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """All that the catalogue says of a recipe, a name and a text each."""
    yield "ARN", recipe.arn
    yield "description", recipe.description
    if recipe.domain is not None:
        yield "domain", recipe.domain
    if recipe.legacy:
        yield "legacy", "can be described; new solutions cannot use it"
    yield from zip(_USE[1:], use_row(recipe)[1:], strict=True)
    yield from zip(UPDATES[1:], update_row(recipe)[1:], strict=True)
    if recipe.event_type is not None:
        yield "trained on", f"events of the type {recipe.event_type}"
    if recipe.hides is not None:
        yield "left out", f"what the user has had events of the type {recipe.hides} with"
    yield "explores", "yes" if recipe.explores else "no"
    yield "metrics", _names(sorted(recipe.metrics))
    for _, name, default, values, hpo in hyperparameter_rows(recipe):
        yield name, f"{values}; default {default}" + ("; tunable" if hpo == "yes" else "")


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a Markdown table, its columns as wide as they must be."""
    lines = [tuple(columns), *map(tuple, rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    for line in lines:
        yield f"| {' | '.join(text.ljust(width) for text, width in zip(line, widths, strict=True))} |"


def _lines() -> Iterator[str]:
    yield _HEAD
    for title, domain in (("Custom recipes", None), ("ECOMMERCE", "ECOMMERCE"), ("VIDEO_ON_DEMAND", "VIDEO_ON_DEMAND")):
        recipes = [each for each in RECIPES.values() if each.domain == domain]
        yield f"## {title}\n"
        yield from table(UPDATES, map(update_row, recipes))
        yield ""
        yield from table(_USE, map(use_row, recipes))
        yield ""
    yield "## Hyperparameters\n"
    yield from table(_HYPERPARAMETERS, (row for recipe in RECIPES.values() for row in hyperparameter_rows(recipe)))
    yield ""


def _counting(recipe: Recipe) -> str:
    """From when on a streamed event changes what its user is answered."""
    if recipe.realtime_events:
        return "at once"
    return "from the next training on" if recipe.automatic_update is None else "from the next update on"


def _updated(recipe: Recipe) -> str:
    if recipe.automatic_update is not None:
        return f"every {_period(recipe.automatic_update)}"
    if recipe.incremental_update is not None:
        return f"every {_period(recipe.incremental_update)}, if the solution asks for it"
    return "no"


def _trained(recipe: Recipe) -> str:
    if recipe.domain is not None:
        return "every 7 days, by the recommender"
    return "no more: legacy" if recipe.legacy else "by solution versions"


def _asked(recipe: Recipe) -> str:
    if recipe.operation is None:
        return "batch jobs alone"
    return f"{recipe.operation}: {_names(recipe.request_fields)}" if recipe.request_fields else recipe.operation


def _hpo(hyperparameter: Hyperparameter) -> str:
    return "yes" if hyperparameter.tunable else "no"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "-"


def _period(period: Micros) -> str:
    for unit, name in ((HOUR, "hours"), (MINUTE, "minutes")):
        if period % unit == 0:
            return f"{period // unit} {name}"
    raise ValueError(f"{period} is no whole number of minutes")


if __name__ == "__main__":
    print(page(), end="")
