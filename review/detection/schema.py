"""The JSON Schema of rule files, so that YAML editors complete and check them; made from the vocabularies of the loader.

It promises less than the loader checks (an editor cannot run examples); whatever it refuses, the loader refuses too.
"""

import json
from enum import StrEnum
from typing import Any

from review.detection import vocabulary as words_of
from review.detection.text import LAYER_NAMES
from review.detection.validators import VALIDATORS
from review.types import RuleStatus, Severity, Suggestion, Zone

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_WINDOW: Schema = {"type": "integer", "minimum": 0, "maximum": words_of.MAX_WINDOW}
_WORDS: Schema = {"type": "array", "items": {"type": "string", "minLength": 2}, "minItems": 1}
_SHORT_WORDS: Schema = {"type": "array", "items": _TEXT, "minItems": 1}
_LIST_FILE: Schema = {"type": "string", "pattern": r"^lists/[^/\\]+\.txt$"}


def rule_schema() -> Schema:
    """The schema of a file ``rules/*.yaml`` (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "先审 规则文件",
        "description": "由 review rules schema 生成，勿手工修改；字段说明见 docs/rules.md",
        **_object({"rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}, "minItems": 1}}, ["rules"]),
        "$defs": {
            "rule": _rule(),
            "group": _group(words_of.CLAUSE_FIELDS),
            "match": _group(words_of.MATCH_FIELDS),
            "leaf": _leaf(),
            "context": _context(),
            "exception": _exception(),
            "allowance": _allowance(),
            "example": _example(),
            "zones": {"type": "array", "items": _enum(Zone), "minItems": 1},
        },
    }


def render_schema() -> str:
    """``rules/schema.json`` as it should stand in the repository."""
    return json.dumps(rule_schema(), ensure_ascii=False, indent=2) + "\n"


def _object(properties: dict[str, Schema], required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _enum(kind: type[StrEnum]) -> Schema:
    return {"enum": [member.value for member in kind]}


def _one_or_many(name: str) -> Schema:
    reference = {"$ref": f"#/$defs/{name}"}
    return {"oneOf": [reference, {"type": "array", "items": reference, "minItems": 1}]}


def _many(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}, "minItems": 1}


def _rule() -> Schema:
    severities = _enum(Severity)
    zones = {"default": severities, **{zone.value: severities for zone in Zone if zone is not Zone.ANY}}
    properties: dict[str, Schema] = {
        "id": {"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"},
        "title": _TEXT,
        "message": _TEXT,
        "remedy": _TEXT,
        "status": _enum(RuleStatus),
        "version": {"type": "integer", "minimum": 1},
        "owner": _TEXT,
        "effective": _object({"from": _DAY, "until": _DAY}, []),
        "category": {"enum": list(words_of.CATEGORIES)},
        "severity": {"oneOf": [severities, _object(zones, ["default"])]},
        "suggest": _enum(Suggestion),
        "legal_basis": {"type": "array", "items": _object({"law": _TEXT, "article": _TEXT}, ["law"]), "minItems": 1},
        "match": {"$ref": "#/$defs/match"},
        "detector": {"enum": list(words_of.DETECTORS)},
        "validators": {"type": "array", "items": {"enum": list(VALIDATORS)}, "minItems": 1},
        "on_unknown": {"enum": list(words_of.ON_INVALID)},
        "on_invalid": {"enum": list(words_of.ON_INVALID)},
        "layers": {"type": "array", "items": {"enum": ["default", "none", *LAYER_NAMES]}, "minItems": 1},
        "context": _one_or_many("context"),
        "exceptions": _many("exception"),
        "allow": _many("allowance"),
        "examples": _object({"hit": _many("example"), "miss": _many("example")}, []),
        "note": _TEXT,
    }
    required = [name for name, is_required in words_of.RULE_FIELDS.items() if is_required]
    return {**_object(properties, required), "oneOf": [{"required": ["match"]}, {"required": ["detector"]}]}


def _group(fields: tuple[str, ...]) -> Schema:
    clauses = {
        "type": "array",
        "items": {"oneOf": [{"$ref": "#/$defs/leaf"}, {"$ref": "#/$defs/group"}]},
        "minItems": 1,
    }
    known: dict[str, Schema] = {
        "any": clauses,
        "all": clauses,
        "within": {"type": "integer", "minimum": 0, "maximum": words_of.MAX_WITHIN},
        "boundary": {"enum": list(words_of.BOUNDARIES)},
        "zones": {"$ref": "#/$defs/zones"},
    }
    schema = _object({name: known[name] for name in fields}, [])
    return {**schema, "oneOf": [{"required": ["any"]}, {"required": ["all", "within"]}]}


def _leaf() -> Schema:
    known: dict[str, Schema] = {
        "regex": _TEXT,
        "words": _WORDS,
        "words_from": _LIST_FILE,
        "boundary": {"enum": list(words_of.BOUNDARIES)},
        "zones": {"$ref": "#/$defs/zones"},
    }
    schema = _object({name: known[name] for name in words_of.LEAF_FIELDS}, [])
    return {**schema, "oneOf": [{"required": [name]} for name in ("regex", "words", "words_from")]}


def _context() -> Schema:
    known: dict[str, Schema] = {
        "words": _SHORT_WORDS,
        "words_from": _LIST_FILE,
        "regex": _TEXT,
        "within": _WINDOW,
        "before": _WINDOW,
        "after": _WINDOW,
        "effect": {"enum": list(words_of.EFFECTS)},
        "to": _enum(Severity),
        "zones": {"$ref": "#/$defs/zones"},
        "note": _TEXT,
    }
    return _object({name: known[name] for name in words_of.CONTEXT_FIELDS}, ["effect"])


def _exception() -> Schema:
    known: dict[str, Schema] = {
        "near": _SHORT_WORDS,
        "regex": _TEXT,
        "within": _WINDOW,
        "before": _WINDOW,
        "after": _WINDOW,
        "reason": _TEXT,
        "owner": _TEXT,
        "until": _DAY,
        "zones": {"$ref": "#/$defs/zones"},
    }
    return _object({name: known[name] for name in words_of.EXCEPTION_FIELDS}, ["reason"])


def _allowance() -> Schema:
    known: dict[str, Schema] = {"phrase": _TEXT, "reason": _TEXT, "owner": _TEXT, "until": _DAY}
    return {"oneOf": [_TEXT, _object({name: known[name] for name in words_of.ALLOW_FIELDS}, ["phrase"])]}


def _example() -> Schema:
    known: dict[str, Schema] = {
        "text": _TEXT,
        "table": {"type": "array", "items": {"type": "array", "items": {"type": ["string", "number", "null"]}}},
        "file_name": _TEXT,
        "zone": _enum(Zone),
        "severity": _enum(Severity),
        "hidden": _TEXT,
        "label": _TEXT,
    }
    mapping = _object({name: known[name] for name in words_of.EXAMPLE_FIELDS}, [])
    one = [{"required": [name]} for name in ("text", "table", "file_name")]
    return {"oneOf": [_TEXT, {**mapping, "oneOf": one}]}
