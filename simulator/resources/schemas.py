"""Schemas: Avro texts, usable at once."""

from __future__ import annotations

from dataclasses import dataclass

from simulator import errors
from simulator.data.schemas import AvroSchema, parse_schema
from simulator.resources import lifecycle
from simulator.resources.lookup import (
    Answer,
    Request,
    given,
    new_arn,
    page,
    require_fewer,
    times_without_reason,
)
from simulator.resources.operations import PAGES, operation
from simulator.resources.world import ACTIVE, Record, Scope


@dataclass
class Schema(Record):
    """A schema: its text exactly as sent (resp-022), and what the text says."""

    text: str
    avro: AvroSchema
    domain: str | None = None


def create_schema(scope: Scope, request: Request) -> Answer:
    """CreateSchema, by the Avro rules of its dataset type and domain."""
    table = scope.inventory.schemas
    arn = new_arn(scope, table, "schema", request["name"])
    require_fewer(scope, "active_schemas", table)
    text, domain = request["schema"], request.get("domain")
    avro = parse_schema(text, scope.world.quotas, domain)
    table.add(Schema(arn, request["name"], ACTIVE, scope.now, scope.now, text, avro, domain))
    return {"schemaArn": arn}


def describe_schema(scope: Scope, request: Request) -> Answer:
    """DescribeSchema."""
    schema = given(scope.inventory.schemas, "schema", request["schemaArn"])
    return {"schema": {**_summary(schema), "schema": schema.text}}


def list_schemas(scope: Scope, request: Request) -> Answer:
    """ListSchemas."""
    return page(request, "schemas", scope.inventory.schemas, None, _summary)


def delete_schema(scope: Scope, request: Request) -> Answer:
    """DeleteSchema: at once, unless a dataset uses it or is about to (err-028)."""
    schema = given(scope.inventory.schemas, "schema", request["schemaArn"])
    if any(schema.arn in dataset.schema_arns for dataset in scope.inventory.datasets.values()):
        raise errors.REFERENCED(family="schema", referrers="datasets")
    lifecycle.remove(scope, "schema", schema.arn)
    return {}


def _summary(schema: Schema) -> Answer:
    shown = times_without_reason(schema)
    del shown["status"]
    return {"name": schema.name, "schemaArn": schema.arn, **shown, "domain": schema.domain}


OPERATIONS = {
    "CreateSchema": operation(create_schema, "name", "schema", "domain"),
    "DescribeSchema": operation(describe_schema, "schemaArn"),
    "ListSchemas": operation(list_schemas, *PAGES),
    "DeleteSchema": operation(delete_schema, "schemaArn"),
}
