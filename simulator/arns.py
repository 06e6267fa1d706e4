"""Amazon Resource Names of Personalize, built and taken apart.

Source: the ARN table of the guide's resources (spec 01, section 2) and recorded answers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Home:
    """An account in a region: what keeps one customer's resources apart from another's."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The AWS partition that the region belongs to."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        if self.region.startswith("us-gov-"):
            return "aws-us-gov"
        return "aws"

    def arn(self, family: str, name: str) -> str:
        """The ARN of a resource here, such as `arn:aws:personalize:us-east-1:123456789012:schema/mine`."""
        return f"arn:{self.partition}:personalize:{self.region}:{self.account}:{family}/{name}"


def account_of(arn: str) -> str:
    """The account in an ARN of any service; empty where it has none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""
