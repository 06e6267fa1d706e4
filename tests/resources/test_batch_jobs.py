"""Batch inference and batch segment jobs, through boto3: from JSON Lines in S3 to JSON Lines in S3.

The tests share one world, in which versions are trained once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from batch_shop import RECIPE, START, THEMES, Shop, shop_in
from raw import control_plane
from support import refused

from simulator import errors, simulate
from simulator.resources.dump import dump


@pytest.fixture(scope="module")
def world() -> Iterator[Shop]:
    with simulate(start=START, training="exact", quotas={"active_solutions_per_dataset_group": 20}) as sim:
        yield shop_in(sim)


@pytest.fixture
def shop(world: Shop) -> Iterator[Shop]:
    yield world
    world.sim.clock.tick(hours=1)


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def test_recommendations_for_users(shop: Shop) -> None:
    """[resp-033] Compact lines with scores beside the items and a null error, in the order of the input."""
    version = shop.version("aws-user-personalization")
    shop.infer(version, '{"userId": "drama-fan07"}\n\n{"userId":"somebody new"}\r\n', numResults=3)
    shop.sim.clock.tick(hours=1)
    assert "out/users.json.out" in shop.written()
    first, second = (json.loads(line) for line in shop.lines())
    assert shop.lines() == [compact(first), compact(second)]
    assert list(first) == ["input", "output", "error"]
    assert first["input"] == {"userId": "drama-fan07"}
    assert second["input"] == {"userId": "somebody new"}
    assert list(first["output"]) == ["recommendedItems", "scores"]
    assert len(first["output"]["recommendedItems"]) == len(first["output"]["scores"]) == 3
    assert all(item.startswith("drama") for item in first["output"]["recommendedItems"])
    assert first["output"]["scores"] == sorted(first["output"]["scores"], reverse=True)
    assert first["error"] is None


@pytest.mark.parametrize("recipe", ["aws-popularity-count", "aws-sims", "aws-similar-items"])
def test_recommendations_without_scores(shop: Shop, recipe: str) -> None:
    line = '{"userId":"drama-fan01"}' if recipe == "aws-popularity-count" else '{"itemId":"drama1"}'
    (answer,) = shop.answers(shop.infer(shop.version(recipe), line))
    assert list(answer["output"]) == ["recommendedItems"]
    assert len(answer["output"]["recommendedItems"]) == (20 if recipe == "aws-popularity-count" else 19)
    assert answer["error"] is None
    if recipe != "aws-popularity-count":
        assert all(item.startswith("drama") for item in answer["output"]["recommendedItems"][:9])


@pytest.mark.parametrize("recipe", ["aws-personalized-ranking", "aws-personalized-ranking-v2"])
def test_the_order_of_lists(shop: Shop, recipe: str) -> None:
    """All items of a list are ranked, whatever numResults says; those that nobody knows score 0."""
    line = {"userId": "drama-fan01", "itemList": ["unknown", "comedy3", "drama3"]}
    (answer,) = shop.answers(shop.infer(shop.version(recipe), json.dumps(line), numResults=1))
    assert answer["input"] == line
    assert answer["output"]["recommendedItems"] == ["drama3", "comedy3", "unknown"]
    assert answer["output"]["scores"][2] == 0.0
    assert sum(answer["output"]["scores"]) == pytest.approx(1, abs=1e-6)


def test_segments_for_items(shop: Shop) -> None:
    """[resp-034] Spaces outside, none within the list of users."""
    version = shop.version("aws-item-affinity")
    shop.segments(version, '{"itemId":"drama1"}\n{"itemId":"gone"}', numResults=2)
    shop.sim.clock.tick(hours=1)
    drama, gone = shop.lines()
    users = json.loads(drama)["output"]["usersList"]
    assert len(users) == 2
    assert all(user.startswith("drama-fan") for user in users)
    assert drama == f'{{"input": {{"itemId": "drama1"}}, "output": {{"usersList": {compact(users)}}}, "error": null}}'
    assert gone == (
        '{"input": {"itemId": "gone"}, "output": null, "error": "The item gone was not part of the training data."}'
    )


def test_segments_for_attributes(shop: Shop) -> None:
    """[resp-034] The form that was seen, escapes and all."""
    version = shop.version("aws-item-attribute-affinity")
    asked = ['ITEMS.GENRES = "comedy"', 'ITEMS.GENRES = "drama" AND ITEMS.YEAR = 1991', "ITEMS.GENRES", 'ITEMS.X = "1"']
    lines = "\n".join(json.dumps({"itemAttributes": each}) for each in asked)
    comedy, drama, nothing, unknown = shop.answers(shop.segments(version, lines, numResults=60))
    assert {user[:10] for user in comedy["output"]["usersList"]} == {"comedy-fan"}
    assert {user[:9] for user in drama["output"]["usersList"]} == {"drama-fan"}
    assert len(drama["output"]["usersList"]) == 60
    assert nothing == {
        "input": {"itemAttributes": "ITEMS.GENRES"},
        "output": None,
        "error": "'ITEMS.GENRES' is not of the form ITEMS.column = \"value\".",
    }
    assert unknown["error"] == "ITEMS.X is no attribute of the training data."
    assert shop.lines()[0].startswith(
        '{"input": {"itemAttributes": "ITEMS.GENRES = \\"comedy\\""}, "output": {"usersList": ["comedy-fan'
    )
    assert shop.lines()[0].endswith('"]}, "error": null}')


@pytest.mark.parametrize(
    ("line", "echoed", "error"),
    [
        (b"not json", "not json", "The input is not valid JSON."),
        (b'{"userId": "u"', '{"userId": "u"', "The input is not valid JSON."),
        (b"\xff\xfe", "\ufffd\ufffd", "The input is not valid JSON."),
        (b"[" * 100_000, "[" * 100_000, "The input is not valid JSON."),
        (b'["u"]', '["u"]', "The input is not a JSON object."),
        (b"null", "null", "The input is not a JSON object."),
        (b"{}", {}, "The input has no userId, or it is not a string."),
        (b'{"userId": 7}', {"userId": 7}, "The input has no userId, or it is not a string."),
        (b'{"itemId": "7"}', {"itemId": "7"}, "The input has no userId, or it is not a string."),
    ],
    ids=["text", "cut", "bytes", "deep", "list", "null", "empty", "number", "item"],
)
def test_a_bad_line_keeps_its_place_and_says_why(shop: Shop, line: bytes, echoed: Any, error: str) -> None:
    good = b'{"userId": "drama-fan01"}'
    version = shop.version("aws-popularity-count")
    before, bad, after = shop.answers(shop.infer(version, b"\xef\xbb\xbf" + b"\n".join([good, line, good])))
    assert bad == {"input": echoed, "output": None, "error": error}
    assert before == after
    assert before["error"] is None


def test_bad_lists_and_texts_of_all_kinds(shop: Shop) -> None:
    version = shop.version("aws-personalized-ranking")
    bad = [{"userId": "u"}, {"userId": "u", "itemList": "a"}, {"userId": "u", "itemList": [1]}]
    odd = {"userId": "ü \U0001f3ac", "itemList": ["drama1"], "note": [1, {"a": None}]}
    lines = [*map(json.dumps, bad), json.dumps(odd), '{"userId": "\\ud800", "itemList": ["drama1"]}']
    lines.append('{"userId": "u", "itemList": ["a"], "context": {"DEVICE": "phone"}}')
    *faulty, fine, lone, context = shop.answers(shop.infer(version, "\n".join(lines)))
    assert {each["error"] for each in faulty} == {"The input has no itemList, or it is not a list of strings."}
    assert fine["input"] == odd
    assert lone["input"]["userId"] == "\ud800"
    assert fine["error"] is lone["error"] is None
    assert context["error"] == errors.CONTEXT_UNKNOWN(name="DEVICE").message


def test_all_files_that_begin_so_are_read(shop: Shop) -> None:
    version = shop.version("aws-popularity-count")
    for key in ("many/", "many/a.json", "many/sub/b", "many_too/c.json", "other/d.json"):
        shop.put("" if key == "many/" else '{"userId":"u"}\n{"userId":"v"}', key)
    source, target = f"s3://{shop.on.bucket}/many", f"s3://{shop.on.bucket}/lots"
    for slash in ("", "/"):
        paths = {
            "jobInput": {"s3DataSource": {"path": source + slash}},
            "jobOutput": {"s3DataDestination": {"path": target + slash}},
        }
        shop.infer(version, "", **paths)
        shop.sim.clock.tick(hours=1)
        written = shop.written("lots/")
        if slash:
            assert written[:2] == ["lots/a.json.out", "lots/many/a.json.out"]
        else:
            assert written == ["lots/many/a.json.out", "lots/many/sub/b.out", "lots/many_too/c.json.out"]
    assert "lots/sub/b.out" in written
    assert len(shop.lines("lots/many_too/c.json.out")) == 2


@pytest.mark.parametrize(("recipe", "minutes"), [("aws-user-personalization", 13), ("aws-item-affinity", 8)])
def test_the_life_of_a_job(shop: Shop, recipe: str, minutes: int) -> None:
    """[life-010] [life-011] Polled each minute: PENDING, IN_PROGRESS, ACTIVE after 13 and 8 minutes."""
    version = shop.version(recipe)
    create = shop.infer if recipe == "aws-user-personalization" else shop.segments
    line = '{"userId": "u"}' if recipe == "aws-user-personalization" else '{"itemId": "drama1"}'
    arn = create(version, line)
    seen = [shop.describe(arn)]
    for _ in range(minutes):
        shop.sim.clock.tick(minutes=1)
        seen.append(shop.describe(arn))
    assert [each["status"] for each in seen] == ["CREATE PENDING", *["CREATE IN_PROGRESS"] * (minutes - 1), "ACTIVE"]
    assert seen[-1]["lastUpdatedDateTime"] > seen[0]["creationDateTime"] == seen[-1]["creationDateTime"]
    assert all("failureReason" not in each for each in seen)
    shop.sim.clock.tick(days=3)
    assert shop.describe(arn)["status"] == "ACTIVE"


def test_an_arn_that_is_none(shop: Shop) -> None:
    """[err-013] A Step Functions path in the place of an ARN."""
    with refused(
        "ValidationException",
        "1 validation error detected: Value '$.SolutionVersionArn' at 'solutionVersionArn' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: arn:([a-z\\d-]+):personalize:.*:.*:.+",
    ):
        shop.infer("$.SolutionVersionArn", "{}")


INVALID = "InvalidInputException"
GONE = "arn:aws:personalize:us-east-1:123456789012:solution/gone/12345678"
REFUSED = [
    pytest.param(
        "aws-user-personalization",
        {"solutionVersionArn": GONE},
        "ResourceNotFoundException",
        f"The given solution version does not exist: {GONE}",
        id="no version",
    ),
    pytest.param(
        "aws-user-personalization",
        {"jobName": "taken"},
        "ResourceAlreadyExistsException",
        "Another resource with Arn arn:aws:personalize:us-east-1:123456789012:batch-inference-job/taken already "
        "exists.",
        id="name taken",
    ),
    pytest.param(
        "aws-trending-now",
        {},
        INVALID,
        f"Batch recommendations are not supported by the recipe {RECIPE}aws-trending-now.",
        id="trending now",
    ),
    pytest.param(
        "aws-item-affinity",
        {},
        INVALID,
        f"Batch recommendations are not supported by the recipe {RECIPE}aws-item-affinity.",
        id="segments",
    ),
    pytest.param(
        "aws-sims", {"numResults": 501}, INVALID, "numResults must be from 1 to 500, not 501.", id="too many results"
    ),
    pytest.param("aws-sims", {"numResults": 0}, INVALID, "numResults must be from 1 to 500, not 0.", id="no results"),
    pytest.param(
        "aws-sims",
        {"filterArn": "arn:aws:personalize:us-east-1:123456789012:filter/gone"},
        "ResourceNotFoundException",
        "The given filter does not exist: arn:aws:personalize:us-east-1:123456789012:filter/gone",
        id="no filter",
    ),
    pytest.param(
        "aws-sims",
        {"batchInferenceJobConfig": {"itemExplorationConfig": {"explorationWeight": "0.1"}}},
        INVALID,
        f"itemExplorationConfig is not supported by the recipe {RECIPE}aws-sims.",
        id="exploration",
    ),
    pytest.param(
        "aws-user-personalization",
        {"batchInferenceJobConfig": {"itemExplorationConfig": {"explorationWeight": "1.1"}}},
        INVALID,
        "Invalid value of the hyperparameter explorationWeight: 1.1. It must be a number from 0 to 1.",
        id="exploration range",
    ),
    pytest.param(
        "aws-user-personalization",
        {"batchInferenceJobConfig": {"rankingInfluence": {"POPULARITY": 0.5}}},
        INVALID,
        f"rankingInfluence is not supported by the recipe {RECIPE}aws-user-personalization.",
        id="influence",
    ),
    *(
        pytest.param("aws-sims", {"jobInput": {"s3DataSource": {"path": path}}}, INVALID, "Invalid S3 input path", id=i)
        for i, path in (
            ("no bucket", "s3://no-such-bucket/in.json"),
            ("no object", "s3://ratings-bucket/nothing"),
            ("http", "https://ratings-bucket.s3.amazonaws.com/in/users.json"),
        )
    ),
    *(
        pytest.param(
            "aws-sims", {"jobOutput": {"s3DataDestination": {"path": path}}}, INVALID, "Invalid S3 output path", id=i
        )
        for i, path in (
            ("no output bucket", "s3://no-such-bucket/out/"),
            ("output to http", "http://ratings-bucket/out/"),
            ("output is input", "s3://ratings-bucket/in/users.json"),
        )
    ),
    pytest.param(
        "aws-sims",
        {"roleArn": "arn:aws:iam::210987654321:role/other"},
        "AccessDeniedException",
        "Cross-account pass role is not allowed.",
        id="other account",
    ),
    pytest.param(
        "aws-sims",
        {"tags": [{"tagKey": "aws:mine", "tagValue": ""}]},
        INVALID,
        "The tag key aws:mine begins with aws:, which is reserved for AWS.",
        id="tag",
    ),
    pytest.param(
        "aws-sims",
        {"batchInferenceJobMode": "THEME_GENERATION"},
        INVALID,
        f"Themes cannot be generated with the recipe {RECIPE}aws-sims.",
        id="themes for SIMS",
    ),
    pytest.param(
        "aws-similar-items",
        {"batchInferenceJobMode": "THEME_GENERATION"},
        INVALID,
        "The mode THEME_GENERATION needs a themeGenerationConfig.",
        id="themes without names",
    ),
    pytest.param(
        "aws-similar-items",
        {"themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": "GENRES"}}},
        INVALID,
        "A themeGenerationConfig can be used in the mode THEME_GENERATION only.",
        id="names without themes",
    ),
    *(
        pytest.param(
            "aws-similar-items",
            {
                "batchInferenceJobMode": "THEME_GENERATION",
                "themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": column}},
            },
            INVALID,
            f"The Items dataset has no column {column} of item names.",
            id=f"themes from {column}",
        )
        for column in ("NAME", "YEAR", "title")
    ),
]


@pytest.mark.parametrize(("recipe", "more", "code", "wording"), REFUSED)
def test_refused_calls_change_nothing(shop: Shop, recipe: str, more: dict[str, Any], code: str, wording: str) -> None:
    version = shop.version(recipe)
    if more.get("jobName") == "taken":
        shop.infer(version, "", jobName="taken")
    request = shop.request(version, '{"itemId": "drama1"}', **more)
    shop.on.personalize.list_schemas()
    before = dump(shop.sim._host.world)
    with refused(code, wording):
        shop.on.personalize.create_batch_inference_job(**request)
    assert dump(shop.sim._host.world) == before


def test_accepted_at_the_bounds(shop: Shop) -> None:
    """As in AWS's own examples, the output may stand beside the input."""
    version = shop.version("aws-sims")
    beside = {"s3DataDestination": {"path": f"s3://{shop.on.bucket}/in/"}}
    shop.infer(version, '{"itemId": "drama1"}', numResults=500, jobOutput=beside)
    whole = {"s3DataDestination": {"path": f"s3://{shop.on.bucket}"}}
    shop.infer(version, '{"itemId": "drama1"}', numResults=1, jobOutput=whole)
    shop.sim.clock.tick(hours=1)
    assert len(shop.lines("in/users.json.out")) == 1
    shop.on.s3.delete_object(Bucket=shop.on.bucket, Key="in/users.json.out")
    assert len(shop.lines("users.json.out")) == 1


