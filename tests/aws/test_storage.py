from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from simulator.aws import storage
from simulator.aws.storage import Location

OTHER_ACCOUNT = "999999999999"


@pytest.fixture(scope="module")
def s3_client() -> Any:
    return boto3.client("s3", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def s3(s3_client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield s3_client


def other_accounts_s3() -> Any:
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/anything"
    sts = boto3.client("sts", region_name="us-east-1")
    keys = sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    return boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


@pytest.mark.parametrize(
    ("text", "bucket", "key", "is_folder"),
    [
        ("s3://bucket/folder/file.csv", "bucket", "folder/file.csv", False),
        ("s3://bucket/folder/", "bucket", "folder/", True),
        ("s3://bucket/", "bucket", "", True),
        ("s3://bucket/a//b%20c", "bucket", "a//b%20c", False),
    ],
)
def test_locations(text: str, bucket: str, key: str, is_folder: bool) -> None:
    location = storage.parse_location(text)
    assert location == Location(bucket, key)
    assert location.is_folder is is_folder
    assert str(location) == text


def test_a_location_may_be_a_bucket_alone() -> None:
    assert storage.parse_location("s3://bucket") == Location("bucket", "")


@pytest.mark.parametrize("text", ["", "s3://", "s3:///key", "https://bucket/key", "bucket/key", "S3://b/k", "s3:/b/k"])
def test_texts_that_are_no_location(text: str) -> None:
    with pytest.raises(storage.InvalidLocation):
        storage.parse_location(text)


def test_reading_what_a_client_put(s3: Any) -> None:
    s3.create_bucket(Bucket="mine")
    s3.put_object(Bucket="mine", Key="a/é.csv", Body="USER_ID\n1\n")
    assert storage.read(Location("mine", "a/é.csv")) == b"USER_ID\n1\n"
    with pytest.raises(storage.NoSuchKey):
        storage.read(Location("mine", "a/"))
    with pytest.raises(storage.NoSuchBucket):
        storage.read(Location("yours", "a/é.csv"))


def test_reading_a_multipart_upload(s3: Any) -> None:
    s3.create_bucket(Bucket="mine")
    parts = [b"x" * 5 * 1024 * 1024, b"end"]
    upload = s3.create_multipart_upload(Bucket="mine", Key="big")["UploadId"]
    tags = [
        s3.upload_part(Bucket="mine", Key="big", UploadId=upload, PartNumber=number, Body=part)["ETag"]
        for number, part in enumerate(parts, 1)
    ]
    s3.complete_multipart_upload(
        Bucket="mine",
        Key="big",
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": n} for n, tag in enumerate(tags, 1)]},
    )
    assert storage.read(Location("mine", "big")) == b"".join(parts)


def test_the_newest_version_counts(s3: Any) -> None:
    s3.create_bucket(Bucket="mine")
    s3.put_bucket_versioning(Bucket="mine", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new"):
        s3.put_object(Bucket="mine", Key="k", Body=body)
    assert storage.read(Location("mine", "k")) == b"new"
    s3.delete_object(Bucket="mine", Key="k")
    with pytest.raises(storage.NoSuchKey):
        storage.read(Location("mine", "k"))
    assert storage.list_objects("mine") == []


def test_a_listing_is_whole_and_in_order(s3: Any) -> None:
    s3.create_bucket(Bucket="mine")
    keys = ["in/", "in/b.csv", "in/a.csv", "in/deep/c.csv", "inner.csv", *(f"many/{n:04}" for n in range(1100))]
    for key in keys:
        storage.write("mine", key, b"12")
    assert [stored.key for stored in storage.list_objects("mine", "in/")] == [
        "in/",
        "in/a.csv",
        "in/b.csv",
        "in/deep/c.csv",
    ]
    assert len(storage.list_objects("mine", "many/")) == 1100
    assert [stored.key for stored in storage.list_objects("mine")] == sorted(keys)
    assert storage.list_objects("mine", "inner.csv") == [storage.StoredObject("inner.csv", 2)]
    with pytest.raises(storage.NoSuchBucket):
        storage.list_objects("yours")


def test_a_client_reads_what_is_written(s3: Any) -> None:
    s3.create_bucket(Bucket="mine")
    storage.write("mine", "out/part-0.csv", b"first")
    storage.write("mine", "out/part-0.csv", b"second")
    answer = s3.get_object(Bucket="mine", Key="out/part-0.csv")
    assert answer["Body"].read() == b"second"
    assert answer["ContentLength"] == 6
    with pytest.raises(storage.NoSuchBucket):
        storage.write("yours", "k", b"")


def test_what_a_bucket_says_of_itself(s3: Any) -> None:
    s3.create_bucket(Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert storage.bucket("mine") == storage.Bucket("mine", "123456789012", "eu-west-1", None)
    s3.put_bucket_policy(Bucket="mine", Policy='{"Statement": []}')
    assert storage.bucket("mine").policy == '{"Statement": []}'
    s3.delete_bucket_policy(Bucket="mine")
    assert storage.bucket("mine").policy is None


@pytest.mark.parametrize("cross_account_reading", ["true", "false"])
def test_a_bucket_of_another_account(s3: Any, monkeypatch: pytest.MonkeyPatch, cross_account_reading: str) -> None:
    monkeypatch.setenv("MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS", cross_account_reading)
    theirs = other_accounts_s3()
    theirs.create_bucket(Bucket="theirs")
    theirs.put_object(Bucket="theirs", Key="k", Body=b"content")
    assert storage.bucket("theirs").owner == OTHER_ACCOUNT
    assert storage.read(Location("theirs", "k")) == b"content"
    storage.write("theirs", "out", b"written")
    assert theirs.get_object(Bucket="theirs", Key="out")["Body"].read() == b"written"


def test_a_bucket_that_is_gone_or_of_another_partition(s3: Any) -> None:
    with pytest.raises(storage.NoSuchBucket):
        storage.bucket("mine")
    s3.create_bucket(Bucket="mine")
    assert storage.bucket("mine").name == "mine"
    with pytest.raises(storage.NoSuchBucket):
        storage.bucket("mine", "aws-cn")
    s3.delete_bucket(Bucket="mine")
    with pytest.raises(storage.NoSuchBucket):
        storage.bucket("mine")
