"""What OpenAPI is told of the parts of a request that are read only after rights, key and version were checked."""

from dossiers import rules
from dossiers.imports.cells import EXPLAINED, LONGEST_TEXT

COUNT = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": rules.MAX_COUNT},
        {"type": "null"},
        {"type": "string", "const": "NA"},
    ],
    "description": 'A count, null (blank: not known) or "NA" (not applicable).',
}
STATED = {
    "anyOf": [{"type": "integer", "minimum": 0, "maximum": rules.MAX_COUNT}, {"type": "null"}],
    "description": "A total as the source states it, where its parts are not known.",
}
LATE_REASONS = {
    "type": "object",
    "description": "Late dossiers by the code of their reason; left out, what is there stays.",
    "additionalProperties": {
        "type": "object",
        "required": ["count"],
        "additionalProperties": False,
        "properties": {
            "count": {"type": "integer", "minimum": 0, "maximum": rules.MAX_COUNT},
            "text": {"type": "string", "maxLength": LONGEST_TEXT},
        },
    },
}
EXPLANATIONS = {
    "type": "object",
    "description": "Why an identity does not hold, by its code; left out, what is there stays.",
    "propertyNames": {"enum": sorted(EXPLAINED)},
    "additionalProperties": {"type": "string", "maxLength": LONGEST_TEXT},
}
LINE = {
    "type": "object",
    "required": ["procedure"],
    "additionalProperties": False,
    "properties": {
        "procedure": {"type": "string", "description": "Code of the procedure."},
        **dict.fromkeys(rules.TYPED_NAMES, COUNT),
        **dict.fromkeys(rules.STATED, STATED),
        "late_reasons": LATE_REASONS,
        "explanations": EXPLANATIONS,
    },
}
LINES = {"type": "object", "required": ["lines"], "properties": {"lines": {"type": "array", "items": LINE}}}


def header(name: str, description: str, *, required: bool, pattern: str = "^.+$") -> dict:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


KEY = header(
    "Idempotency-Key",
    "Names this one intention; sent again with the same request it gives the first answer, for seven days.",
    required=True,
    pattern="^[!-~]{1,255}$",
)
IF_MATCH = "The ETag of the return as last read."
TAG = {"ETag": {"description": "Version of the return; strong, new with every change.", "schema": {"type": "string"}}}

READ_EXTRA = {"responses": {200: {"headers": TAG}}}
PUT_EXTRA = {
    "parameters": [header("If-Match", IF_MATCH, required=True), KEY],
    "requestBody": {"required": True, "content": {"application/json": {"schema": LINES}}},
    "responses": {200: {"headers": TAG}},
}
SUBMIT_EXTRA = {
    "parameters": [header("If-Match", IF_MATCH, required=False), KEY],
    "responses": {200: {"headers": TAG}},
}
