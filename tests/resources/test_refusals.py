"""Bad input, through boto3: the code and the wording of AWS, and nothing changed."""

from __future__ import annotations

import pytest
from support import (
    RECIPE,
    SERVICE,
    Account,
    Deployment,
    account,
    dataset,
    deploy,
    import_csv,
    policy,
    refused,
    schema_text,
    some_interactions,
)

from simulator import Simulation, simulate
from simulator.resources.dump import dump

ARN = "arn:aws:personalize:us-east-1:123456789012:"
PRIVILEGES = (
    "Insufficient privileges for accessing data in S3. Please look at "
    "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html"
)


@pytest.fixture
def films(here: Account) -> Deployment:
    return dataset(here, here.personalize.list_schemas)


def state(sim: Simulation) -> bytes | str:
    return dump(sim._host.world)


@pytest.mark.parametrize(
    ("operation", "member", "arn", "wording"),
    [
        ("describe_schema", "schemaArn", "schema/no", "The given schema does not exist: {}"),
        ("delete_schema", "schemaArn", "schema/no", "The given schema does not exist: {}"),
        (
            "describe_dataset_group",
            "datasetGroupArn",
            "dataset-group/no",
            "The given dataset group does not exist: {}",
        ),
        (
            "delete_dataset_group",
            "datasetGroupArn",
            "dataset-group/no",
            "The given dataset group does not exist: {}",
        ),
        ("describe_dataset", "datasetArn", "dataset/no/ITEMS", "Resource Arn {} does not exist."),
        ("delete_dataset", "datasetArn", "dataset/no/ITEMS", "Resource Arn {} does not exist."),
        (
            "describe_event_tracker",
            "eventTrackerArn",
            "event-tracker/5ec93b79",
            "Resource Arn {} does not exist.",
        ),
        (
            "delete_event_tracker",
            "eventTrackerArn",
            "event-tracker/5ec93b79",
            "Resource Arn {} does not exist.",
        ),
        ("describe_solution", "solutionArn", "solution/no", "The given solution does not exist: {}"),
        ("list_solution_versions", "solutionArn", "solution/no", "The given solution does not exist: {}"),
        ("delete_solution", "solutionArn", "solution/no", "The given solution does not exist: {}"),
        ("create_solution_version", "solutionArn", "solution/no", "The given solution does not exist: {}"),
        (
            "describe_solution_version",
            "solutionVersionArn",
            "solution/no/12345678",
            "The given solution version does not exist: {}",
        ),
        (
            "get_solution_metrics",
            "solutionVersionArn",
            "solution/no/12345678",
            "The given solution version does not exist: {}",
        ),
        ("describe_campaign", "campaignArn", "campaign/no", "The given campaign does not exist: {}"),
        ("update_campaign", "campaignArn", "campaign/no", "The given campaign does not exist: {}"),
        ("delete_campaign", "campaignArn", "campaign/no", "The given campaign does not exist: {}"),
        (
            "describe_dataset_import_job",
            "datasetImportJobArn",
            "dataset-import-job/no",
            "The given dataset import job does not exist: {}",
        ),
        (
            "describe_dataset_export_job",
            "datasetExportJobArn",
            "dataset-export-job/no",
            "The given dataset export job does not exist: {}",
        ),
    ],
)
def test_what_does_not_exist(
    sim: Simulation, here: Account, operation: str, member: str, arn: str, wording: str
) -> None:
    """[err-004] for solutions."""
    before = state(sim)
    with refused("ResourceNotFoundException", wording.format(ARN + arn)):
        getattr(here.personalize, operation)(**{member: ARN + arn})
    assert state(sim) == before


