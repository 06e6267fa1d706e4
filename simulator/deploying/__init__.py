"""From DataFrames to an ACTIVE campaign or recommender, through the calls of boto3 that a user would make."""

from __future__ import annotations

from simulator.deploying.deployment import Deployment
from simulator.deploying.making import deploy

__all__ = ["Deployment", "deploy"]