def test_the_version_must_be_active(shop: Shop) -> None:
    training = shop.training("aws-sims", "being-trained")
    segments = shop.training("aws-item-affinity", "segments-being-trained")
    for create, version in ((shop.infer, training), (shop.segments, segments)):
        with refused("ResourceInUseException", f"{version} is not in ACTIVE state."):
            create(version, '{"itemId": "drama1"}')
    shop.sim.clock.tick(hours=1)
    assert shop.infer(training, '{"itemId": "drama1"}')
    assert shop.segments(segments, '{"itemId": "drama1"}')


@pytest.mark.parametrize("recipe", ["aws-sims", "aws-item-affinity"])
def test_five_jobs_run_at_once(shop: Shop, recipe: str) -> None:
    create = shop.infer if recipe == "aws-sims" else shop.segments
    version = shop.version(recipe)
    for _ in range(5):
        create(version, '{"itemId": "drama1"}')
    with refused("LimitExceededException", "More than 5 resources with PENDING or IN_PROGRESS status."):
        create(version, '{"itemId": "drama1"}')
    shop.sim.clock.tick(hours=1)
    assert create(version, '{"itemId": "drama1"}')
    shop.sim.clock.tick(hours=1)


@pytest.mark.parametrize(
    ("recipe", "line", "limit"),
    [
        ("aws-item-affinity", {"itemId": "drama1"}, 500),
        ("aws-item-attribute-affinity", {"itemAttributes": 'ITEMS.GENRES = "drama"'}, 10),
    ],
)
def test_more_lines_than_a_segment_job_takes(shop: Shop, recipe: str, line: dict[str, str], limit: int) -> None:
    version = shop.version(recipe)
    lines = [json.dumps(line)] * limit
    assert len(shop.answers(shop.segments(version, "\n".join(lines), numResults=1))) == limit
    arn = shop.segments(version, "\n".join([*lines, lines[0]]), numResults=1)
    shop.sim.clock.tick(hours=1)
    described = shop.describe(arn)
    assert described["status"] == "CREATE FAILED"
    assert described["failureReason"] == f"The input has {limit + 1} records; at most {limit} are allowed."


