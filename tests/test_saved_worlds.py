"""Saved worlds: what is loaded answers as what was saved would have, and a bad file is an error and nothing else."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, get_args, get_origin
from zipfile import ZIP_DEFLATED, ZipFile

import boto3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from support import RECIPE, SERVICE, Account, Deployment, account, deploy, import_csv, policy, some_interactions

import simulator
from simulator import SavedWorldError, Simulation, saving, simulate
from simulator.clock import Agenda, Entry
from simulator.data.interactions import Arrival, PutEvent
from simulator.resources.dump import dump
from simulator.resources.table import Table
from simulator.resources.world import World
from simulator.saving import archive, plain_classes

START = "2022-03-08T09:00:00Z"
HALF_AN_HOUR = timedelta(minutes=30)
BUCKET = "ratings-bucket"


def clients(bucket: str = BUCKET) -> Account:
    """The clients of an account whose bucket and role are there already."""
    names = ("s3", "iam", "personalize", "personalize-events", "personalize-runtime")
    made = [boto3.client(name, region_name="us-east-1") for name in names]
    return Account(*made, bucket, f"arn:aws:iam::123456789012:role/personalize-{bucket}")


def put(on: Account, tracking_id: str, user: str, *items: str) -> None:
    for item in items:
        on.events.put_events(
            trackingId=tracking_id,
            userId=user,
            sessionId="session",
            eventList=[{"eventType": "watch", "itemId": item, "sentAt": 1_600_000_001}],
        )


def begin(sim: Simulation) -> Deployment:
    """A deployment with events, tags, and of everything something under way."""
    here = account(BUCKET)
    made = deploy(here, lambda: sim.clock.tick(HALF_AN_HOUR), some_interactions())
    here.personalize.tag_resource(resourceArn=made.campaign, tags=[{"tagKey": "team", "tagValue": "films"}])
    put(here, made.tracking_id, "u1", "i1", "i2", "brand-new")
    here.personalize.create_dataset_export_job(**export(here, made, "all"))
    sim.clock.tick(minutes=6)
    import_csv(here, made, some_interactions(seed=1), name="later")
    here.personalize.create_solution_version(solutionArn=made.solution)
    here.personalize.create_dataset_export_job(**export(here, made, "more"))
    sim.clock.tick(minutes=1)
    here.runtime.get_recommendations(campaignArn=made.campaign, userId="u1")
    return made


def export(on: Account, made: Deployment, name: str) -> dict[str, Any]:
    return {
        "jobName": name,
        "datasetArn": made.dataset,
        "ingestionMode": "ALL",
        "roleArn": on.role,
        "jobOutput": {"s3DataDestination": {"path": f"s3://{on.bucket}/out"}},
    }


def go_on(sim: Simulation, made: Deployment) -> tuple[list[Any], str]:
    """Many answers, with their headers, and the world that they end in."""
    here = clients()
    answers: list[Any] = [here.s3.get_object(Bucket=BUCKET, Key="interactions.csv")["Body"].read()]

    def look() -> None:
        personalize = here.personalize
        answers.extend(
            [
                sim.clock.now(),
                *(here.runtime.get_recommendations(campaignArn=made.campaign, userId=user) for user in ("u1", "u2")),
                personalize.list_solution_versions(),
                personalize.list_dataset_import_jobs(maxResults=1),
                personalize.list_dataset_export_jobs(),
                personalize.describe_campaign(campaignArn=made.campaign),
                personalize.describe_dataset_group(datasetGroupArn=made.group),
                personalize.describe_schema(schemaArn=made.schema),
                personalize.get_solution_metrics(solutionVersionArn=made.version),
                personalize.list_tags_for_resource(resourceArn=made.campaign),
            ]
        )
        for found in here.s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
            answers.append({**found, "body": here.s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()})

    look()
    put(here, made.tracking_id, "u2", "i3", "another")
    answers.append(import_csv(here, made, some_interactions(seed=2), name="last", importMode="INCREMENTAL"))
    answers.append(
        here.personalize.create_solution(
            name="new", datasetGroupArn=made.group, recipeArn=RECIPE, performAutoTraining=False
        )
    )
    look()
    for hours in (0.2, 2, 5):
        sim.clock.tick(hours=hours)
        look()
    return answers, dump(sim._host.world)


class Before(NamedTuple):
    """A saved world, and what became of the one that was saved."""

    file: Path
    made: Deployment
    answers: list[Any]
    end: str


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Before:
    file = tmp_path_factory.mktemp("saved") / "begun.world"
    with simulate(start=START, seed=3, quotas={"active_schemas": 7}) as sim:
        made = begin(sim)
        sim.save(file)
        return Before(file, made, *go_on(sim, made))


class TestGoingOn:
    @pytest.mark.rule("saved-worlds.goes-on")
    def test_it_answers_as_the_saved_world_would_have(self, saved: Before) -> None:
        """The same answers with their ids; the same jobs end; the automatic update comes at its time."""
        with simulate(load=saved.file) as sim:
            assert (sim.seed, sim.clock.now()) == (3, datetime(2022, 3, 8, 11, 37, tzinfo=UTC))
            answers, end = go_on(sim, saved.made)
        assert answers == saved.answers
        assert end == saved.end

    def test_saving_changes_nothing(self, saved: Before, tmp_path: Path) -> None:
        with simulate(load=saved.file) as sim:
            before = dump(sim._host.world)
            sim.save(tmp_path / "again.world")
            assert dump(sim._host.world) == before

    @pytest.mark.rule("saved-worlds.equal-files")
    def test_equal_worlds_make_equal_files(self, saved: Before, tmp_path: Path) -> None:
        """Saved again after loading, and made anew in another process, with other hashes of texts."""
        with simulate(load=saved.file) as sim:
            sim.save(tmp_path / "again.world")
        assert (tmp_path / "again.world").read_bytes() == saved.file.read_bytes()
        code = f"""
            import sys
            sys.path[:0] = {sys.path!r}
            import test_saved_worlds as here
            with here.simulate(start=here.START, seed=3, quotas={{"active_schemas": 7}}) as sim:
                here.begin(sim)
                sim.save("elsewhere.world")
            with here.simulate(load={str(saved.file)!r}) as sim:
                print(here.dump(sim._host.world))
        """
        ran = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": "11"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (tmp_path / "elsewhere.world").read_bytes() == saved.file.read_bytes(), ran.stderr
        with simulate(load=saved.file) as sim:
            assert ran.stdout.strip("\n") == dump(sim._host.world)

    def test_what_is_shared_stays_shared(self, saved: Before) -> None:
        with simulate(load=saved.file) as sim:
            [inventory] = sim._host.world.inventories.values()
            [job] = [each for each in inventory.dataset_export_jobs.values() if each.snapshot is not None]
            assert job.snapshot is not None
            store = inventory.datasets[job.dataset_arn].store
            assert job.snapshot.bulk[0] is store.bulk[0]
            assert {id(arrival.event) for arrival in store.put} == {id(event) for event in store.known}

    def test_a_plain_mock_can_be_saved(self, tmp_path: Path) -> None:
        with mock_aws():
            here = clients()
            group = here.personalize.create_dataset_group(name="films")["datasetGroupArn"]
            current = simulator.current()
            assert current is not None
            current.save(tmp_path / "mock.world")
        with simulate(load=tmp_path / "mock.world"):
            assert here.personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "ACTIVE"

    def test_without_freezing(self, saved: Before) -> None:
        with simulate(load=saved.file, freeze=False) as sim:
            assert go_on(sim, saved.made)[1] == saved.end


class TestArguments:
    @pytest.mark.rule("saved-worlds.starts-where-it-was-saved")
    def test_a_later_start_is_as_if_time_passed(self, saved: Before) -> None:
        with simulate(load=saved.file) as sim:
            sim.clock.move_to("2022-03-09T00:00:00Z")
            expected = dump(sim._host.world)
        with simulate("2022-03-09T00:00:00Z", load=saved.file) as sim:
            assert dump(sim._host.world) == expected
            listed = clients().s3.list_objects_v2(Bucket=BUCKET)["Contents"]
            assert any("/more/" in each["Key"] for each in listed)  # the export under way has written its file

    def test_an_earlier_start_is_refused(self, saved: Before) -> None:
        with (
            pytest.raises(ValueError, match=r"start lies before 2022-03-08T11:37:00\+00:00"),
            simulate(START, load=saved.file),
        ):
            pass
        assert simulator.current() is None

    @pytest.mark.rule("saved-worlds.keeps-its-seed")
    def test_a_seed_is_refused(self, saved: Before) -> None:
        with pytest.raises(ValueError, match="seed and load cannot be given together"):
            simulate(load=saved.file, seed=3)

    @pytest.mark.rule("saved-worlds.settings-from-now-on")
    def test_settings_count_from_now_on(self, saved: Before) -> None:
        with simulate(load=saved.file) as sim:
            world = sim._host.world
            assert (world.training, world.quotas["active_schemas"]) == ("sampled", 7)
            assert world.durations["campaign"] == 300_000_000
        settings = {"training": "exact", "durations": "instant", "quotas": {"active_dataset_groups": 2}}
        with simulate(load=saved.file, **settings) as sim:
            world = sim._host.world
            assert (world.training, world.durations["campaign"]) == ("exact", 0)
            assert (world.quotas["active_schemas"], world.quotas["active_dataset_groups"]) == (7, 2)
            here = clients()
            group = here.personalize.create_dataset_group(name="at-once")["datasetGroupArn"]
            assert here.personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "ACTIVE"
            [job] = here.personalize.list_dataset_import_jobs(datasetArn=saved.made.dataset)["datasetImportJobs"][1:]
            assert job["status"] == "CREATE IN_PROGRESS"  # begun before: it ends when it would have

    def test_decorating_reads_the_file_for_each_call(self, saved: Before, tmp_path: Path) -> None:
        file = tmp_path / "not-there-yet.world"

        @simulate(load=file)
        def names() -> list[str]:
            found = clients().personalize
            found.create_schema(
                name="mine", schema=found.describe_schema(schemaArn=saved.made.schema)["schema"]["schema"]
            )
            return [each["name"] for each in found.list_schemas()["schemas"]]

        with pytest.raises(FileNotFoundError):
            names()
        file.write_bytes(saved.file.read_bytes())
        assert names() == names() == ["films", "mine"]


class TestSurroundings:
    @pytest.mark.rule("saved-worlds.with-what-it-refers-to")
    def test_roles_and_buckets_come_back(self, tmp_path: Path) -> None:
        file = tmp_path / "around.world"
        with simulate(start=START) as sim:
            here = account(BUCKET)
            made = deploy(here, lambda: sim.clock.tick(HALF_AN_HOUR), some_interactions())
            own = here.iam.create_policy(
                PolicyName="mine", Path="/team/", PolicyDocument=policy(Action="s3:ListBucket", Resource="*")
            )["Policy"]["Arn"]
            here.iam.create_policy_version(
                PolicyArn=own, PolicyDocument=policy(Action="s3:GetObject", Resource="*"), SetAsDefault=True
            )
            role = here.iam.create_role(
                RoleName="reader",
                Path="/service/",
                AssumeRolePolicyDocument=policy(Principal=SERVICE, Action="sts:AssumeRole"),
                Description="reads",
                PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3FullAccess",
                Tags=[{"Key": "team", "Value": "films"}],
            )["Role"]["Arn"]
            for arn in (own, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"):
                here.iam.attach_role_policy(RoleName="reader", PolicyArn=arn)
            here.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
            here.s3.put_object(Bucket=BUCKET, Key="in/one.csv", Body=b"old")
            here.s3.put_object(
                Bucket=BUCKET,
                Key="in/one.csv",
                Body=some_interactions().to_csv(index=False),
                ContentType="text/csv",
                Metadata={"made": "today"},
            )
            here.s3.put_object(Bucket=BUCKET, Key="in-other.csv", Body=b"not named")
            here.s3.create_bucket(Bucket="not-named")
            here.personalize.create_dataset_import_job(
                jobName="folder",
                datasetArn=made.dataset,
                dataSource={"dataLocation": f"s3://{BUCKET}/in/"},
                roleArn=role,
            )
            seen = self.seen(here, role, own)
            sim.clock.tick(minutes=10)
            sim.save(file)
        with simulate(load=file):
            assert self.seen(here, role, own) == seen
            assert [each["Name"] for each in here.s3.list_buckets()["Buckets"]] == [BUCKET]
            assert self.keys(here) == ["in/one.csv", "interactions.csv"]
            assert here.s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
            job = here.personalize.create_dataset_import_job(
                jobName="again",
                datasetArn=made.dataset,
                dataSource={"dataLocation": f"s3://{BUCKET}/in/"},
                roleArn=role,
            )
            assert job["datasetImportJobArn"].endswith("/again")

    @staticmethod
    def keys(here: Account) -> list[str]:
        return [each["Key"] for each in here.s3.list_objects_v2(Bucket=BUCKET)["Contents"]]

    @staticmethod
    def seen(here: Account, role: str, own: str) -> list[Any]:
        found = here.iam.get_role(RoleName="reader")["Role"]
        assert found.pop("RoleId").startswith("AROA")
        shown = here.iam.get_policy(PolicyArn=own)["Policy"]
        del shown["PolicyId"], shown["UpdateDate"]
        got = here.s3.get_object(Bucket=BUCKET, Key="in/one.csv")
        return [
            found,
            shown,
            here.iam.get_policy_version(PolicyArn=own, VersionId="v2")["PolicyVersion"]["Document"],
            here.iam.list_attached_role_policies(RoleName="reader")["AttachedPolicies"],
            here.iam.list_role_policies(RoleName=f"personalize-{BUCKET}")["PolicyNames"],
            here.s3.get_bucket_policy(Bucket=BUCKET)["Policy"],
            {name: got[name] for name in ("ETag", "ContentType", "Metadata", "LastModified", "ContentLength")},
        ]

    @pytest.mark.rule("saved-worlds.leaves-what-is-there")
    def test_what_is_there_stays_as_it_is(self, saved: Before) -> None:
        with mock_aws():
            here = account(BUCKET)
            here.s3.delete_bucket_policy(Bucket=BUCKET)
            here.s3.put_object(Bucket=BUCKET, Key="interactions.csv", Body=b"mine")
            here.iam.delete_role_policy(RoleName=f"personalize-{BUCKET}", PolicyName="s3")
            with simulate(load=saved.file):
                assert here.s3.get_object(Bucket=BUCKET, Key="interactions.csv")["Body"].read() == b"mine"
                assert here.iam.list_role_policies(RoleName=f"personalize-{BUCKET}")["PolicyNames"] == []
                with pytest.raises(here.s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
                    here.s3.get_bucket_policy(Bucket=BUCKET)
                assert any(key.startswith("out/") for key in TestSurroundings.keys(here))  # what is missing is made

    def test_a_bucket_of_another_account_is_refused(self, saved: Before) -> None:
        with mock_aws():
            credentials = boto3.client("sts", region_name="us-east-1").assume_role(
                RoleArn="arn:aws:iam::999999999999:role/theirs", RoleSessionName="session"
            )["Credentials"]
            theirs = boto3.client(
                "s3",
                region_name="us-east-1",
                aws_access_key_id=credentials["AccessKeyId"],
                aws_secret_access_key=credentials["SecretAccessKey"],
                aws_session_token=credentials["SessionToken"],
            )
            theirs.create_bucket(Bucket=BUCKET)
            with pytest.raises(SavedWorldError, match="999999999999"), simulate(load=saved.file):
                pass
            assert clients().iam.list_roles()["Roles"] == []


class TestWriting:
    def test_what_cannot_be_saved_is_named_and_nothing_is_written(self, tmp_path: Path) -> None:
        file = tmp_path / "kept.world"
        file.write_text("what was there")
        with simulate(start=START) as sim:
            clients().personalize.create_dataset_group(name="films")
            [inventory] = sim._host.world.inventories.values()
            [group] = inventory.dataset_groups.values()
            for wrong, told in (
                (len, r"world\.inventories\[.*\]\.dataset_groups\[0\]\.name is a builtin_function_or_method"),
                (np.array([{}]), r"\.name is an array of objects"),
            ):
                group.name = wrong  # type: ignore[assignment]
                with pytest.raises(SavedWorldError, match=told):
                    sim.save(file)
            group.name = "films"
            group.__dict__["callback"] = 1
            with pytest.raises(SavedWorldError, match="has an attribute callback, which is no field"):
                sim.save(file)
        assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("kept.world", "what was there")]

    def test_a_world_that_could_not_be_loaded_is_not_written(
        self, saved: Before, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with simulate(load=saved.file) as sim:
            for limit in ("MOST_BYTES", "MOST_VALUES"):
                with monkeypatch.context() as patched:
                    patched.setattr(archive, limit, 1000)
                    with pytest.raises(SavedWorldError, match="more than a world may"):
                        sim.save(tmp_path / "large.world")
        assert list(tmp_path.iterdir()) == []

    def test_the_file_says_what_it_is(self, saved: Before) -> None:
        with ZipFile(saved.file) as opened:
            assert "S3" in opened.read("README.txt").decode()
            assert json.loads(opened.read("format.json")) == {"format": 2, "simulator": simulator.__version__}
        assert os.stat(saved.file).st_mode & 0o777 == 0o666 & ~umask()


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


Change = Callable[[dict[str, bytes]], None]


def changed(file: Path, to: Path, change: Change) -> Path:
    """A copy of a saved world with some of its entries changed."""
    with ZipFile(file) as opened:
        entries = {name: opened.read(name) for name in opened.namelist()}
    change(entries)
    with ZipFile(to, "w", ZIP_DEFLATED) as opened:
        for name, content in entries.items():
            opened.writestr(name, content)
    return to


def in_world(change: Callable[[dict[str, Any]], None]) -> Change:
    """A change of the nodes."""

    def changing(entries: dict[str, bytes]) -> None:
        content = json.loads(entries["world.json"])
        change(content)
        entries["world.json"] = json.dumps(content).encode()

    return changing


def field_of(name: str, field: str, value: Any) -> Change:
    """A change of a field of the last object of a class."""

    def changing(content: dict[str, Any]) -> None:
        number, fields = next((at, fields) for at, (each, fields) in enumerate(content["classes"]) if each == name)
        [*_, node] = [node for node in content["nodes"] if node[0] == "object" and node[1] == number]
        if isinstance(node[2], dict):
            node[2] = [[place] for place in node[2]["places"]]
        node[2][fields.index(field)] = value

    return in_world(changing)


def last_node(node: list[Any]) -> Change:
    return in_world(lambda content: content["nodes"].append(node))


def with_array(content: bytes) -> Change:
    return lambda entries: entries.update({"arrays/0.npy": content})


def npy(array: Any) -> bytes:
    written = io.BytesIO()
    np.save(written, array, allow_pickle=True)
    return written.getvalue()


class Evil:
    """Pickled, it would end the process."""

    def __reduce__(self) -> Any:
        return os._exit, (3,)


WORLD = "resources.world.World"
SOLUTION = "resources.solutions.Solution"
ABSURD = npy(np.zeros(333)).replace(b"(333,)", b"(3**9,)").replace(b"(3**9,)", b"(9e99,)")
HUGE = npy(np.zeros((1, 1, 1))).replace(b"(1, 1, 1)", b"(9999999,)")
# Each holds the one before twice: the last is hashed with a million million texts.
DOUBLED = [["tuple", ["a", "b"]], *(["tuple", [[at], [at]]] for at in range(40)), ["dict", [[40], 1]]]

# What is wrong with a file, and what is said of it.
BAD: Mapping[str, tuple[Change, str]] = {
    "no world": (lambda entries: entries.pop("world.json") and None, "no saved world"),
    "another format": (
        lambda entries: entries.update({"format.json": b'{"format": 3, "simulator": "0.1.0"}'}),
        "in the format 3; this is .* of the format 2. Save the world again",
    ),
    "another version": (
        lambda entries: entries.update({"format.json": b'{"format": 2, "simulator": "0.0.1"}'}),
        "saved by personalize-simulator 0.0.1",
    ),
    "a format of nonsense": (lambda entries: entries.update({"format.json": b"[]"}), "TypeError"),
    "no JSON": (lambda entries: entries.update({"world.json": b"{"}), "JSONDecodeError"),
    "deep JSON": (lambda entries: entries.update({"world.json": b"[" * 1_000_000}), "RecursionError"),
    "no nodes": (in_world(lambda content: content["nodes"].clear()), "IndexError"),
    "nodes of nonsense": (in_world(lambda content: content.update(nodes=[5, None])), "TypeError"),
    "something else than a world": (last_node(["list", [1]]), "something else than a world"),
    "an unknown kind": (last_node(["import", "os"]), "KeyError: 'import'"),
    "a later place": (last_node(["list", [[10**9]]]), "IndexError"),
    "a negative place": (last_node(["list", [[-1]]]), "-1 is no place"),
    "a place that is a truth value": (last_node(["list", [[True]]]), "True is no place"),
    "a class of other fields": (
        in_world(lambda content: content["classes"].append([WORLD, ["seed"]])),
        "its resources.world.World has other fields",
    ),
    "a class of another library": (
        in_world(lambda content: content["classes"].append(["os.system", ["command"]])),
        "os.system, which this simulator does not know",
    ),
    "a class that is no data": (
        in_world(lambda content: content["classes"].append(["simulation.simulate", []])),
        "simulation.simulate, which this simulator does not know",
    ),
    "an object that is not complete": (last_node(["object", 0, []]), "is not complete"),
    "rows of no named tuple": (last_node(["rows", 0, 1, []]), "rows of it"),
    "an unhashable key": (
        in_world(lambda content: content.update(nodes=[["list", []], ["dict", [[0], 1]]])),
        "unhashable",
    ),
    "a key without end": (in_world(lambda content: content.update(nodes=DOUBLED)), "a key of it is too large"),
    "a missing array": (lambda entries: entries.pop("arrays/3.npy") and None, "KeyError"),
    "a missing blob": (lambda entries: entries.pop("blobs/0.bin") and None, "KeyError"),
    "an array of objects": (with_array(npy(np.array([Evil()], dtype=object))), "a wrong type or shape"),
    "a pickle": (with_array(pickle.dumps(Evil())), "ValueError"),
    "a huge shape": (with_array(HUGE), "a wrong type or shape"),
    "an absurd shape": (with_array(ABSURD), "ValueError"),
    "an array that is too short": (with_array(npy(np.zeros(3))[:-1]), "a wrong type or shape"),
    "an array of another kind": (with_array(npy(np.array(["a"]))), "a wrong type"),
    "a number of objects": (last_node(["scalar", "|O", "00" * 8]), "is an object"),
    "a seed that is a text": (field_of(WORLD, "seed", "three"), "World of it has a seed of a wrong type"),
    "an unknown training": (field_of(WORLD, "training", "magic"), "no training 'magic'"),
    "a time beyond the calendar": (field_of(WORLD, "now", 10**30), "years 1 to 9999"),
    "no agenda": (field_of(WORLD, "agenda", None), "an? agenda of a wrong type"),
    "a resource without a name": (field_of(SOLUTION, "name", None), "Solution of it has a name of a wrong type"),
    "a resource created at a text": (field_of(SOLUTION, "created", "now"), "a created of a wrong type"),
    "a parent that is none": (field_of(SOLUTION, "dataset_group_arn", 5), "a dataset_group_arn of a wrong type"),
    "codes that are a text": (field_of("data.columns.TextColumn", "codes", "x"), "a codes of a wrong type"),
    "an account that is a number": (field_of("arns.Home", "account", 5), "a account of a wrong type"),
    "an object of text": (field_of("saving.surroundings.StoredObject", "content", "x"), "a content of a wrong type"),
}


class TestBadFiles:
    @pytest.mark.rule("saved-worlds.bad-files")
    @pytest.mark.parametrize(("change", "told"), BAD.values(), ids=BAD)
    def test_bad_content(self, saved: Before, tmp_path: Path, change: Change, told: str) -> None:
        self.refuse(changed(saved.file, tmp_path / "bad.world", change), told)

    @pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.9, 0.999])
    def test_truncated(self, saved: Before, tmp_path: Path, share: float) -> None:
        content = saved.file.read_bytes()
        bad = tmp_path / "bad.world"
        bad.write_bytes(content[: int(len(content) * share)])
        self.refuse(bad)

    def test_other_files(self, tmp_path: Path) -> None:
        bad = tmp_path / "bad.world"
        for content in (b"text", pickle.dumps(Evil()), b"PK\5\6" + bytes(18)):
            bad.write_bytes(content)
            self.refuse(bad)
        with pytest.raises(FileNotFoundError), simulate(load=tmp_path / "nowhere.world"):
            pass
        with pytest.raises(IsADirectoryError), simulate(load=tmp_path):
            pass

    @settings(max_examples=60, deadline=None)
    @given(at=st.floats(0, 1, exclude_max=True), flipped=st.integers(1, 255))
    def test_any_byte(self, saved: Before, at: float, flipped: int) -> None:
        """A byte that is not as it was is an error, or one that matters to nothing."""
        content = bytearray(saved.file.read_bytes())
        content[int(at * len(content))] ^= flipped
        bad = saved.file.with_name("flipped.world")
        bad.write_bytes(content)
        try:
            found = saving.load(bad)
        except SavedWorldError:
            return
        assert dump(found.world) == dump(saving.load(saved.file).world)

    def test_a_bomb_takes_no_memory(self, saved: Before, tmp_path: Path) -> None:
        bomb = tmp_path / "bomb.world"
        with ZipFile(saved.file) as opened, ZipFile(bomb, "w", ZIP_DEFLATED) as written:
            for name in opened.namelist():
                if name != "arrays/0.npy":
                    written.writestr(name, opened.read(name))
            with written.open("arrays/0.npy", "w") as stream:
                for _ in range(600):
                    stream.write(bytes(1024**2))
        assert bomb.stat().st_size < 2 * 1024**2
        with at_most(8 * 1024**2):
            self.refuse(bomb, "more than a world may")

    def test_many_values_take_no_memory(self, saved: Before, tmp_path: Path) -> None:
        many = b'{"classes": [], "nodes": [' + b"[]," * 11_000_000 + b"[]]}"
        bad = changed(saved.file, tmp_path / "bad.world", lambda entries: entries.update({"world.json": many}))
        with at_most(3 * len(many)):
            self.refuse(bad, "22000004 values, which is more than a world may")

    @staticmethod
    def refuse(file: Path, told: str = "no saved world") -> None:
        with pytest.raises(SavedWorldError, match=told) as caught, simulate(load=file):
            pass
        assert str(file) in str(caught.value)
        assert simulator.current() is None


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """The block takes no more bytes of memory than this."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] <= size
    finally:
        tracemalloc.stop()


