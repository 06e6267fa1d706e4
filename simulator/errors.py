"""The catalogue of errors: every refusal the simulated service can give, with its wording and source.

An error that is raised without an entry here is a bug, and the only way to raise one is to call an entry.
Grades are those of the rules: `observed` (a real answer, by its id), `documented`, `assumed`.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.version import __version__


class ServiceError(Exception):
    """A refusal by the simulated service: an AWS error code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Refusal:
    """One entry of the catalogue: calling it with its placeholders gives the exception to raise."""

    code: str
    wording: str
    grade: str
    source: str

    def __call__(self, **values: object) -> ServiceError:
        """The exception, worded for these values."""
        return ServiceError(self.code, self.wording.format(**values))


_INVALID = "InvalidInputException"
_MISSING = "ResourceNotFoundException"
_EXISTS = "ResourceAlreadyExistsException"
_IN_USE = "ResourceInUseException"
_LIMIT = "LimitExceededException"
_VALIDATION = "ValidationException"

_S3_PAGE = "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html"

# What the wire refuses.
NOT_VALID = Refusal(_VALIDATION, "{problems}", "observed", "err-013")
NOT_VALID_INPUT = Refusal(_INVALID, "{problems}", "assumed", "err-013, on the events and runtime services")
UNKNOWN_OPERATION = Refusal("UnknownOperationException", "", "observed", "err-050")
NOT_SIMULATED = Refusal(
    _VALIDATION,
    "personalize-simulator {version} does not simulate {what}; see its README for what it does.",
    "assumed",
    "the simulator's own limit",
)

# Resources that are not there, or are there already.
GIVEN_DOES_NOT_EXIST = Refusal(_MISSING, "The given {family} does not exist: {arn}", "observed", "err-004")
ARN_DOES_NOT_EXIST = Refusal(_MISSING, "Resource Arn {arn} does not exist.", "observed", "err-023")
ALREADY_EXISTS = Refusal(_EXISTS, "Another resource with Arn {arn} already exists.", "observed", "err-036")
DATASET_TYPE_EXISTS = Refusal(
    _EXISTS,
    "Another dataset of type: {dataset_type} already exists in the provided dataset group",
    "observed",
    "err-037",
)
TRACKER_EXISTS = Refusal(
    _EXISTS, "EventTracker {arn} already exists for DatasetGroup {dataset_group}", "observed", "err-029"
)

# Resources in the wrong state.
REFERENCED = Refusal(
    _IN_USE,
    "The provided {family} is being referenced by one or more {referrers}",
    "observed",
    "err-027, err-028",
)
NOT_ACTIVE = Refusal(_IN_USE, "{arn} is not in ACTIVE state.", "assumed", "CreateCampaign and others, spec 07")
BUSY = Refusal(
    _IN_USE,
    "{arn} cannot be deleted while {what} is in progress.",
    "assumed",
    "DeleteDataset, DeleteSolution",
)
UPDATE_RUNNING = Refusal(
    _IN_USE,
    "{arn} cannot be updated: its status must be ACTIVE or CREATE FAILED.",
    "assumed",
    "UpdateCampaign",
)
OTHER_SOLUTION = Refusal(
    _INVALID,
    "The campaign {campaign} deploys versions of {solution}; {version} is a version of another solution.",
    "assumed",
    'UpdateCampaign: "a retrained solution version"',
)
METRICS_NOT_READY = Refusal(
    _IN_USE, "Cannot get metrics for solution since it is not in ACTIVE state.", "observed", "err-008"
)

# Quotas.
TOO_MANY_RUNNING = Refusal(
    _LIMIT, "More than {limit} resources with PENDING or IN_PROGRESS status.", "observed", "err-014"
)
TOO_MANY_ACTIVE = Refusal(
    _LIMIT,
    "More than {limit} resources in ACTIVE state. Please delete some and try again.",
    "observed",
    "err-007",
)

TOO_MANY_TAGS = Refusal(
    "TooManyTagsException",
    "You have exceeded the maximum number of tags you can apply to this resource: {limit}.",
    "assumed",
    "the API reference, TooManyTagsException",
)
TOO_MANY_TAG_KEYS = Refusal(
    "TooManyTagKeysException",
    "The request contains more tag keys than can be associated with a resource ({limit} tag keys per resource).",
    "documented",
    "the API reference, TooManyTagKeysException",
)

# Tags.
TAG_KEY_TWICE = Refusal(_INVALID, "The tag key {key} is given more than once.", "assumed", "AWS's rules for tags")
TAG_KEY_RESERVED = Refusal(
    _INVALID,
    "The tag key {key} begins with aws:, which is reserved for AWS.",
    "assumed",
    "AWS's rules for tags",
)