def test_names_are_taken(sim: Simulation, here: Account) -> None:
    made = deploy(here, here.personalize.list_schemas, some_interactions())
    before = state(sim)
    exists = "Another resource with Arn {} already exists."
    with refused("ResourceAlreadyExistsException", exists.format(made.group)):
        here.personalize.create_dataset_group(name="films")
    with refused("ResourceAlreadyExistsException", exists.format(made.schema)):
        here.personalize.create_schema(name="films", schema=schema_text())
    with refused("ResourceAlreadyExistsException", exists.format(ARN + "dataset-import-job/films")):
        import_csv(here, made, some_interactions(), name="films")
    with refused("ResourceAlreadyExistsException", exists.format(made.solution)):
        here.personalize.create_solution(name="films", datasetGroupArn=made.group, recipeArn=RECIPE)
    with refused("ResourceAlreadyExistsException", exists.format(made.campaign)):
        here.personalize.create_campaign(name="films", solutionVersionArn=made.version)
    with refused(
        "ResourceAlreadyExistsException",
        "Another dataset of type: INTERACTIONS already exists in the provided dataset group",
    ):
        here.personalize.create_dataset(
            name="other", schemaArn=made.schema, datasetGroupArn=made.group, datasetType="INTERACTIONS"
        )
    with refused(
        "ResourceAlreadyExistsException",
        f"EventTracker {made.tracker} already exists for DatasetGroup {made.group}",
    ):
        here.personalize.create_event_tracker(name="other", datasetGroupArn=made.group)
    assert state(sim) == before


def test_what_is_in_use_cannot_go(sim: Simulation, here: Account) -> None:
    """[err-022] [err-027] [err-028]"""
    made = deploy(here, here.personalize.list_schemas, some_interactions())
    before = state(sim)
    with refused("ResourceInUseException", "The provided schema is being referenced by one or more datasets"):
        here.personalize.delete_schema(schemaArn=made.schema)
    with refused("ResourceInUseException", "The provided dataset-group is being referenced by one or more solutions"):
        here.personalize.delete_dataset_group(datasetGroupArn=made.group)
    with refused("ResourceInUseException", "The provided solution is being referenced by one or more campaigns"):
        here.personalize.delete_solution(solutionArn=made.solution)
    assert state(sim) == before


def test_parents_must_be_active() -> None:
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        here = account()
        group = here.personalize.create_dataset_group(name="films")["datasetGroupArn"]
        schema = here.personalize.create_schema(name="films", schema=schema_text())["schemaArn"]
        with refused("ResourceInUseException", f"{group} is not in ACTIVE state."):
            here.personalize.create_dataset(
                name="films", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
            )
        with refused("ResourceInUseException", f"{group} is not in ACTIVE state."):
            here.personalize.create_event_tracker(name="films", datasetGroupArn=group)
        made = deploy(here, lambda: sim.clock.tick(hours=1), some_interactions(), name="more")
        version = here.personalize.create_solution_version(solutionArn=made.solution)["solutionVersionArn"]
        with refused("ResourceInUseException", f"{version} is not in ACTIVE state."):
            here.personalize.create_campaign(name="early", solutionVersionArn=version)
        with refused("ResourceInUseException", "Cannot get metrics for solution since it is not in ACTIVE state."):
            here.personalize.get_solution_metrics(solutionVersionArn=version)
        with refused("ResourceInUseException", f"{made.dataset} cannot be deleted while a training is in progress."):
            here.personalize.delete_dataset(datasetArn=made.dataset)
        with refused("ResourceInUseException", f"{made.solution} cannot be deleted while a training is in progress."):
            here.personalize.delete_campaign(campaignArn=made.campaign)
            sim.clock.tick(minutes=16)
            here.personalize.delete_solution(solutionArn=made.solution)


def test_one_campaign_update_at_a_time() -> None:
    with simulate(start="2022-03-08T09:00:00Z") as sim:
        here = account()
        made = deploy(here, lambda: sim.clock.tick(hours=1), some_interactions())
        here.personalize.update_campaign(campaignArn=made.campaign, minProvisionedTPS=2)
        wording = f"{made.campaign} cannot be updated: its status must be ACTIVE or CREATE FAILED."
        with refused("ResourceInUseException", wording):
            here.personalize.update_campaign(campaignArn=made.campaign, minProvisionedTPS=3)
        with refused("ResourceInUseException", f"{made.campaign} cannot be deleted while its update is in progress."):
            here.personalize.delete_campaign(campaignArn=made.campaign)
        sim.clock.tick(minutes=5)
        shown = here.personalize.describe_campaign(campaignArn=made.campaign)["campaign"]
        assert (shown["minProvisionedTPS"], shown["latestCampaignUpdate"]["status"]) == (2, "ACTIVE")


def test_a_solution_needs_data(here: Account, films: Deployment) -> None:
    with refused(
        "InvalidInputException",
        "Dataset group must contain an INTERACTIONS dataset with successfully completed dataset import job or "
        "EVENT_INTERACTIONS",
    ):
        here.personalize.create_solution(name="films", datasetGroupArn=films.group, recipeArn=RECIPE)