class TestClasses:
    def test_all_that_a_world_is_made_of_is_known(self, saved: Before) -> None:
        with simulate(load=saved.file) as sim:
            go_on(sim, saved.made)
            unknown = {kind for kind in kinds(sim._host.world) if kind not in KNOWN | plain_classes.by_type().keys()}
        assert unknown == set()

    def test_all_that_a_world_may_be_made_of_is_known(self) -> None:
        """By the declared types: every class of ours that can be reached can be saved, and every field be checked."""
        reached: set[type[Any]] = {World}
        rest: list[type[Any]] = [World]
        while rest:
            known = plain_classes.by_type()[rest.pop()]
            for name, hint in known.hints.items():
                assert hint is not Any or "Any" in declared(known.type, name), f"{known.name}.{name} cannot be checked"
                found = {each for each in types_in(hint) if each.__module__.startswith("simulator.")} - {Table}
                assert found <= plain_classes.by_type().keys(), f"{known.name}.{name} cannot be saved"
                rest.extend(found - reached)
                reached |= found
        assert {World, Agenda, Entry, Arrival, PutEvent} <= reached


def declared(kind: type[Any], name: str) -> str:
    """The text of a field's type."""
    written = [vars(base).get("__annotations__", {}) for base in kind.__mro__]
    return next(str(each[name]) for each in written if name in each)