@pytest.mark.accepted("batch-jobs.themes-region")
def test_themes(shop: Shop) -> None:
    """Films of one taste are all set in one world, and that is their theme; those of the other are not about it."""
    version = shop.version("aws-similar-items")
    lines = "\n".join(json.dumps({"itemId": item}) for item in ("drama1", "comedy2", "unknown"))
    job = shop.infer(version, lines, numResults=9, **THEMES)
    drama, comedy, unknown = shop.answers(job)
    assert shop.lines()[0] == compact(drama)
    assert list(drama) == ["input", "output", "error"]
    assert list(drama["output"]) == ["recommendedItems", "theme", "itemsThemeRelevanceScores"]
    assert drama["output"]["theme"] == "Lighthouse, lonely and number"
    assert comedy["output"]["theme"] == "Circus, tent and number"
    assert unknown["output"]["theme"], "popular films have a theme, too"
    for answer, taste in ((drama, "drama"), (comedy, "comedy")):
        output = answer["output"]
        scores = output["itemsThemeRelevanceScores"]
        assert scores == sorted(scores, reverse=True)
        assert len(output["recommendedItems"]) == len(scores) == 9
        assert all(item.startswith(taste) for item in output["recommendedItems"])
        assert all(0 < score <= 1 for score in scores)
    described = shop.describe(job)
    assert described["batchInferenceJobMode"] == "THEME_GENERATION"
    assert described["themeGenerationConfig"] == THEMES["themeGenerationConfig"]
    with_both = shop.infer(version, '{"itemId": "drama1"}', numResults=19, **THEMES)
    (mixed,) = shop.answers(with_both)
    items = mixed["output"]["recommendedItems"]
    assert len(items) == 19


