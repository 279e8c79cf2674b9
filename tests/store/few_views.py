"""Some of the views, for tests that make them again and again: all of them take seconds."""

from functools import cache

from entitlement_sim.store.kept import COLUMNS
from entitlement_sim.store.views import declared_reads, made_views, view_files

#: One that tests ask, and those that a run's file keeps.
ASKED = ("utilisation_by_template", *COLUMNS)


@cache
def few_view_files() -> dict[str, str]:
    """Texts of the macros and of the files of these views, with all that they rest on."""
    files = view_files()
    topic_of = {view: topic for topic, text in files.items() for view in made_views(text)}
    needed, found = [topic_of[view] for view in ASKED], {"macros"}
    while needed:
        topic = needed.pop()
        if topic not in found:
            found.add(topic)
            needed += [topic_of[name] for name in declared_reads(files[topic]) if name in topic_of]
    return {topic: text for topic, text in files.items() if topic in found}
