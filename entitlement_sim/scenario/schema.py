"""The JSON schema of scenarios, for editors."""

import json

from .models import ScenarioModel


def schema_text() -> str:
    """Return the JSON schema of scenario files, as it stands in ``scenario.schema.json``."""
    schema = ScenarioModel.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**head, **schema}, indent=2) + "\n"
