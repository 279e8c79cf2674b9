"""Why contracts ran dry, and what another reading of the rules would move."""

from .ceiling import Ceiling, Group, ceiling

__all__ = ["Ceiling", "Group", "ceiling"]
