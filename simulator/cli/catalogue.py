"""The commands that tell what is known: rules, recipes, the scenarios' language, why an event did nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option("--area", metavar="AREA", help="Those of one area alone, such as tags.")
@click.option("--grade", type=click.Choice(["documented", "observed", "assumed"]), help="Those of one grade alone.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
def rules(area: str | None, grade: str | None, as_json: bool) -> None:
    """Prints what the simulator holds the service to do: each rule, how sure it is, and where it is from."""
    import msgspec

    from simulator import rules as catalogue

    known = catalogue.load().values()
    areas = sorted({rule.area for rule in known})
    if area is not None and area not in areas:
        raise click.BadParameter(f"there is no area {area!r}; there are {', '.join(areas)}", param_hint="--area")
    chosen = [rule for rule in known if area in (None, rule.area) and grade in (None, rule.grade)]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(chosen)))
        return
    for rule in chosen:
        click.echo(f"{rule.id}  [{rule.grade}]\n    {rule.rule}\n    Source: {rule.source}")
        if rule.refusal is not None:
            click.echo(f"    Refusal: {rule.refusal}")
    click.echo(f"{len(chosen)} rules")


@click.command()
@click.argument("recipe", required=False)
@click.option("--domain", type=click.Choice(["ECOMMERCE", "VIDEO_ON_DEMAND"]), help="The use cases of a domain alone.")
@click.option("--json", "as_json", is_flag=True, help="All that is known of each, as JSON.")
def recipes(recipe: str | None, domain: str | None, as_json: bool) -> None:
    """Prints the recipes and when each one's answers change; of one RECIPE, by its name, all that is known."""
    import msgspec

    from simulator.recommend.catalogue import RECIPES
    from simulator.recommend.recipes_page import UPDATES, facts, table, update_row

    known = {each.name: each for each in RECIPES.values() if domain in (None, each.domain)}
    if recipe is not None and recipe not in known:
        raise click.BadParameter(f"there is no recipe {recipe!r}; there are {', '.join(known)}", param_hint="RECIPE")
    chosen = [known[recipe]] if recipe is not None else [*known.values()]
    if as_json:
        content = {each.name: dict(facts(each)) for each in chosen}
        click.echo(msgspec.json.format(msgspec.json.encode(content)))
    elif recipe is not None:
        for name, text in facts(chosen[0]):
            click.echo(f"{name}: {text}")
    else:
        for line in table(UPDATES, map(update_row, chosen)):
            click.echo(line)


@click.command()
@click.option("--steps", is_flag=True, help="That of files of steps for scenarios to include, *.steps.yaml.")
def schema(steps: bool) -> None:
    """Prints the JSON Schema of scenario files, by which editors complete and check them."""
    folder = Path(__file__).parents[1] / "scenario"
    file = folder / ("steps.schema.json" if steps else "scenario.schema.json")
    click.echo(file.read_text(encoding="utf-8"), nl=False)


@click.command()
@click.argument("world", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user", metavar="ID", help="Those of a user, with the anonymous ones that will be the user's.")
@click.option("--session", metavar="ID", help="Those of a session.")
@click.option("--item", metavar="ID", help="Those on an item.")
@click.option("--event-type", metavar="TYPE", help="Those of a type.")
@click.option("--target", metavar="ARN", help="What they do to a campaign, recommender or solution alone.")
def explain(
    world: Path, user: str | None, session: str | None, item: str | None, event_type: str | None, target: str | None
) -> None:
    """Says of every event in a saved world from when on it counts, for whom, by which rule, and why not."""
    from simulator.saving import SavedWorldError
    from simulator.simulation import simulate

    try:
        with simulate(load=world) as sim:
            found = sim.events.explain(user, session_id=session, item_id=item, event_type=event_type, target=target)
    except (SavedWorldError, ValueError, OSError) as fault:
        click.echo(str(fault), err=True)
        sys.exit(2)
    click.echo(str(found))
