"""Metadata in the answers of recommenders."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from support import Deployment, account, import_csv, refused, schema_text, some_interactions, start_import

from simulator import simulate

# What of a real answer is asked for: domain, use case, type of event, columns of items with a value, what is shown.
SEEN: dict[str, tuple[str, str, str, dict[str, tuple[str, Any]], dict[str, str]]] = {
    "[resp-028]": (
        "ECOMMERCE",
        "aws-ecomm-customers-who-viewed-x-also-viewed",
        "View",
        {"PRICE": ("float", 130), "CATEGORY_L1": ("string", "shoes"), "PRODUCT_DESCRIPTION": ("string", "Brown boots")},
        {"price": "130.0", "product_description": "Brown boots"},
    ),
    "[resp-029]": (
        "VIDEO_ON_DEMAND",
        "aws-vod-more-like-x",
        "Watch",
        {"GENRES": ("string", "drama"), "CREATION_TIMESTAMP": ("long", 1_600_000_000), "TITLE": ("string", "A Film")},
        {"title": "A Film"},
    ),
}


def item_schema(columns: dict[str, tuple[str, Any]]) -> str:
    more = {"CATEGORY_L1": {"categorical": True}, "GENRES": {"categorical": True}}
    more["PRODUCT_DESCRIPTION"] = {"textual": True}
    fields: list[dict[str, Any]] = [{"name": "ITEM_ID", "type": "string"}]
    for name, (kind, _) in columns.items():
        fields.append({"name": name, "type": kind, **more.get(name, {})})
    return json.dumps({**json.loads(schema_text()), "name": "Items", "fields": fields})


@pytest.mark.parametrize(("domain", "recipe", "event_type", "columns", "shown"), SEEN.values(), ids=SEEN)
def test_metadata_of_recommenders(
    domain: str, recipe: str, event_type: str, columns: dict[str, tuple[str, Any]], shown: dict[str, str]
) -> None:
    """Keys in lower case, all values texts, no scores; not before it is enabled."""
    with simulate(start="2022-03-08T09:00:00Z", durations="instant"):
        here = account()
        p, settle = here.personalize, here.personalize.list_schemas
        group = p.create_dataset_group(name="shop", domain=domain)["datasetGroupArn"]
        settle()
        arns = {}
        schemas = {"Interactions": schema_text({"name": "EVENT_TYPE", "type": "string"}), "Items": item_schema(columns)}
        for kind, text in schemas.items():
            schema = p.create_schema(name=kind, schema=text, domain=domain)["schemaArn"]
            made = p.create_dataset(name=kind, schemaArn=schema, datasetGroupArn=group, datasetType=kind)
            arns[kind] = made["datasetArn"]
        settle()
        events = some_interactions(2400).assign(EVENT_TYPE=event_type)
        import_csv(here, Deployment(group, "", arns["Interactions"]), events)
        items = pd.DataFrame({"ITEM_ID": events.ITEM_ID.unique()}).assign(
            **{name: each for name, (_, each) in columns.items()}
        )
        start_import(here, arns["Items"], here.upload(items, "items.csv"), "items")
        settle()
        asked: dict[str, Any] = {"userId": "u1", "itemId": "i3", "numResults": 20}
        asked["metadataColumns"] = {"ITEMS": [name.upper() for name in shown]}
        for is_enabled in (False, True):
            arn = p.create_recommender(
                name=f"r{is_enabled}",
                datasetGroupArn=group,
                recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
                recommenderConfig={"enableMetadataWithRecommendations": is_enabled},
            )["recommenderArn"]
            settle()
            if not is_enabled:
                with refused("InvalidInputException", f"Metadata in recommendations is not enabled for {arn}."):
                    here.runtime.get_recommendations(recommenderArn=arn, **asked)
                continue
            found = here.runtime.get_recommendations(recommenderArn=arn, **asked)["itemList"]
            assert found
            assert all({key: each[key] for key in each if key != "itemId"} == {"metadata": shown} for each in found)