# Schemas and datasets.
SCHEMA_NOT_JSON = Refusal(_INVALID, "The schema is not valid JSON: {why}.", "assumed", "CreateSchema")
SCHEMA_INVALID = Refusal(_INVALID, "The schema is not valid: {why}.", "assumed", "the guide's schema rules")
UNKNOWN_DATASET_TYPE = Refusal(
    _INVALID,
    "Invalid dataset type: {dataset_type}. Must be one of INTERACTIONS, ITEMS, USERS, ACTIONS, ACTION_INTERACTIONS.",
    "assumed",
    "CreateDataset",
)
SCHEMA_TYPE_MISMATCH = Refusal(
    _INVALID,
    "The schema {schema} describes {found}; a dataset of type {dataset_type} needs {wanted}.",
    "assumed",
    "the guide's schema rules",
)

# Imports and exports.
INVALID_DATA_LOCATION = Refusal(_INVALID, "Invalid Data location.", "observed", "err-018")
ROLE_LACKS_S3 = Refusal(
    _INVALID,
    f"Insufficient privileges for accessing data in S3. Please look at {_S3_PAGE} and ensure your role is "
    "configured correctly.",
    "observed",
    "err-005",
)
BUCKET_POLICY_LACKS_S3 = Refusal(
    _INVALID,
    "Insufficient privileges for accessing data in S3. Please look at "
    f"{_S3_PAGE}#attach-bucket-policy and fix bucket policy on {{bucket}}.",
    "observed",
    "err-009",
)
CROSS_ACCOUNT_ROLE = Refusal("AccessDeniedException", "Cross-account pass role is not allowed.", "observed", "err-002")
ROLE_NOT_ASSUMABLE = Refusal(
    _INVALID,
    "Personalize is not able to assume the role {role}. Its trust policy must allow sts:AssumeRole for "
    "personalize.amazonaws.com.",
    "assumed",
    "the guide's service-role page",
)
NO_SUCH_DATA = Refusal(_INVALID, "Invalid Data location. There is no object at {location}.", "assumed", "after err-018")
MISSING_COLUMNS = Refusal(_INVALID, "Input csv is missing the following columns: [{columns}]", "observed", "err-010")
NONCONFORMING_ROWS = Refusal(
    _INVALID,
    "Input csv has rows that do not conform to the dataset schema. Please ensure all required data fields are "
    "present and that they are of the type specified in the schema.",
    "observed",
    "err-035",
)
FIRST_IMPORT_NOT_FULL = Refusal(
    _INVALID,
    "The import mode INCREMENTAL needs an earlier bulk import into the dataset; use FULL.",
    "assumed",
    "CreateDatasetImportJob",
)

# Training, deployment and answers.
NO_INTERACTIONS = Refusal(
    _INVALID,
    "Dataset group must contain an INTERACTIONS dataset with successfully completed dataset import job or "
    "EVENT_INTERACTIONS",
    "observed",
    "err-011",
)
RECIPE_ARN_WANTED = Refusal(
    _INVALID, "A recipeArn must be provided when performAutoML is false.", "assumed", "CreateSolution"
)
NOT_THERE_OR_NOT_ACTIVE = Refusal(_INVALID, "{arn} does not exist or is not active yet.", "observed", "err-006")
INVALID_TRACKING_ID = Refusal(_INVALID, "Invalid trackingId in account {account}", "observed", "err-052")
NO_TARGET = Refusal(
    _INVALID,
    "Exactly one of campaignArn and recommenderArn must be provided.",
    "assumed",
    "GetRecommendations",
)
USER_ID_WANTED = Refusal(
    _INVALID, "A userId must be provided for recipe type {recipe_type}.", "assumed", "GetRecommendations"
)
TOO_MANY_RESULTS = Refusal(
    _INVALID, "numResults must be at most {limit}, not {asked}.", "assumed", "GetRecommendations"
)
ITEM_ID_WANTED = Refusal(
    _INVALID, "The event has no itemId, which the Interactions schema requires.", "assumed", "PutEvents"
)
INVALID_NEXT_TOKEN = Refusal(
    "InvalidNextTokenException", "The provided nextToken is not valid.", "assumed", "the List operations"
)

# Why a job failed after its create call was answered; these are failure reasons, not answers to a call.
FEW_PAIRED_USERS = "Dataset has fewer than {limit} users with at least 2 interactions each."  # fail-002
FEW_INTERACTIONS = "Dataset has fewer than {limit} interactions."  # assumed, after fail-003
FEW_RECORDS = "Input csv has fewer than {limit} interaction records."  # assumed, the guide's quotas
VALUE_TOO_LONG = (  # fail-001
    "Length cannot be more than {limit} characters for {column}. If no values exceed the character limit, make "
    "sure your data follows the formatting guidelines listed in "
    "https://docs.aws.amazon.com/personalize/latest/dg/data-prep-formatting.html."
)
EXPORT_FAILED = "Insufficient privileges for accessing data in S3."  # assumed, after err-005


def not_simulated(what: str) -> ServiceError:
    """The refusal of something that the service does and the simulator does not (yet)."""
    return NOT_SIMULATED(version=__version__, what=what)
