"""Plays a scenario in a simulation, step by step, to the end or the first that does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.item_lists import item_ids
from simulator.scenario.loaded import Scenario
from simulator.scenario.outcome import Listener, Outcome, Overrides
from simulator.scenario.stages import Stage, in_process
from simulator.scenario.story import Story


def run(scenario: Scenario, listener: Listener | None = None, overrides: Overrides | None = None) -> Outcome:
    """Runs a scenario in a simulation of its own; the listener hears of every step, and of what it asks and checks.

    Raises ScenarioFailed at the first step that does not hold, ScenarioInvalid if the scenario names an
    operation or a file that there is not, ValueError for an override that makes no sense, SavedWorldError or OSError
    for a saved world that cannot be loaded or written.
    """
    overrides = overrides or Overrides()
    with in_process(scenario, overrides) as stage:
        outcome = play(scenario, stage, listener, overrides)
        if overrides.save is not None:
            stage.save(overrides.save)
        return outcome


def play(
    scenario: Scenario, stage: Stage, listener: Listener | None = None, overrides: Overrides | None = None
) -> Outcome:
    """Plays a scenario on a stage. Raises ScenarioFailed, ScenarioInvalid."""
    began = stage.now()
    story = Story(scenario, stage, (overrides or Overrides()).ratings, listener)
    for index in range(len(scenario.steps)):
        story.play(index)
    _check_shows(scenario, story.saved)
    return Outcome(scenario, began, stage.now(), story.clients.calls, story.saved)


def _check_shows(scenario: Scenario, saved: Mapping[str, Any]) -> None:
    for number, show in enumerate(scenario.content.show):
        for column, shown in enumerate(show.lists):
            try:
                item_ids(saved[shown.value])
            except TypeError as fault:
                path = ("show", number, "lists", column, "value")
                raise scenario.invalid(path, f"{shown.value} cannot be shown: {fault}") from None