def types_in(hint: Any) -> Iterator[type[Any]]:
    """The classes that a type names."""
    for each in (hint, get_origin(hint)):
        if isinstance(each, type):
            yield each
    for argument in get_args(hint):
        yield from types_in(argument)


KNOWN = {
    *(str, int, float, bool, bytes, type(None), list, tuple, dict, set, frozenset, MappingProxyType, Table),
    np.ndarray,
}


def kinds(root: Any) -> set[type[Any]]:
    """The types of all that a value refers to."""
    found: set[type[Any]] = set()
    seen: set[int] = set()
    rest = [root]
    while rest:
        value = rest.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        found.add(type(value) if not isinstance(value, np.generic) else np.ndarray)
        if isinstance(value, (dict, MappingProxyType)):
            rest.extend(value.keys())
            rest.extend(value.values())
        elif isinstance(value, (list, tuple, set, frozenset)):
            rest.extend(value)
        elif hasattr(value, "__dict__"):
            rest.extend(vars(value).values())
    return found


@pytest.fixture
def project(pytester: pytest.Pytester, saved: Before) -> Iterator[pytest.Pytester]:
    (pytester.path / "trained.world").write_bytes(saved.file.read_bytes())
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.personalize(load="trained.world", durations="instant")
        def test_marked(personalize_sim):
            assert (personalize_sim.seed, personalize_sim.clock.now().hour) == (3, 11)

        def test_plain(personalize_sim):
            assert personalize_sim.seed == SEED
        """.replace("SEED", "3")
    )
    return pytester


class TestPlugin:
    def test_a_project_with_a_saved_world(self, project: pytest.Pytester) -> None:
        (project.path / "deeper").mkdir()
        project.makeini("[pytest]\npersonalize_load = trained.world\n")
        project.runpytest_subprocess("-W", "error").assert_outcomes(passed=2)

    def test_the_marker_s_world_keeps_its_own_seed_and_start(self, project: pytest.Pytester) -> None:
        project.makeini("[pytest]\npersonalize_seed = 5\npersonalize_start = 2021-01-01\n")
        result = project.runpytest_subprocess()
        result.assert_outcomes(passed=1, failed=1)
        assert "assert 5 == 3" in result.stdout.str()

    def test_a_seed_beside_a_saved_world_is_a_usage_error(self, project: pytest.Pytester) -> None:
        project.makeini("[pytest]\npersonalize_load = trained.world\npersonalize_seed = 5\n")
        result = project.runpytest_subprocess()
        result.assert_outcomes(passed=1, errors=1)
        assert "seed and load cannot be given together" in result.stdout.str()
