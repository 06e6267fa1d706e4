"""The service's limits, as data with their sources.

Source: the guide's quotas page (spec 07, sections 1 and 3) unless a line says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

QUOTAS: Mapping[str, int] = MappingProxyType(
    {
        "active_schemas": 500,
        "active_dataset_groups": 5,
        "running_dataset_import_jobs": 5,
        "running_solution_versions": 20,
        "active_solutions_per_dataset_group": 10,
        "active_campaigns_per_dataset_group": 5,
        "interaction_records_per_import": 1000,
        "characters_of_an_id": 256,
        "characters_of_a_string": 1000,
        "metadata_columns_of_interactions": 5,
        "results_of_get_recommendations": 500,
    }
)


@dataclass(frozen=True)
class Quotas:
    """The limits in force: the documented ones, some overridden by name.

    Raises ValueError for a name that is no quota, or a limit that is no whole number from 0.
    """

    overrides: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, limit in self.overrides.items():
            if name not in QUOTAS:
                raise ValueError(f"no quota is named {name!r}; there are {', '.join(sorted(QUOTAS))}")
            if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
                raise ValueError(f"the quota {name} must be a whole number from 0, not {limit!r}")

    def __getitem__(self, name: str) -> int:
        return self.overrides.get(name, QUOTAS[name])