def test_a_file_for_themes_has_a_hundred_lines(shop: Shop) -> None:
    version = shop.version("aws-similar-items")
    line = '{"itemId": "drama1"}\n'
    assert len(shop.answers(shop.infer(version, line * 100, numResults=2, **THEMES))) == 100
    arn = shop.infer(version, line * 101, **THEMES)
    shop.sim.clock.tick(hours=1)
    assert shop.describe(arn)["status"] == "CREATE FAILED"
    assert shop.describe(arn)["failureReason"] == "The input has 101 records; at most 100 are allowed."


def campaign(shop: Shop, version: str) -> str:
    arn: str = shop.on.personalize.create_campaign(name=f"campaign{next(shop.jobs)}", solutionVersionArn=version)[
        "campaignArn"
    ]
    shop.sim.clock.tick(hours=1)
    return arn


@pytest.mark.parametrize(
    ("recipe", "config", "inputs"),
    [
        ("aws-user-personalization", None, [{"userId": "drama-fan07"}, {"userId": "nobody"}]),
        (
            "aws-user-personalization",
            {"itemExplorationConfig": {"explorationWeight": "0.9", "explorationItemAgeCutOff": "1000"}},
            [{"userId": "drama-fan07"}, {"userId": "nobody"}],
        ),
        ("aws-user-personalization-v2", None, [{"userId": "drama-fan07"}, {"userId": "nobody"}]),
        ("aws-popularity-count", None, [{"userId": "drama-fan07"}]),
        ("aws-sims", None, [{"itemId": "drama1"}, {"itemId": "nothing"}]),
        ("aws-similar-items", None, [{"itemId": "drama1"}, {"itemId": "nothing"}]),
        ("aws-personalized-ranking", None, [{"userId": "comedy-fan03", "itemList": ["drama1", "x", "comedy1"]}]),
        ("aws-personalized-ranking-v2", None, [{"userId": "comedy-fan03", "itemList": ["drama1", "x", "comedy1"]}]),
    ],
)
def test_a_line_is_answered_as_a_request(
    shop: Shop, recipe: str, config: dict[str, Any] | None, inputs: list[dict[str, Any]]
) -> None:
    """Explored items included: exploration goes by the version and the user, and by the configuration of either."""
    version = shop.version(recipe)
    arn = campaign(shop, version)
    more = {"batchInferenceJobConfig": config} if config else {}
    if config:
        shop.on.personalize.update_campaign(campaignArn=arn, campaignConfig=config)
        shop.sim.clock.tick(hours=1)
    content = "\n".join(map(json.dumps, inputs))
    answers = shop.answers(shop.infer(version, content, **more))
    lines = shop.lines()
    for line, answer in zip(inputs, answers, strict=True):
        if "itemList" in line:
            items = shop.on.runtime.get_personalized_ranking(
                campaignArn=arn, userId=line["userId"], inputList=line["itemList"]
            )["personalizedRanking"]
        else:
            items = shop.on.runtime.get_recommendations(campaignArn=arn, **line)["itemList"]
        assert answer["output"]["recommendedItems"] == [item["itemId"] for item in items]
        assert answer["output"].get("scores", [0.0] * len(items)) == [item.get("score", 0.0) for item in items]
    shop.answers(shop.infer(version, content, **more))
    assert shop.lines() == lines
    shop.on.personalize.delete_campaign(campaignArn=arn)
    shop.sim.clock.tick(hours=1)


