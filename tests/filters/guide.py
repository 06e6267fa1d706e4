"""The filter expressions of the guide's pages and of other public sources, and schemas that they fit."""

from __future__ import annotations

from simulator.data.schemas import AvroSchema, Field


def schema(name: str, *fields: Field) -> AvroSchema:
    return AvroSchema(name, fields)


def text(name: str, **marks: bool) -> Field:
    return Field(name, "string", True, **marks)


def number(name: str, kind: str = "int") -> Field:
    return Field(name, kind, True)


SCHEMAS = {
    "Interactions": schema(
        "Interactions",
        text("USER_ID"),
        text("ITEM_ID"),
        number("TIMESTAMP", "long"),
        text("EVENT_TYPE"),
        text("DEVICE"),
    ),
    "Items": schema(
        "Items",
        text("ITEM_ID"),
        *(text(name) for name in ("CATEGORY", "CATEGORY_L1", "CATEGORY_L2", "GENRE", "GENRES", "OWNER", "AVAILABLE")),
        text("OVERVIEW", textual=True),
        *(text(name) for name in ("DESCRIPTION", "DELETED", "CULTURE", "PAGE_TYPE")),
        *(number(name) for name in ("NUMBER_OF_DOWNLOADS", "YEAR")),
        number("PRICE", "float"),
        number("CREATION_TIMESTAMP", "long"),
        Field("IN_STOCK", "boolean", True),
    ),
    "Users": schema(
        "Users",
        text("USER_ID"),
        number("AGE"),
        *(text(name) for name in ("GENDER", "MEMBERSHIP", "MEMBERSHIP_STATUS")),
        Field("PAYS", "boolean", True),
    ),
    "Actions": schema(
        "Actions",
        text("ACTION_ID"),
        *(text(name) for name in ("CATEGORY", "MEMBERSHIP_LEVEL")),
        *(number(name, "long") for name in ("VALUE", "REPEAT_FREQUENCY", "ACTION_EXPIRATION_TIMESTAMP")),
    ),
    "ActionInteractions": schema(
        "ActionInteractions", text("USER_ID"), text("ACTION_ID"), text("EVENT_TYPE"), number("TIMESTAMP", "long")
    ),
}

# Its page on action recommendations has this one, although no dataset is called Action.
MISSPELT = 'INCLUDE ActionID WHERE Action.MEMBERSHIP_LEVEL IN ("Premium") IF CurrentUser.MEMBERSHIP = $PREMIUM'

# The pages filter-expressions (2020 and 2022), filter-real-time, item-recommendation-filter-examples,
# action-recommendation-filter-examples, user-segment-filter-examples, multiple-expression-example,
# promoting-items, error-messages; of error-messages the expression that is told to work.
GUIDE = [
    'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click", "stream")',
    'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
    'EXCLUDE ItemID WHERE Items.CATEGORY IN ("shoe") AND Items.DESCRIPTION NOT IN ("boot")',
    "INCLUDE ItemID WHERE Items.NUMBER_OF_DOWNLOADS < 20",
    "EXCLUDE ItemID WHERE Items.NUMBER_OF_DOWNLOADS < 20 IF CurrentUser.AGE > 18 AND CurrentUser.AGE < 30",
    'INCLUDE ItemID WHERE Items.CATEGORY IN ("watch") AND Items.DESCRIPTION IN ("luxury") IF CurrentUser.AGE > 18',
    'INCLUDE ItemID WHERE Items.GENRE IN ("drama") '
    '| EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click", "stream")',
    'EXCLUDE itemId WHERE INTERACTIONS.EVENT_TYPE in ("Purchase")',
    "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($EVENT_TYPE)",
    'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")',
    "EXCLUDE ItemID WHERE Items.CATEGORY IN ($CATEGORY)",
    "INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.GENRE IN CurrentItem.GENRE",
    'EXCLUDE ItemID WHERE Items.CATEGORY_L1 IN ("shoe") AND Items.CATEGORY_L2 NOT IN ("boot")',
    "INCLUDE ItemID WHERE Items.PRICE <= $PRICE",
    "INCLUDE ItemID WHERE Items.CREATION_TIMESTAMP < $DATE",
    "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE)",
    "INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.CREATION_TIMESTAMP > $DATE",
    "EXCLUDE ItemID WHERE Items.GENRE IN ($GENRE) IF CurrentUser.AGE = $AGE",
    "INCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ($EVENT_TYPE)",
    'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("NOT_TAKEN")',
    "EXCLUDE ActionID WHERE Actions.CATEGORY IN ($CATEGORY)",
    "INCLUDE ActionID WHERE Actions.VALUE > ($VALUE)",
    "EXCLUDE ActionID WHERE Actions.VALUE < ($VALUE) IF CurrentUser.MEMBERSHIP = $PREMIUM",
    "INCLUDE UserID WHERE Users.MEMBERSHIP_STATUS IN ($MEMBERSHIP)",
    "EXCLUDE UserID WHERE Users.AGE < $AGE",
    'INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click", "rating")',
    "EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ($EVENT_TYPE)",
    'INCLUDE ItemID WHERE Items.CATEGORY IN ($CATEGORY) | INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("favorite")',
    "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE) "
    '| EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click", "stream")',
    'INCLUDE ItemID WHERE Items.OWNER IN ("in-house")',
    'INCLUDE ItemID WHERE Items.CATEGORY IN ("clothing") AND Items.AVAILABLE IN ("True")',
    "EXCLUDE ItemID WHERE Items.GENRE IN ($GENRE)",
]

# What people have really created: AWS's samples and workshops, a FAQ by AWS Korea, the older SDKs' documentation.
OTHERS = [
    'EXCLUDE itemId WHERE INTERACTIONS.event_type in ("EVENT_TYPE")',
    'EXCLUDE itemId WHERE ITEMS.CATEGORY NOT IN ("hot drinks", "salty snacks", "food service")',
    'INCLUDE ItemID WHERE Items.DELETED IN ("false") AND Items.CULTURE IN ($CULTURE) '
    "AND Items.PAGE_TYPE IN ($PAGE_TYPES)",
    "INCLUDE itemId WHERE Items.PRICE >= $MIN_PRICE AND Items.PRICE <= $MAX_PRICE",
    'INCLUDE ItemID WHERE Items.GENRE IN ("Comedy") IF CURRENTUSER.AGE > 20',
    'INCLUDE ItemID WHERE Items.GENRE IN ("Comedy") IF CURRENTUSER.GENDER = "F"',
    "INCLUDE ItemID WHERE Items.GENRES IN ($genre)",
    '\nEXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")\n',
]
