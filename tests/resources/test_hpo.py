"""Hyperparameter optimization: what it searches, what versions show of it, and that the model is the one found.

All tests share one world, in which trainings on the same data are alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import Account, account, dataset, import_csv, refused, some_interactions

from simulator import Simulation, simulate
from simulator.resources.dump import dump

RECIPE = "arn:aws:personalize:::recipe/aws-"
INVALID = "InvalidInputException"
NAMES = (f"hpo{number}" for number in itertools.count())
COUNTS = [{"name": "min_cointeraction_count", "minValue": 0, "maxValue": 3}]
DISCOUNTS = [{"name": "popularity_discount_factor", "minValue": 0.25, "maxValue": 0.75}]


class Here:
    """A group with interactions; solutions of it and their versions."""

    def __init__(self, sim: Simulation, on: Account) -> None:
        self.sim = sim
        self.on = on
        self.api = on.personalize
        self.films = dataset(on, self.tick)
        import_csv(on, self.films, some_interactions())
        self.tick()

    def tick(self) -> None:
        self.sim.clock.tick(minutes=30)

    def solution(self, recipe: str, config: dict[str, Any] | None = None, **request: Any) -> str:
        asked = {"performAutoTraining": False, "datasetGroupArn": self.films.group, **request}
        if config is not None:
            asked["solutionConfig"] = config
        asked.setdefault("name", next(NAMES))
        arn: str = self.api.create_solution(recipeArn=RECIPE + recipe, **asked)["solutionArn"]
        return arn

    def version(self, solution: str, **request: Any) -> str:
        arn: str = self.api.create_solution_version(solutionArn=solution, **request)["solutionVersionArn"]
        return arn

    def show(self, version: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.api.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
        return shown

    def trained(self, recipe: str, config: dict[str, Any] | None = None, **request: Any) -> str:
        version = self.version(self.solution(recipe, config, **request))
        self.tick()
        assert self.show(version)["status"] == "ACTIVE"
        return version

    def tuned(self, version: str) -> dict[str, str]:
        found: dict[str, str] = self.show(version)["tunedHPOParams"]["algorithmHyperParameters"]
        return found

    def metrics(self, version: str) -> dict[str, float]:
        found: dict[str, float] = self.api.get_solution_metrics(solutionVersionArn=version)["metrics"]
        return found

    def answer(self, version: str, **request: Any) -> list[str]:
        campaign = self.api.create_campaign(name=next(NAMES), solutionVersionArn=version)["campaignArn"]
        self.tick()
        found = self.on.runtime.get_recommendations(campaignArn=campaign, **request)["itemList"]
        return [each["itemId"] for each in found]


@pytest.fixture(scope="module")
def here() -> Iterator[Here]:
    quotas = {"active_solutions_per_dataset_group": 1000, "active_campaigns_per_dataset_group": 1000}
    with simulate(start="2026-01-01T00:00:00Z", training="exact", quotas=quotas) as sim:
        yield Here(sim, account())


def hpo(jobs: int | None = None, integer: Any = (), continuous: Any = (), categorical: Any = ()) -> dict[str, Any]:
    config: dict[str, Any] = {
        "algorithmHyperParameterRanges": {
            "integerHyperParameterRanges": list(integer),
            "continuousHyperParameterRanges": list(continuous),
            "categoricalHyperParameterRanges": list(categorical),
        }
    }
    if jobs is not None:
        config["hpoResourceConfig"] = {"maxNumberOfTrainingJobs": str(jobs), "maxParallelTrainingJobs": "2"}
    return {"hpoConfig": config}


def test_two_worlds_of_one_seed_find_the_same() -> None:
    """Before the shared world begins: worlds do not run side by side."""
    found = []
    for _ in range(2):
        with simulate(start="2026-01-01T00:00:00Z", seed=3) as sim:
            there = Here(sim, account())
            version = there.version(there.solution("sims", hpo(5, COUNTS, DISCOUNTS), performHPO=True, name="s"))
            there.tick()
            found.append((there.tuned(version), there.metrics(version)))
    assert found[0] == found[1]


def test_a_search_that_runs_survives_saving(tmp_path: Path) -> None:
    with simulate(start="2026-01-01T00:00:00Z", training="exact") as sim:
        there = Here(sim, account())
        version = there.version(there.solution("sims", hpo(4, COUNTS), performHPO=True, name="s"))
        automl = there.api.create_solution(
            name="auto", datasetGroupArn=there.films.group, performAutoML=True, performAutoTraining=False
        )["solutionArn"]
        undecided = there.version(automl)
        sim.clock.tick(minutes=5)
        there.show(version)
        sim.save(tmp_path / "world")
        there.tick()
        expected = (there.show(version), there.show(undecided))
    with simulate(load=tmp_path / "world") as sim:
        there.sim = sim
        assert "recipeArn" not in there.show(undecided)
        there.tick()
        found = (there.show(version), there.show(undecided))
        assert found == expected
        there.version(there.solution("sims", hpo(4, COUNTS), performHPO=True, name="t"))


def test_the_best_of_the_ranges_is_shown_and_is_the_model(here: Here) -> None:
    config = hpo(10, COUNTS, [{"name": "popularity_discount_factor", "minValue": 0.5, "maxValue": 0.5}])
    solution = here.solution("sims", config, performHPO=True)
    shown = here.api.describe_solution(solutionArn=solution)["solution"]
    assert (shown["performHPO"], shown["performAutoML"], shown["solutionConfig"]) == (True, False, config)
    version = here.version(solution)
    assert "tunedHPOParams" not in here.show(version)
    here.tick()
    shown = here.show(version)
    assert (shown["performHPO"], shown["performAutoML"], shown["solutionConfig"]) == (True, False, config)
    plain = {
        count: here.trained("sims", {"algorithmHyperParameters": {"min_cointeraction_count": count}})
        for count in ("0", "1", "2", "3")
    }
    best = max(here.metrics(each)["precision_at_25"] for each in plain.values())
    tuned = here.tuned(version)
    assert tuned.keys() == {"min_cointeraction_count", "popularity_discount_factor"}
    assert here.metrics(version)["precision_at_25"] == best
    same = plain[tuned["min_cointeraction_count"]]
    assert here.metrics(version) == here.metrics(same)
    assert here.answer(version, itemId="i1") == here.answer(same, itemId="i1")


def test_every_training_job_is_billed(here: Here) -> None:
    plain = here.show(here.trained("sims"))["trainingHours"]
    searched = here.show(here.trained("sims", hpo(7, COUNTS, DISCOUNTS), performHPO=True))
    assert searched["trainingHours"] == pytest.approx(7 * plain, abs=0.01)
    few = here.show(here.trained("sims", hpo(40, COUNTS), performHPO=True))
    assert few["trainingHours"] == pytest.approx(4 * plain, abs=0.01)  # there are four values


@pytest.mark.parametrize("config", [None, {}, {"hpoConfig": {}}, hpo()])
def test_hpo_alone_searches_all_that_is_tunable(here: Here, config: dict[str, Any] | None) -> None:
    shown = here.show(here.trained("sims", config, performHPO=True))
    tuned = shown["tunedHPOParams"]["algorithmHyperParameters"]
    assert tuned.keys() == {"popularity_discount_factor", "min_cointeraction_count"}
    assert 0 <= float(tuned["popularity_discount_factor"]) <= 1
    assert 0 <= int(tuned["min_cointeraction_count"]) <= 10
    plain = here.show(here.trained("sims"))["trainingHours"]
    assert shown["trainingHours"] == pytest.approx(10 * plain, abs=0.01)


def test_a_hyperparameter_that_is_set_stays_unless_it_has_a_range(here: Here) -> None:
    chosen = {"algorithmHyperParameters": {"min_cointeraction_count": "1"}}
    version = here.trained("sims", {**chosen, "hpoConfig": {}}, performHPO=True)
    assert here.tuned(version).keys() == {"popularity_discount_factor"}
    same = here.trained(
        "sims", {"algorithmHyperParameters": {**chosen["algorithmHyperParameters"], **here.tuned(version)}}
    )
    assert here.metrics(version) == here.metrics(same)
    version = here.trained("sims", {**chosen, **hpo(4, [{**COUNTS[0], "minValue": 2}])}, performHPO=True)
    assert int(here.tuned(version)["min_cointeraction_count"]) in (2, 3)


@pytest.mark.parametrize(
    ("recipe", "names"),
    [
        ("user-personalization", {"hidden_dimension", "bptt", "recency_mask"}),
        ("personalized-ranking", {"hidden_dimension", "bptt", "recency_mask"}),
        ("similar-items", {"item_id_hidden_dim", "item_metadata_hidden_dim"}),
    ],
)
def test_every_recipe_with_something_tunable(here: Here, recipe: str, names: set[str]) -> None:
    version = here.trained(
        recipe, {"hpoConfig": {"hpoResourceConfig": {"maxNumberOfTrainingJobs": "2"}}}, performHPO=True
    )
    assert here.tuned(version).keys() == names


def test_values_are_spelled_as_the_range_has_them(here: Here) -> None:
    """The guide's example: true and false in lower case."""
    masks = [{"name": "recency_mask", "values": ["true", "false"]}]
    version = here.trained("user-personalization", hpo(2, categorical=masks), performHPO=True)
    assert here.tuned(version)["recency_mask"] in ("true", "false")


