"""PutItems, PutUsers and PutActions: records one by one, where an import brings them in bulk.

A record that is put replaces that of its id as a whole; all earlier versions stay for exports. Nothing has to be
imported or trained before. A creation time that is not given stays absent, as in bulk data.
Source: the guide, importing individual records into a dataset (spec 03, section 7).
"""

from __future__ import annotations

from simulator import errors
from simulator.data.properties import property_reader
from simulator.data.records import PutRecord
from simulator.resources.datasets import RecordsDataset, dataset
from simulator.resources.lookup import Answer, Request, require_active
from simulator.resources.operations import members, operation
from simulator.resources.world import Scope


def put_items(scope: Scope, request: Request) -> Answer:
    """PutItems: 1 to 10 items, each in the place of an earlier one of its id; all of a call or none."""
    return _put(scope, request, "PutItems", "ITEMS", "items", "itemId")


def put_users(scope: Scope, request: Request) -> Answer:
    """PutUsers: 1 to 10 users, each in the place of an earlier one of its id; all of a call or none."""
    return _put(scope, request, "PutUsers", "USERS", "users", "userId")


def put_actions(scope: Scope, request: Request) -> Answer:
    """PutActions: 1 to 10 actions, each in the place of an earlier one of its id; all of a call or none."""
    return _put(scope, request, "PutActions", "ACTIONS", "actions", "actionId")


def _put(scope: Scope, request: Request, name: str, dataset_type: str, member: str, id_member: str) -> Answer:
    """Raises `DATASET_OF_ANOTHER_TYPE`, and what a `PropertyReader` raises."""
    found = dataset(scope, request["datasetArn"])
    require_active(found)
    if not isinstance(found, RecordsDataset) or found.dataset_type != dataset_type:
        raise errors.DATASET_OF_ANOTHER_TYPE(
            arn=found.arn, found=found.dataset_type, operation=name, wanted=dataset_type
        )
    schema = scope.inventory.schemas[found.schema_arn].avro
    reader = property_reader(schema, frozenset({found.store.id_column}))
    records = []
    for sent in request[member]:
        values = reader.read(sent.get("properties"), scope.world.quotas)
        reader.require(values)
        records.append(PutRecord(scope.now, sent[id_member], tuple(sorted(values.items()))))
    for record in records:
        found.store.add_record(record)
    return {}


OPERATIONS = {
    "PutItems": operation(
        put_items,
        "datasetArn",
        items=members("itemId", "properties"),
        note="an item is recommended only after a training or update that sees interactions with it",
    ),
    "PutUsers": operation(put_users, "datasetArn", users=members("userId", "properties")),
    "PutActions": operation(put_actions, "datasetArn", actions=members("actionId", "properties")),
}
