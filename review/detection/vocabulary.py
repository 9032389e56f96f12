"""The closed vocabularies of the rule language: field names, categories, boundaries, effects. docs/rules.md explains each."""

#: Categories of domain.md §9.
CATEGORIES = tuple(
    """SEC.MARK SEC.DOCNO SEC.FIELD SEC.CITE SEC.DECLASS SEC.SCOPE
    WRK.MARK WRK.RECALL WRK.TELE WRK.ATTR WRK.CITE
    PII.ID PII.CONTACT PII.FIN PII.ADDR PII.BIRTH PII.HEALTH PII.SPECIAL PII.MINOR PII.WHISTLE PII.TRACK PII.LIST PII.MASK
    PII.EXPIRED COM.BID COM.TECH COM.FIN COM.CUST COM.CLAIM INT.HR INT.LOG INT.FLOW INT.PROC INT.DRAFT
    LAW.CASE LAW.PUBLISH LAW.PETITION LAW.AUDIT TIM.BIDSEAL TIM.STAT TIM.EXAM TIM.POLICY TIM.SOON
    INF.SECUR INF.EMERG INF.PIPE INF.NET INF.GEO INF.MIL INF.CBRN INF.AGG
    QLT.NOTEXT QLT.HIDDEN QLT.SRC QLT.META QLT.DUE""".split()
)
#: Only a formal state-secret mark stops (architecture.md §1).
STOP_CATEGORIES = ("SEC.MARK", "SEC.DOCNO", "SEC.FIELD", "TIM.EXAM")
BOUNDARIES = ("none", "digit", "alnum", "han", "line")
EFFECTS = ("raise", "lower", "require", "forbid")
ON_INVALID = ("drop", "lower", "keep")
DETECTORS = ("table", "mask", "classifier", "hidden", "fingerprint")
WORK_SECRET_MODES = ("flag", "stop")
#: Names that ``message`` and ``remedy`` may hold as {{name}}.
POLICY_VARIABLES = ("masking.id_keep_head", "masking.id_keep_tail", "address_level")

#: Field → is it required. Anything else is an unknown field.
RULE_FIELDS = {
    "id": True,
    "title": True,
    "message": True,
    "remedy": False,
    "status": True,
    "version": True,
    "owner": True,
    "effective": False,
    "category": True,
    "severity": True,
    "suggest": True,
    "legal_basis": True,
    "match": False,
    "detector": False,
    "validators": False,
    "on_unknown": False,
    "on_invalid": False,
    "layers": False,
    "context": False,
    "exceptions": False,
    "allow": False,
    "examples": False,
    "note": False,
}
MATCH_FIELDS = ("any", "all", "within", "boundary", "zones")
CLAUSE_FIELDS = ("any", "all", "within")
LEAF_FIELDS = ("regex", "words", "words_from", "boundary", "zones")
CONTEXT_FIELDS = ("words", "words_from", "regex", "within", "before", "after", "effect", "to", "zones", "note")
EXCEPTION_FIELDS = ("near", "regex", "within", "before", "after", "reason", "owner", "until", "zones")
ALLOW_FIELDS = ("phrase", "reason", "owner", "until")
POLICY_ALLOW_FIELDS = (*ALLOW_FIELDS, "rules")
EXAMPLE_FIELDS = ("text", "table", "file_name", "zone", "severity", "hidden", "label")
POLICY_FIELDS = ("work_secret_mode", "list_grades", "masking", "address_level", "own_departments", "allow")
MASKING_FIELDS = ("id_keep_head", "id_keep_tail")

MAX_WINDOW = 1000
DEFAULT_CONTEXT = 20
DEFAULT_EXCEPTION = 10
MAX_WITHIN = 5000