def test_ranges_without_hpo_are_not_searched(here: Here) -> None:
    version = here.trained("sims", hpo(4, COUNTS))
    assert here.show(version)["performHPO"] is False
    assert "tunedHPOParams" not in here.show(version)
    assert here.metrics(version) == here.metrics(here.trained("sims"))


def test_a_search_that_is_stopped_finds_nothing(here: Here) -> None:
    version = here.version(here.solution("sims", performHPO=True))
    here.sim.clock.tick(minutes=5)
    here.api.stop_solution_version_creation(solutionVersionArn=version)
    here.tick()
    shown = here.show(version)
    assert shown["status"] == "CREATE STOPPED"
    assert not {"tunedHPOParams", "trainingHours"} & shown.keys()


@pytest.mark.rule("hpo.update")
def test_an_update_keeps_what_was_found(here: Here) -> None:
    bptt = [{"name": "bptt", "minValue": 2, "maxValue": 5}]
    solution = here.solution("user-personalization", hpo(3, bptt), performHPO=True)
    full = here.version(solution)
    here.tick()
    update = here.version(solution, trainingMode="UPDATE")
    here.tick()
    assert here.show(update)["status"] == "ACTIVE"
    assert here.tuned(update) == here.tuned(full)
    assert here.show(update)["performHPO"] is True
    assert here.show(update)["trainingHours"] < here.show(full)["trainingHours"] / 2


def test_automatic_trainings_are_optimized_too(here: Here) -> None:
    solution = here.solution("sims", hpo(4, COUNTS), performHPO=True, performAutoTraining=True)
    here.sim.clock.tick(hours=3)
    [version] = here.api.list_solution_versions(solutionArn=solution)["solutionVersions"]
    assert version["trainingType"] == "AUTOMATIC"
    assert here.tuned(version["solutionVersionArn"]).keys() == {"min_cointeraction_count"}


def test_a_hyperparameter_has_one_range(here: Here) -> None:
    before = dump(here.sim._host.world)
    with refused(INVALID, "The hyperparameter min_cointeraction_count has more than one range."):
        here.solution("sims", hpo(4, COUNTS * 2), performHPO=True)
    assert dump(here.sim._host.world) == before
    here.solution("sims", hpo(4, COUNTS, DISCOUNTS), performHPO=True)
