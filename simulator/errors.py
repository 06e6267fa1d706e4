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
RATE_EXCEEDED = Refusal("ThrottlingException", "Rate exceeded", "assumed", "the wording of other AWS services")
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
SCHEMA_DOMAIN_MISMATCH = Refusal(
    _INVALID,
    "The schema {schema} is for {found}; the dataset group {dataset_group} needs one for {wanted}.",
    "assumed",
    'CreateSchema: "specify the domain you chose when you created the Domain dataset group"',
)
NO_ACTIONS_IN_DOMAIN = Refusal(
    _INVALID,
    "A dataset of type {dataset_type} cannot be created in a Domain dataset group.",
    "assumed",
    "the guide, action interaction data",
)
SCHEMA_NOT_REPLACEABLE = Refusal(
    _INVALID,
    "The schema of a dataset of type {dataset_type} cannot be replaced; only those of ITEMS and USERS can.",
    "assumed",
    "the guide, replacing a dataset's schema",
)
NOT_A_REPLACEMENT = Refusal(
    _INVALID,
    "The schema {new} cannot replace {old}: {why}.",
    "assumed",
    "the guide, replacing a dataset's schema",
)
BUSY_FOR_UPDATE = Refusal(
    _IN_USE,
    "{arn} cannot be updated while {what} is in progress.",
    "assumed",
    "UpdateDataset declares ResourceInUseException",
)

