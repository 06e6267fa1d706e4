"""The fixture `personalize_endpoint`, tried in projects of its own."""

from __future__ import annotations

import pytest

CLIENT = """
    import boto3, pytest

    def personalize(endpoint):
        return boto3.client("personalize", endpoint_url=endpoint.url, region_name="us-east-1",
                            aws_access_key_id="a", aws_secret_access_key="b")
"""


def test_it_is_configured_as_the_simulation_is(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\npersonalize_start = 2021-05-01T00:00:00Z\npersonalize_region = eu-west-1\n")
    pytester.makepyfile(
        CLIENT
        + """
    from datetime import datetime, timedelta, timezone

    def test_by_the_project(personalize_endpoint):
        assert personalize_endpoint.now() == datetime(2021, 5, 1, tzinfo=timezone.utc)
        assert datetime.now().year > 2021

    @pytest.mark.personalize(start="2022-03-08T09:00:00Z", durations={"dataset_group": timedelta(hours=1)})
    def test_by_its_marker(personalize_endpoint, personalize_sim):
        '''Beside a simulation in this process, whose time is another.'''
        personalize(personalize_endpoint).create_dataset_group(name="films")
        personalize_endpoint.tick(minutes=59)
        [group] = personalize(personalize_endpoint).list_dataset_groups()["datasetGroups"]
        assert group["status"] == "CREATE IN_PROGRESS"
        assert boto3.client("personalize", region_name="us-east-1").list_dataset_groups()["datasetGroups"] == []
        assert personalize_sim.clock.now() == personalize_endpoint.now() - timedelta(minutes=59)

    def test_a_new_one_for_each_test(personalize_endpoint):
        assert personalize(personalize_endpoint).list_dataset_groups()["datasetGroups"] == []
    """
    )
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=3)


def test_keywords_that_mean_nothing_to_another_process(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.personalize(freeze=False)
        def test_freeze(personalize_endpoint): ...

        @pytest.mark.personalize(region="eu-west-1")
        def test_region(personalize_endpoint): ...

        @pytest.mark.personalize(durations="slow")
        def test_value(personalize_endpoint): ...
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "*UsageError: the server of *test_freeze: a server in another process knows no freeze; there are start, *",
            "*UsageError: the server of *test_region: a server in another process knows no region; there are start, *",
            "*UsageError: the server of *test_value: durations must be *, not 'slow'*",
        ],
        consecutive=False,
    )


def test_tests_that_run_side_by_side_have_one_each(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        CLIENT
        + """
    @pytest.mark.parametrize("turn", range(4))
    def test_it(personalize_endpoint, turn):
        personalize(personalize_endpoint).create_dataset_group(name="films")
        assert len(personalize_endpoint.journal("calls")) == 1
    """
    )
    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=4)
