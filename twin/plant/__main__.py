"""Prints the plant file's JSON Schema: python -m twin.plant > docs/plant.schema.json."""

import json

from twin.plant.check import json_schema

print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