class TestAccessToS3:
    def test_role_without_permission(self, sim: Simulation, here: Account, films: Deployment) -> None:
        here.upload(some_interactions())
        here.iam.delete_role_policy(RoleName=f"personalize-{here.bucket}", PolicyName="s3")
        before = state(sim)
        with refused("InvalidInputException", f"{PRIVILEGES} and ensure your role is configured correctly."):
            self.create(here, films)
        assert state(sim) == before

    def test_a_condition_that_cannot_be_evaluated_is_loud(
        self, sim: Simulation, here: Account, films: Deployment
    ) -> None:
        here.upload(some_interactions())
        here.s3.put_bucket_policy(
            Bucket=here.bucket,
            Policy=policy(
                Principal=SERVICE,
                Action="s3:*",
                Resource=f"arn:aws:s3:::{here.bucket}*",
                Condition={"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
            ),
        )
        before = state(sim)
        with pytest.raises(here.personalize.exceptions.ClientError, match="does not simulate policies with") as caught:
            self.create(here, films)
        assert caught.value.response["Error"]["Code"] in ("ValidationException", "InvalidInputException")
        assert state(sim) == before

    @staticmethod
    def create(here: Account, films: Deployment) -> None:
        here.personalize.create_dataset_import_job(
            jobName="films",
            datasetArn=films.dataset,
            dataSource={"dataLocation": f"s3://{here.bucket}/interactions.csv"},
            roleArn=here.role,
        )


class TestCsv:
    def test_missing_column(self, sim: Simulation, here: Account) -> None:
        films = dataset(here, here.personalize.list_schemas, schema_text({"name": "EVENT_TYPE", "type": "string"}))
        before = state(sim)
        with refused("InvalidInputException", "Input csv is missing the following columns: [EVENT_TYPE]"):
            import_csv(here, films, some_interactions())
        assert state(sim) == before

    @pytest.mark.parametrize("bad", ["u1,i1,noon", "u1,i1,", "u1,i1,1.5", ",i1,1400000000", "u1,,1400000000", "u1"])
    def test_rows_that_do_not_fit(self, here: Account, films: Deployment, bad: str) -> None:
        body = some_interactions().to_csv(index=False) + bad + "\n"
        with refused(
            "InvalidInputException",
            "Input csv has rows that do not conform to the dataset schema. Please ensure all required data "
            "fields are present and that they are of the type specified in the schema.",
        ):
            import_csv(here, films, body.encode())

    @pytest.mark.parametrize(
        ("frame", "reason"),
        [
            (some_interactions(999), "Input csv has fewer than 1000 interaction records."),
            (
                some_interactions().replace({"USER_ID": {"u1": "x" * 257}}),
                "Length cannot be more than 256 characters for USER_ID. If no values exceed the character "
                "limit, make sure your data follows the formatting guidelines listed in "
                "https://docs.aws.amazon.com/personalize/latest/dg/data-prep-formatting.html.",
            ),
        ],
    )
    def test_faults_that_fail_the_job(self, here: Account, films: Deployment, frame: object, reason: str) -> None:
        job = import_csv(here, films, frame)  # type: ignore[arg-type]
        shown = here.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
        assert (shown["status"], shown["failureReason"]) == ("CREATE FAILED", reason)
        with pytest.raises(here.personalize.exceptions.InvalidInputException):
            here.personalize.create_solution(name="films", datasetGroupArn=films.group, recipeArn=RECIPE)

    def test_ids_are_texts(self, here: Account, films: Deployment) -> None:
        """An id is what the file says: leading zeros, NA and null are ids like others."""
        frame = some_interactions().replace({"USER_ID": {"u1": "007", "u2": "7", "u3": "NA", "u4": "null"}})
        import_csv(here, films, frame)
        here.personalize.create_dataset_export_job(
            jobName="all",
            datasetArn=films.dataset,
            ingestionMode="BULK",
            roleArn=here.role,
            jobOutput={"s3DataDestination": {"path": f"s3://{here.bucket}/out"}},
        )
        here.personalize.list_schemas()
        key = here.s3.list_objects_v2(Bucket=here.bucket, Prefix="out")["Contents"][0]["Key"]
        rows = here.s3.get_object(Bucket=here.bucket, Key=key)["Body"].read().decode().splitlines()[1:]
        assert {row.split(",")[3] for row in rows} >= {"007", "7", "NA", "null"}
        assert len(rows) == len(frame)