@pytest.mark.filterwarnings("ignore::simulator.NotSimulatedWarning")
def test_lines_with_a_context(shop: Shop) -> None:
    """Keys in any case, as in requests; what is no column of the interactions is a fault of the line."""
    version = shop.version("aws-user-personalization")
    contexts: list[Any] = [{"event_type": "Watch"}, {}, {"WEATHER": "rain"}, ["Watch"], {"EVENT_TYPE": 1}, None]
    lines = [{"userId": "drama-fan01", "context": each} for each in contexts]
    fine, empty, *faulty = shop.answers(shop.infer(version, "\n".join(map(json.dumps, lines))))
    assert [each["input"] for each in (fine, empty, *faulty)] == lines
    assert fine["error"] is empty["error"] is None
    assert [each["output"] for each in faulty] == [None] * 4
    assert faulty[0]["error"] == errors.CONTEXT_UNKNOWN(name="WEATHER").message
    assert {each["error"] for each in faulty[1:]} == {"The input's context is not a map of strings."}


def test_filters_and_their_values(shop: Shop) -> None:
    """[resp-039] Scores are normalised over the items that pass."""
    version = shop.version("aws-user-personalization")
    arn = shop.filter('INCLUDE ItemID WHERE Items.GENRES IN ($GENRE) AND Items.YEAR = "1990"', "values")
    lines = [
        {"userId": "drama-fan01", "filterValues": {"GENRE": '"comedy"'}},
        {"userId": "drama-fan01", "filterValues": {"GENRE": '"comedy","drama"'}},
        {"userId": "drama-fan01"},
        {"userId": "drama-fan01", "filterValues": {"GENRE": 'comedy"'}},
        {"userId": "drama-fan01", "filterValues": {"GENRE": 1}},
        {"userId": "drama-fan01", "filterValues": {"GENRE": '"western"'}},
    ]
    job = shop.infer(version, "\n".join(map(json.dumps, lines)), filterArn=arn)
    comedy, both, missing, misspelt, number, none = shop.answers(job)
    assert shop.describe(job)["filterArn"] == arn
    assert set(comedy["output"]["recommendedItems"]) == {"comedy0", "comedy5"}
    assert sum(comedy["output"]["scores"]) == pytest.approx(1, abs=1e-6)
    assert set(both["output"]["recommendedItems"]) == {"comedy0", "comedy5", "drama0", "drama5"}
    assert missing["output"] is misspelt["output"] is number["output"] is None
    assert missing["error"] == errors.FILTER_VALUE_WANTED(name="GENRE").message
    assert misspelt["error"].startswith("The value of the filter parameter GENRE is not valid")
    assert number["error"] == "The input's filterValues are not a map of strings."
    assert none["output"] == {"recommendedItems": [], "scores": []}
    assert none["error"] is None


