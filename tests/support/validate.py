"""Validates a JSON file by a schema of docs/, which may refer to that of a result.

validate.py SCHEMA FILE     prints the first fault; ends with 1 if there is one. FILE.jsonl has a document on each line.
"""

import json
import sys
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

RESULT = "urn:pipebench:result:1"


def with_local_references(node: Any) -> Any:
    """Validators differ in how they join addresses with urn:, so the schema of a result becomes a part of this one."""
    if isinstance(node, list):
        return [with_local_references(n) for n in node]
    if not isinstance(node, dict):
        return node
    out = {key: with_local_references(value) for key, value in node.items()}
    if out.get("$ref") == RESULT:
        out["$ref"] = "#/$defs/result"
    elif str(out.get("$ref")).startswith(RESULT + "#"):
        out["$ref"] = out["$ref"][len(RESULT) :]
    return out


schema = json.loads(Path(sys.argv[1]).read_text())
if schema["$id"] != RESULT:
    result = json.loads((Path(sys.argv[1]).parent / "result.schema.json").read_text())
    parts = result.pop("$defs")
    del result["$id"], result["$schema"]
    schema = with_local_references(schema)
    own = schema.get("$defs", {})
    assert not own.keys() & parts.keys(), "a part has the name of a part of a result"
    schema["$defs"] = {**parts, **own, "result": result}
file = Path(sys.argv[2])
text = file.read_text()
for number, document in enumerate(text.splitlines() if file.suffix == ".jsonl" else [text], 1):
    for fault in Draft202012Validator(schema).iter_errors(json.loads(document)):
        print(f"{number}:", "/".join(map(str, fault.absolute_path)), fault.message[:500])
        sys.exit(1)
