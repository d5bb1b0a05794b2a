"""Validates a JSON file by a schema of docs/, which may refer to that of a result.

validate.py SCHEMA FILE     prints the first fault; ends with 1 if there is one
"""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator, RefResolver

schema = json.loads(Path(sys.argv[1]).read_text())
result = json.loads((Path(sys.argv[1]).parent / "result.schema.json").read_text())
resolver = RefResolver.from_schema(schema, store={result["$id"]: result, schema["$id"]: schema})
document = json.loads(Path(sys.argv[2]).read_text())
for fault in Draft202012Validator(schema, resolver=resolver).iter_errors(document):
    print("/".join(map(str, fault.absolute_path)), fault.message[:500])
    sys.exit(1)
