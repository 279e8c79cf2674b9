"""A plugin for pytest: Hypothesis finds a failure and leaves it at that, each time the same."""

from hypothesis import Phase, settings

settings.register_profile(
    "mutation", phases=(Phase.explicit, Phase.generate), database=None, derandomize=True
)
settings.load_profile("mutation")
