"""Recipes, their algorithms and feature transformations: the catalogue, as the service shows it to everybody."""

from __future__ import annotations

from collections.abc import Iterator

from simulator import errors
from simulator.recommend.catalogue import FEATURE_TRANSFORMATIONS, RECIPES, Hyperparameter, Recipe, recipe_of
from simulator.resources.lookup import Answer, Request, page_token, place_of
from simulator.resources.operations import PAGES, operation
from simulator.resources.world import ACTIVE, Scope

_LISTED = tuple(recipe for recipe in RECIPES.values() if recipe.listed)
_PAGE = 12  # resp-055


def list_recipes(scope: Scope, request: Request) -> Answer:
    """ListRecipes, in the order of their names. A page of all is taken, and of it the recipes of a domain are shown.

    So a page may be short or empty and still have a token (resp-011, resp-012). Raises `INVALID_NEXT_TOKEN`.
    """
    domain = request.get("domain")
    after = _name_in(request["nextToken"], domain) if "nextToken" in request else ""
    behind = [recipe for recipe in _LISTED if recipe.name > after]
    size = request.get("maxResults", _PAGE)
    shown = behind[:size]
    answer: Answer = {"recipes": [_summary(recipe) for recipe in shown if domain in (None, recipe.domain)]}
    if len(behind) > size:
        answer["nextToken"] = page_token("recipes", domain, shown[-1].name)
    return answer


def describe_recipe(scope: Scope, request: Request) -> Answer:
    """DescribeRecipe; legacy recipes can be described, though they are not listed."""
    recipe = given_recipe(request["recipeArn"])
    shown = _summary(recipe)
    del shown["domain"]
    return {
        "recipe": {
            **shown,
            "algorithmArn": recipe.algorithm_arn,
            "featureTransformationArn": recipe.feature_transformation_arn,
            "description": recipe.description,
            "recipeType": recipe.recipe_type,
        }
    }


def describe_algorithm(scope: Scope, request: Request) -> Answer:
    """DescribeAlgorithm."""
    arn = request["algorithmArn"]
    recipe = next((each for each in RECIPES.values() if each.algorithm_arn == arn), None)
    if recipe is None:
        raise errors.GIVEN_DOES_NOT_EXIST(family="algorithm", arn=arn)
    hyperparameters = recipe.algorithm_hyperparameters
    return {
        "algorithm": {
            "name": recipe.algorithm_name,
            "algorithmArn": arn,
            "defaultHyperParameters": {each.name: each.default for each in hyperparameters},
            "defaultHyperParameterRanges": {
                "integerHyperParameterRanges": list(_numeric_ranges(hyperparameters, "integer")),
                "continuousHyperParameterRanges": list(_numeric_ranges(hyperparameters, "continuous")),
                "categoricalHyperParameterRanges": [
                    {"name": each.name, "values": list(each.choices), "isTunable": each.tunable}
                    for each in hyperparameters
                    if each.kind == "categorical"
                ],
            },
            "creationDateTime": recipe.created,
            "lastUpdatedDateTime": recipe.created,
        }
    }


def describe_feature_transformation(scope: Scope, request: Request) -> Answer:
    """DescribeFeatureTransformation."""
    arn = request["featureTransformationArn"]
    defaults = FEATURE_TRANSFORMATIONS.get(arn)
    if defaults is None:
        raise errors.GIVEN_DOES_NOT_EXIST(family="feature transformation", arn=arn)
    created = min(each.created for each in RECIPES.values() if each.feature_transformation_arn == arn)
    return {
        "featureTransformation": {
            "name": arn.rpartition("/")[2],
            "featureTransformationArn": arn,
            "defaultParameters": dict(defaults),
            "creationDateTime": created,
            "lastUpdatedDateTime": created,
            "status": ACTIVE,
        }
    }


def given_recipe(arn: str) -> Recipe:
    """The recipe of an ARN; raises `GIVEN_DOES_NOT_EXIST`."""
    recipe = recipe_of(arn)
    if recipe is None:
        raise errors.GIVEN_DOES_NOT_EXIST(family="recipe", arn=arn)
    return recipe


def _name_in(token: str, domain: str | None) -> str:
    match place_of(token):
        case ["recipes", of, str(name)] if of == domain:
            return name
        case _:
            raise errors.INVALID_NEXT_TOKEN()


def _numeric_ranges(hyperparameters: tuple[Hyperparameter, ...], kind: str) -> Iterator[Answer]:
    for each in hyperparameters:
        if each.kind == kind:
            yield {
                "name": each.name,
                "minValue": each.lowest,
                "maxValue": each.highest,
                "isTunable": each.tunable,
            }


def _summary(recipe: Recipe) -> Answer:
    return {
        "name": recipe.name,
        "recipeArn": recipe.arn,
        "status": ACTIVE,
        "creationDateTime": recipe.created,
        "lastUpdatedDateTime": recipe.created if recipe.updated is None else recipe.updated,
        "domain": recipe.domain,
    }


OPERATIONS = {
    "ListRecipes": operation(list_recipes, "recipeProvider", "domain", *PAGES),
    "DescribeRecipe": operation(describe_recipe, "recipeArn"),
    "DescribeAlgorithm": operation(
        describe_algorithm, "algorithmArn", note="no image, resources or training input mode: nobody has published them"
    ),
    "DescribeFeatureTransformation": operation(describe_feature_transformation, "featureTransformationArn"),
}