def test_filters_by_what_the_user_did_and_is(shop: Shop) -> None:
    version = shop.version("aws-similar-items")
    arn = shop.filter(
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Like") IF CurrentUser.COUNTRY = "Japan"', "liked"
    )
    lines = [
        {"itemId": "drama1", "userId": "drama-fan03"},
        {"itemId": "drama1", "userId": "drama-fan02"},
        {"itemId": "drama1"},
    ]
    japan, france, nobody = shop.answers(shop.infer(version, "\n".join(map(json.dumps, lines)), filterArn=arn))
    liked = {"drama2"}  # the film that fan number 3 watched last
    assert set(france["output"]["recommendedItems"]) - set(japan["output"]["recommendedItems"]) == liked
    assert nobody["error"] == "The input has no userId, or it is not a string."


def test_segments_of_the_users_that_pass(shop: Shop) -> None:
    version = shop.version("aws-item-affinity")
    arn = shop.filter("INCLUDE UserID WHERE Users.COUNTRY IN ($COUNTRY)", "country")
    line = {"itemId": "drama1", "filterValues": {"COUNTRY": '"Japan"'}}
    (answer,) = shop.answers(shop.segments(version, json.dumps(line), filterArn=arn, numResults=200))
    users = answer["output"]["usersList"]
    assert len(users) == 60
    assert all(int(user[-2:]) % 2 for user in users)
    assert all(user.startswith("drama") for user in users[:30])