# Keys of dataset groups.
ROLE_WITHOUT_KEY = Refusal(
    _INVALID,
    "A roleArn is only valid together with a kmsKeyArn.",
    "assumed",
    'CreateDatasetGroup: "only valid when also specifying a KMS key"',
)
KEY_WITHOUT_ROLE = Refusal(
    _INVALID,
    "A kmsKeyArn needs a roleArn: that of a role with permission to access the key.",
    "assumed",
    'CreateDatasetGroup: "you must also include an IAM role"',
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
ROLE_ARN_WANTED = Refusal(
    _INVALID, "A roleArn must be provided to access data in S3.", "assumed", "CreateDatasetImportJob"
)
DATA_LOCATION_WANTED = Refusal(
    _INVALID, "Invalid Data location. A dataLocation must be provided.", "assumed", "after err-018"
)
DATA_TOO_LARGE = Refusal(
    _INVALID,
    "The data at {location} has {size} bytes; a job of this kind takes at most {limit}.",
    "assumed",
    "the guide's quotas",
)
REPEATED_COLUMNS = Refusal(
    _INVALID, "Input csv has the following columns more than once: [{columns}]", "assumed", "after err-010"
)
HEADERS_DIFFER = Refusal(
    _INVALID, "Input csv files must have the same column headers.", "assumed", "the guide, preparing training data"
)
ATTRIBUTION_WANTED = Refusal(
    _INVALID,
    "publishAttributionMetricsToS3 needs a metric attribution in the dataset group {dataset_group}.",
    "assumed",
    "CreateDatasetImportJob",
)

# Data deletion jobs.
ONE_COLUMN_WANTED = Refusal(
    _INVALID, "Input csv must have USER_ID as its only column.", "assumed", "CreateDataDeletionJob"
)

# Filters.
INVALID_EXPRESSION = Refusal(
    _INVALID,
    "Invalid Expression: {why} (line {line}, column {column}).",
    "assumed",
    'the guide, error messages: "Invalid Expression..."',
)
PLACEHOLDER_WITH_NOT_IN = Refusal(
    _INVALID,
    "Invalid input symbol: ${name}. Placeholders are not allowed with NOT_IN operator.",
    "observed",
    "err-016",
)
FILTER_GROUP_NOT_ACTIVE = Refusal(
    _INVALID, "{arn} is not in ACTIVE state.", "assumed", "CreateFilter declares no ResourceInUseException"
)
TOO_MANY_RUNNING_FILTERS = Refusal(
    _LIMIT,
    "More than {limit} resources with PENDING or IN_PROGRESS status. Please try again later.",
    "observed",
    "err-030",
)
TOO_MANY_FIELDS = Refusal(
    _LIMIT,
    "The filter uses {count} distinct dataset fields; at most {limit} are allowed.",
    "assumed",
    "the guide's quotas",
)
TOO_MANY_FIELDS_OF_ALL = Refusal(
    _LIMIT,
    "With this filter, the filters of the dataset group would use {count} distinct dataset fields; at most {limit} "
    "are allowed.",
    "assumed",
    "the guide's quotas",
)
CAMPAIGN_BEING_CREATED = Refusal(
    _IN_USE,
    "The dataset group the filter belongs to is referenced by a campaign that's being actively created. Please wait "
    "for the resource creation to complete, and try the DeleteFilter call again",
    "observed",
    "err-026",
)
FILTER_VALUE_WANTED = Refusal(
    _INVALID,
    "The filterValues must have a value for the parameter {name}.",
    "assumed",
    "the runtime's model, filterValues",
)
FILTER_VALUE_INVALID = Refusal(
    _INVALID, "The value of the filter parameter {name} is not valid: {why}.", "assumed", "the guide, filtering"
)

# Metric attributions.
METRICS_WANTED = Refusal(
    _INVALID,
    "A metric attribution must have at least one metric.",
    "assumed",
    "the guide, creating a metric attribution",
)
TOO_MANY_METRICS = Refusal(
    _LIMIT, "A metric attribution can have at most {limit} metrics.", "assumed", "the guide's quotas"
)
TOO_MANY_METRICS_AFTER = Refusal(
    _INVALID,
    "A metric attribution can have at most {limit} metrics; the update would give it {count}.",
    "assumed",
    "UpdateMetricAttribution declares no LimitExceededException",
)
METRIC_TWICE = Refusal(
    _INVALID, "The metric name {name} is given more than once.", "assumed", "CreateMetricAttribution"
)
METRIC_EXISTS = Refusal(
    _EXISTS,
    "A metric named {name} already exists in {arn}.",
    "assumed",
    "UpdateMetricAttribution declares ResourceAlreadyExistsException",
)
NO_SUCH_METRIC = Refusal(_INVALID, "There is no metric named {name} in {arn}.", "assumed", "UpdateMetricAttribution")
INVALID_METRIC = Refusal(
    _INVALID,
    "The metric expression {expression} is not valid: {why}.",
    "assumed",
    "the guide, creating a metric attribution",
)
NO_EVENT_TYPE_COLUMN = Refusal(
    _INVALID,
    "A metric attribution needs an Interactions dataset with an EVENT_TYPE column.",
    "assumed",
    "the guide, requirements of metric attributions",
)
ITEMS_NOT_IMPORTED = Refusal(
    _INVALID,
    "The metric expression {expression} needs item metadata, which must be imported first.",
    "assumed",
    "the guide, creating a metric attribution",
)
REPORTS_KEY_NOT_USABLE = Refusal(_INVALID, "{fault}", "assumed", "the guide, giving permission to use a KMS key")
NO_METRICS_OF = Refusal(
    _INVALID,
    "The given metric attribution does not exist: {arn}",
    "assumed",
    "ListMetricAttributionMetrics declares no ResourceNotFoundException",
)
METRIC_ATTRIBUTION_WANTED = Refusal(
    _INVALID, "A metricAttributionArn must be provided.", "assumed", "the model does not mark it required"
)
NOTHING_TO_UPDATE = Refusal(
    _INVALID,
    "At least one of addMetrics, removeMetrics and metricsOutputConfig must be provided.",
    "assumed",
    "UpdateMetricAttribution",
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
CAMPAIGN_WANTED = Refusal(_INVALID, "A campaignArn must be provided.", "assumed", "GetActionRecommendations")
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
EVENT_TOO_LARGE = Refusal(
    _INVALID, "The event has {size} bytes; an event can have at most {limit}.", "assumed", "the guide's quotas"
)
INVALID_NEXT_TOKEN = Refusal(
    "InvalidNextTokenException", "The provided nextToken is not valid.", "assumed", "the List operations"
)

# What is put: properties, records and interactions with actions.
PROPERTIES_NOT_JSON = Refusal(_INVALID, "Error parsing properties json", "observed", "err-019")
PROPERTY_FORBIDDEN = Refusal(
    _INVALID, "The key {key} cannot be used in properties.", "assumed", "the API reference, Event; amplify-js 6906"
)
PROPERTY_UNKNOWN = Refusal(
    _INVALID,
    "The key {key} in properties matches no field of the dataset's schema; the keys are: {keys}.",
    "assumed",
    "the guide, importing individual records",
)
PROPERTY_OF_WRONG_TYPE = Refusal(
    _INVALID,
    "The value of {key} in properties is not of the type of the schema's field {column}: {type}.",
    "assumed",
    "after err-035",
)
PROPERTY_TOO_LONG = Refusal(
    _INVALID, "Length cannot be more than {limit} characters for {column}.", "assumed", "after fail-001"
)
PROPERTY_MISSING = Refusal(
    _INVALID,
    "A value of {key} is missing: the schema's field {column} does not allow null.",
    "assumed",
    "after err-035",
)
DATASET_OF_ANOTHER_TYPE = Refusal(
    _INVALID,
    "{arn} is a dataset of type {found}; {operation} needs one of type {wanted}.",
    "assumed",
    "the API reference: PutItems takes an Items dataset, and so on",
)
UNKNOWN_ACTION_EVENT_TYPE = Refusal(
    _INVALID,
    "The event type {event_type} is not one of Viewed, Taken, Not Taken.",
    "assumed",
    "the guide, recording action interaction events",
)

# Recipes and the configuration of solutions.
RECIPE_FOR_RECOMMENDERS = Refusal(
    _INVALID,
    "The recipe {recipe} is a use case of the domain {domain}; create a recommender with it.",
    "assumed",
    "the guide: solutions are of custom recipes",
)
RECIPE_NOT_IN_DOMAIN_GROUP = Refusal(
    _INVALID,
    "The recipe {recipe} cannot be used in a Domain dataset group.",
    "assumed",
    "the guide, Next-Best-Action",
)
RECIPE_NOT_AVAILABLE = Refusal(
    _INVALID, "The recipe {recipe} is no longer available.", "assumed", "the guide, legacy HRNN recipes"
)
RECIPE_WITH_AUTOML = Refusal(
    _INVALID, "recipeArn must be omitted when performAutoML is true.", "assumed", "CreateSolution, performAutoML"
)
NO_RECORDS = Refusal(
    _INVALID,
    "Dataset group must contain an {dataset_type} dataset with successfully completed dataset import job",
    "assumed",
    "after err-011",
)
NOT_FOR_RECIPE = Refusal(
    _INVALID, "{member} is not supported by the recipe {recipe}.", "assumed", "CreateSolution, the guide's recipe pages"
)
HYPERPARAMETER_UNKNOWN = Refusal(
    _INVALID,
    "Provide a hyperparameter that is used in the algorithm: {algorithm}",
    "observed",
    "https://github.com/aws-samples/amazon-personalize-samples/issues/156",
)
PARAMETER_UNKNOWN = Refusal(
    _INVALID,
    "Provide a feature transformation parameter that is used in the recipe: {recipe}",
    "assumed",
    "after what is seen of unknown hyperparameters",
)
HYPERPARAMETER_VALUE = Refusal(
    _INVALID,
    "Invalid value of the hyperparameter {name}: {value}. It must be {wanted}.",
    "assumed",
    "the guide's recipe pages",
)
HYPERPARAMETER_BY_HPO_ONLY = Refusal(
    _INVALID,
    "The hyperparameter {name} can be set by hyperparameter optimization only.",
    "assumed",
    "the guide, Similar-Items",
)
HYPERPARAMETER_NOT_TUNABLE = Refusal(
    _INVALID, "The hyperparameter {name} is not tunable.", "assumed", "the guide's recipe pages"
)
HYPERPARAMETER_RANGE = Refusal(
    _INVALID,
    "Invalid range of the hyperparameter {name}: it must lie within {wanted}, as one of {kind}HyperParameterRanges.",
    "assumed",
    "the guide's recipe pages",
)
HYPERPARAMETER_RANGES = Refusal(
    _INVALID, "The hyperparameter {name} has more than one range.", "assumed", "HyperParameterRanges"
)
HPO_OBJECTIVE = Refusal(_INVALID, "Configuring hpoObjective is not supported.", "assumed", "HPOConfig")
HPO_JOBS = Refusal(
    _INVALID, "{member} must be a whole number from 1 to {limit}, not {value}.", "assumed", "HPOResourceConfig"
)
AUTOML_CONFIG = Refusal(_INVALID, "autoMLConfig needs performAutoML to be true.", "assumed", "AutoMLConfig")
AUTOML_METRIC = Refusal(
    _INVALID, "The metric {metric} is not one of the recipe {recipe}.", "assumed", "AutoMLConfig, metricName"
)
AUTOML_RECIPE = Refusal(
    _INVALID,
    "The recipe {recipe} is not of the recipe type USER_PERSONALIZATION.",
    "assumed",
    "CreateSolution, performAutoML",
)
EVENT_COLUMN_WANTED = Refusal(
    _INVALID,
    "{member} needs the column {column} in the schema of the INTERACTIONS dataset.",
    "assumed",
    "the guide, choosing the interaction data used for training",
)
EVENT_VALUE_THRESHOLD = Refusal(
    _INVALID, "eventValueThreshold must be a number, not {value}.", "assumed", "SolutionConfig, EventParameters"
)
EVENT_TYPES_DIFFER = Refusal(
    _INVALID,
    "Each of the eventParametersList must have an eventType of its own.",
    "assumed",
    "the guide, optimizing a solution with events configuration",
)
OBJECTIVE_COLUMN = Refusal(
    _INVALID,
    "The itemAttribute of an optimizationObjective must be a numerical column without null of the ITEMS dataset.",
    "assumed",
    "the guide, optimizing a solution for an additional objective",
)
DATASET_TYPE_WANTED = Refusal(
    _INVALID, "The dataset group has no dataset of the type {dataset_type}.", "assumed", "TrainingDataConfig"
)
COLUMN_UNKNOWN = Refusal(
    _INVALID,
    "The schema of the {dataset_type} dataset has no column {column}.",
    "assumed",
    "TrainingDataConfig",
)
COLUMN_REQUIRED = Refusal(
    _INVALID,
    "The column {column} of the {dataset_type} dataset cannot be excluded from training.",
    "assumed",
    "the guide, configuring columns used when training",
)
SCHEDULE = Refusal(
    _INVALID,
    "schedulingExpression must be a rate of 1 to 30 days, such as rate(7 days), not {value}.",
    "assumed",
    "AutoTrainingConfig",
)
SOLUTION_UPDATE_RUNNING = Refusal(
    _IN_USE, "{arn} cannot be updated while another update of it is in progress.", "assumed", "UpdateSolution"
)

# Solution versions, campaigns and recommenders.
NOT_IN_STATE = Refusal(
    _IN_USE,
    "{arn} cannot be {done}: its status must be {wanted}.",
    "assumed",
    "StopSolutionVersionCreation, UpdateRecommender, StopRecommender, StartRecommender",
)
VERSION_NAME_TAKEN = Refusal(
    _EXISTS,
    "Another solution version of {solution} with the name {name} already exists.",
    "assumed",
    "CreateSolutionVersion declares ResourceAlreadyExistsException",
)
UPDATE_NOT_FOR_RECIPE = Refusal(
    _INVALID,
    "The training mode UPDATE cannot be used with the recipe {recipe}.",
    "assumed",
    "CreateSolutionVersion, trainingMode",
)
UPDATE_WANTS_FULL = Refusal(
    _INVALID,
    "The training mode UPDATE needs an ACTIVE version of {solution} that was trained with the training mode FULL.",
    "assumed",
    "CreateSolutionVersion, trainingMode",
)
AUTOTRAIN_IS_AUTOMATIC = Refusal(
    _INVALID,
    "The training mode AUTOTRAIN is that of automatic training. Use FULL or UPDATE.",
    "assumed",
    "CreateSolutionVersion, trainingMode",
)
NO_ACTIVE_VERSION = Refusal(
    _IN_USE, "{solution} has no solution version in ACTIVE state.", "assumed", "CreateCampaign, SolutionArn/$LATEST"
)
SYNC_WANTS_LATEST = Refusal(
    _INVALID,
    "syncWithLatestSolutionVersion needs a solutionVersionArn in SolutionArn/$LATEST format.",
    "assumed",
    "CampaignConfig",
)
NOT_DEPLOYABLE = Refusal(
    _INVALID,
    "A solution version of the recipe type {recipe_type} cannot be deployed with a campaign.",
    "assumed",
    "the guide, campaigns",
)
EXPLORATION_UNKNOWN = Refusal(
    _INVALID,
    "Unknown hyperparameter in itemExplorationConfig: {name}. There are: {known}.",
    "assumed",
    "the guide, User-Personalization",
)
INFLUENCE_WANTS_INTERACTIONS = Refusal(
    _INVALID,
    "The rankingInfluence POPULARITY needs an Interactions dataset in the dataset group.",
    "assumed",
    "the guide, Semantic-Similarity: to use the popularity factor, you must include an Interactions dataset",
)
INFLUENCE_WANTS_CREATION = Refusal(
    _INVALID,
    "The rankingInfluence FRESHNESS needs the field CREATION_TIMESTAMP in the schema of the Items dataset.",
    "assumed",
    "the guide, Semantic-Similarity: to use the freshness factor, you must include the CREATION_TIMESTAMP field",
)
METADATA_WANTS_ITEMS = Refusal(
    _INVALID,
    "enableMetadataWithRecommendations needs an Items dataset in the dataset group.",
    "assumed",
    "the guide, campaigns",
)
ASKED_OTHERWISE = Refusal(
    _INVALID,
    "Recommendations of the recipe type {recipe_type} are got with {operation}.",
    "assumed",
    "GetRecommendations",
)
ITEM_ID_WANTED_BY_TYPE = Refusal(
    _INVALID, "An itemId must be provided for recipe type {recipe_type}.", "assumed", "GetRecommendations"
)
RANKS_NOTHING = Refusal(
    _INVALID,
    "GetPersonalizedRanking needs a campaign of the recipe type PERSONALIZED_RANKING, not {recipe_type}.",
    "assumed",
    "GetPersonalizedRanking",
)
INPUT_LIST_WANTED = Refusal(
    _INVALID, "The inputList must have at least one item.", "assumed", "GetPersonalizedRanking, inputList"
)
TOO_MANY_TO_RANK = Refusal(
    _INVALID,
    "The inputList must have at most {limit} items, not {asked}.",
    "assumed",
    "GetPersonalizedRanking, inputList",
)
FILTER_NOT_FOR_RECIPE = Refusal(
    _INVALID,
    "The filter {filter} filters by {found}; the recipe type {recipe_type} needs one by {wanted}.",
    "assumed",
    "the guide, filter expressions",
)
FILTER_WANTS_USER = Refusal(
    _INVALID,
    "A userId must be provided: the filter {filter} looks at the user.",
    "assumed",
    "the guide, domain use cases: userId is needed if a filter needs it",
)
CURRENT_ITEM_WANTS_RELATED = Refusal(
    _INVALID,
    "The filter {filter} looks at the current item, which the recipe type {recipe_type} does not have.",
    "assumed",
    "the guide, item recommendation filter expression examples",
)
CONTEXT_UNKNOWN = Refusal(
    _INVALID,
    "The context {name} is not a field of the Interactions schema.",
    "assumed",
    "the guide, getting real-time recommendations",
)
METADATA_DATASET = Refusal(
    _INVALID, "metadataColumns must be of ITEMS, not of {found}.", "assumed", "GetRecommendations, metadataColumns"
)
TOO_MANY_METADATA_COLUMNS = Refusal(
    _INVALID,
    "metadataColumns must name at most {limit} columns, not {asked}.",
    "assumed",
    "GetRecommendations, metadataColumns",
)
METADATA_NOT_ENABLED = Refusal(
    _INVALID,
    "Metadata in recommendations is not enabled for {arn}.",
    "assumed",
    "GetRecommendations, metadataColumns",
)
METADATA_UNKNOWN = Refusal(
    _INVALID,
    "The metadata column {column} is not in the schema of the Items dataset.",
    "assumed",
    "GetRecommendations, metadataColumns",
)
TOO_MANY_WITH_METADATA = Refusal(
    _INVALID,
    "{name} must be at most {limit} where metadata is asked for, not {asked}.",
    "assumed",
    "GetRecommendations, GetPersonalizedRanking",
)
PROMOTION_INCOMPLETE = Refusal(
    _INVALID, "The promotion has no {member}.", "assumed", "the guide, promoting items in recommendations"
)
NOT_A_DOMAIN = Refusal(
    _INVALID, "{dataset_group} is not a Domain dataset group.", "assumed", "CreateRecommender, datasetGroupArn"
)
NOT_OF_THE_DOMAIN = Refusal(
    _INVALID, "The recipe {recipe} is not a use case of the domain {domain}.", "assumed", "CreateRecommender, recipeArn"
)
SAME_CONFIG = Refusal(
    _INVALID,
    "The recommender {arn} has this configuration already.",
    "observed",
    "err-021 (its wording is not known)",
)

# Batch inference and segment jobs.
INVALID_S3_INPUT_PATH = Refusal(_INVALID, "Invalid S3 input path", "documented", "the guide, error messages")
INVALID_S3_OUTPUT_PATH = Refusal(_INVALID, "Invalid S3 output path", "documented", "the guide, error messages")
TOO_MANY_INPUT_FILES = Refusal(
    _INVALID, "The input has {count} files; at most {limit} are allowed.", "assumed", "the guide's quotas"
)
TOO_MUCH_INPUT = Refusal(
    _INVALID, "The input has {size} bytes; at most {limit} are allowed.", "assumed", "the guide's quotas"
)
NO_BATCH_INFERENCE = Refusal(
    _INVALID,
    "Batch recommendations are not supported by the recipe {recipe}.",
    "assumed",
    "CreateBatchInferenceJob: not with Trending-Now or Next-Best-Action",
)
NO_BATCH_SEGMENTS = Refusal(
    _INVALID,
    "Batch segment jobs need a solution version of a USER_SEGMENTATION recipe, which {recipe} is not.",
    "assumed",
    "the guide, creating a batch segment job",
)
BATCH_RESULTS_OUT_OF_RANGE = Refusal(
    _INVALID, "numResults must be from 1 to {limit}, not {asked}.", "assumed", "the guide's quotas"
)
FILTER_OF_OTHER_GROUP = Refusal(
    _INVALID,
    "The filter {filter} is not of the dataset group {dataset_group}.",
    "assumed",
    "the guide, filtering batch recommendations",
)
FILTER_OF_OTHER_TARGET = Refusal(
    _INVALID,
    "The filter {filter} filters by {found}; this job needs one by {wanted}.",
    "assumed",
    "the guide, filtering batch recommendations and user segments",
)
THEMES_NOT_FOR_RECIPE = Refusal(
    _INVALID,
    "Themes cannot be generated with the recipe {recipe}.",
    "assumed",
    "CreateBatchInferenceJob: with Similar-Items",
)
THEMES_WANT_CONFIG = Refusal(
    _INVALID,
    "The mode THEME_GENERATION needs a themeGenerationConfig.",
    "assumed",
    "CreateBatchInferenceJob, batchInferenceJobMode",
)
THEMES_WANT_MODE = Refusal(
    _INVALID,
    "A themeGenerationConfig can be used in the mode THEME_GENERATION only.",
    "assumed",
    "CreateBatchInferenceJob, themeGenerationConfig",
)
THEMES_NOT_IN_REGION = Refusal(
    _INVALID, "Themes cannot be generated in {region}.", "assumed", "the guide, Content Generator"
)
THEMES_WANT_COLUMN = Refusal(
    _INVALID,
    "The Items dataset has no column {column} of item names.",
    "assumed",
    "CreateBatchInferenceJob, fieldsForThemeGeneration",
)
THEMES_WANT_TEXT = Refusal(
    _INVALID,
    "The Items dataset has no textual column to generate themes from.",
    "assumed",
    "the guide, Content Generator, guidelines and requirements",
)

# Why a job failed after its create call was answered; these are failure reasons, not answers to a call.
FEW_PAIRED_USERS = "Dataset has fewer than {limit} users with at least 2 interactions each."  # fail-002
FEW_PERCENT_OF_PAIRED_USERS = (  # assumed, after fail-002: the guide's quotas
    "Dataset has fewer than {limit} percent of users with at least 2 interactions each."
)
FEW_INTERACTIONS = "Dataset has fewer than {limit} interactions."  # assumed, after fail-003
FEW_INTERACTIONS_OF_TYPE = (  # fail-003, fail-004
    "Dataset has fewer than {limit} interactions after filtering by event type: {event_type}"
)
NO_EVENT_TYPES = "All values in the event_type column are either reserved keywords or null"  # fail-006
FEW_RECORDS = "Input csv has fewer than {limit} interaction records."  # assumed, the guide's quotas
VALUE_TOO_LONG = (  # fail-001
    "Length cannot be more than {limit} characters for {column}. If no values exceed the character limit, make "
    "sure your data follows the formatting guidelines listed in "
    "https://docs.aws.amazon.com/personalize/latest/dg/data-prep-formatting.html."
)
NO_ATTRIBUTE_TO_TRAIN_ON = (  # fail-005
    "Did not find any attribute to train on. There may not be any attribute in the items dataset, or all attribute "
    "values either have same or all distinct values."
)
# Assumed, after the guide's page of Semantic-Similarity: "requires Items data that includes".
NO_TEXT_TO_TRAIN_ON = "The items dataset has no string field to train on that is marked {mark}."
TOO_MANY_BATCH_RECORDS = "The input has {count} records; at most {limit} are allowed."  # assumed, the guide's quotas
BATCH_VERSION_GONE = "The solution version {arn} does not exist."  # assumed
EXPORT_FAILED = "Insufficient privileges for accessing data in S3."  # assumed, after err-005
KEY_NOT_USABLE = "Personalize cannot use the KMS key {key} with the role {role}: {why}."  # assumed, after life-004


def not_simulated(what: str) -> ServiceError:
    """The refusal of something that the service does and the simulator does not (yet)."""
    return NOT_SIMULATED(version=__version__, what=what)
