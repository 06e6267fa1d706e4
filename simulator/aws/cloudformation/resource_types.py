"""The resource types of Personalize in templates.

moto finds them among the direct subclasses of its own model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.common_models import CloudFormationModel

from simulator.aws.cloudformation.calls import call, member, wait_until_active
from simulator.aws.cloudformation.resources import Resource, own_tags


class DatasetGroup(Resource, CloudFormationModel):
    """AWS::Personalize::DatasetGroup."""

    noun = "DatasetGroup"
    required = ("Name",)
    optional = ("Domain", "KmsKeyArn", "RoleArn", "Tags")


class Schema(Resource, CloudFormationModel):
    """AWS::Personalize::Schema: usable at once; its create call takes no tags, so they are set by another."""

    noun = "Schema"
    required = ("Name", "Schema")
    optional = ("Domain", "Tags")

    def create(self) -> None:
        """Creates it, and then its tags."""
        super().create()
        tags = self.tags()
        if tags:
            call(self.home, "TagResource", {"resourceArn": self.arn, "tags": tags})

    def request(self) -> dict[str, Any]:
        """The members of its create call."""
        return {name: value for name, value in super().request().items() if name != "tags"}


class Dataset(Resource, CloudFormationModel):
    """AWS::Personalize::Dataset, with the import job that fills it."""

    noun = "Dataset"
    required = ("DatasetGroupArn", "DatasetType", "Name", "SchemaArn")
    optional = ("DatasetImportJob", "Tags")
    in_place = frozenset({"DatasetImportJob"})

    def create(self) -> None:
        """Creates it, and then its import job."""
        super().create()
        self.change(self.properties)

    def change(self, properties: Mapping[str, Any]) -> None:
        """Runs the import job, if there is one, and waits until it is ACTIVE."""
        job = properties.get("DatasetImportJob")
        if job:
            request = {**member("DatasetImportJob", job), "datasetArn": self.arn}
            request.pop("datasetImportJobArn", None)
            created = call(self.home, "CreateDatasetImportJob", request)
            wait_until_active(self.home, "DatasetImportJob", created["datasetImportJobArn"])

    def replace(self, successor: Resource) -> Resource:
        """Deletes it before its successor is created, which may have its ARN."""
        self.remove()
        return super().replace(successor)

    def request(self) -> dict[str, Any]:
        """The members of its create call."""
        return {name: value for name, value in super().request().items() if name != "datasetImportJob"}

    def identifier(self) -> str:
        """The ARN, which two datasets of a type and group would share."""
        group = str(self.properties["DatasetGroupArn"]).replace(":dataset-group/", ":dataset/", 1)
        return f"{group}/{str(self.properties['DatasetType']).upper()}"


class Solution(Resource, CloudFormationModel):
    """AWS::Personalize::Solution."""

    noun = "Solution"
    required = ("DatasetGroupArn", "Name")
    optional = ("EventType", "PerformAutoML", "PerformHPO", "RecipeArn", "SolutionConfig", "Tags")


class EventTracker(Resource, CloudFormationModel):
    """AWS::Personalize::EventTracker, whose tags can change."""

    noun = "EventTracker"
    required = ("DatasetGroupArn", "Name")
    optional = ("Tags",)
    attributes = ("TrackingId",)
    in_place = frozenset({"Tags"})

    def change(self, properties: Mapping[str, Any]) -> None:
        """Gives it other tags of its own."""
        before, after = own_tags(self.properties), own_tags(properties)
        gone = [key for key in before if key not in after]
        if gone:
            call(self.home, "UntagResource", {"resourceArn": self.arn, "tagKeys": gone})
        if after:
            tags = [{"tagKey": key, "tagValue": value} for key, value in after.items()]
            call(self.home, "TagResource", {"resourceArn": self.arn, "tags": tags})