def test_a_filter_of_a_running_job_stays(shop: Shop) -> None:
    version = shop.version("aws-sims")
    arn = shop.filter('INCLUDE ItemID WHERE Items.GENRES IN ("drama")', "in-use")
    job = shop.infer(version, '{"itemId": "drama1"}', filterArn=arn)
    with refused("ResourceInUseException", f"{arn} cannot be deleted while a batch inference job is in progress."):
        shop.on.personalize.delete_filter(filterArn=arn)
    shop.sim.clock.tick(hours=1)
    shop.on.personalize.delete_filter(filterArn=arn)
    shop.sim.clock.tick(hours=1)
    assert shop.describe(job)["filterArn"] == arn


def test_members_that_are_null_are_as_good_as_absent(shop: Shop) -> None:
    request = shop.request(shop.version("aws-user-personalization"))
    request["jobInput"]["s3DataSource"]["kmsKeyArn"] = None
    optional = ("filterArn", "numResults", "batchInferenceJobMode", "themeGenerationConfig", "tags")
    config = {"batchInferenceJobConfig": {"itemExplorationConfig": None, "rankingInfluence": None}}
    answer = control_plane("CreateBatchInferenceJob", {**request, **dict.fromkeys(optional), **config})
    described = shop.describe(answer.document["batchInferenceJobArn"])
    assert described["jobInput"]["s3DataSource"] == {"path": f"s3://{shop.on.bucket}/in/users.json"}
    assert (described["numResults"], described["batchInferenceJobConfig"]) == (25, {})
