"""What rule maintainers run: variants, differences, density, explanations."""

import re
from dataclasses import replace

from review.detection.explain import explain_finding, explain_rule, mask
from review.detection.maintenance import (
    diff_rules,
    example_document,
    inert_allowances,
    measure_density,
    measure_variants,
    run_rule_examples,
)
from review.types import Allowance, Example, Policy, RuleSet, Severity, Zone
from tests.detection.rule_builders import EXAMPLES, TODAY, document, engine_of, findings, load, rule_yaml
from tests.detection.test_engine import ID, ID_RULE

WORD = rule_yaml(
    """
    match:
      any:
        - words: [内部资料, 绝密文件]
"""
    + EXAMPLES
)
CORPUS = [("甲.txt", document("内部资料，内部资料性出版物。")), ("乙.txt", document("没有什么。"))]


def rule_set(*rules: str) -> RuleSet:
    return load(*rules).rule_set()


def test_examples_are_documents_with_marked_spans() -> None:
    plain, spans = example_document(Example(text="000012\n<<秘密>>\n特急", zone=Zone.FIRST_PAGE_TOP))
    assert plain.text == "000012\n秘密\n特急"
    assert [plain.text[s.start : s.end] for s in spans] == ["秘密"]
    assert all(block.top_of_first_page for block in plain.blocks)
    table, spans = example_document(Example(table=(("姓名", "证号"), ("张三", "<<1234>>"))))
    assert [(b.cell.row, b.cell.column) for b in table.blocks if b.cell] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert [table.text[s.start : s.end] for s in spans] == ["1234"]


def test_an_example_that_fails_is_told_with_its_line() -> None:
    failures = run_rule_examples(rule_set(WORD), Policy(), TODAY)
    assert {failure.rule_id for failure in failures} == {"some-rule"}
    assert all(re.match(r"rules.yaml:\d+ 规则 some-rule ", str(failure)) for failure in failures)


def test_every_spelling_that_the_layers_promise_is_measured() -> None:
    results = measure_variants(rule_set(WORD), Policy(), TODAY)
    assert {result.layer for result in results} >= {"spaces", "lines", "zero_width", "traditional", "punctuation"}
    assert all(result.found == result.tried for result in results), results
    assert all(result.missed == () for result in results)


def test_a_difference_tells_what_is_gained_and_lost_and_where() -> None:
    old, new = rule_set(WORD), rule_set(WORD.replace("内部资料, ", "出版物, "))
    changes = diff_rules(old, new, Policy(), CORPUS, TODAY)
    assert [(c.gained, c.document, c.start) for c in changes] == [
        (False, "甲.txt", 0),
        (False, "甲.txt", 5),
        (True, "甲.txt", 10),
    ]
    assert diff_rules(old, old, Policy(), CORPUS, TODAY) == []


def test_density_counts_hits_and_names_the_phrases() -> None:
    (density,) = measure_density(rule_set(WORD), Policy(), CORPUS, TODAY)
    assert (density.hits, density.documents) == (2, 1)
    assert density.phrases == (("内部资料", 2),)
    characters = sum(len(d.text) for _, d in CORPUS)
    assert density.per_10000 == 2 * 10_000 / characters


def test_allowed_phrases_that_change_nothing_are_named() -> None:
    allowing = WORD.replace("    examples:", "    allow: [内部资料性出版物, 内部资料室]\n    examples:")
    policy = Policy(allow=(Allowance("性出版物"), Allowance("别处")))
    assert inert_allowances(rule_set(allowing), policy, CORPUS, TODAY) == [("", "别处"), ("some-rule", "内部资料室")]


def test_a_rule_is_explained_in_words() -> None:
    (rule,) = load(ID_RULE).rules
    text = explain_rule(replace(rule, remedy="留{{masking.id_keep_head}}位"), Policy(id_keep_head=4))
    assert "留4位" in text
    assert "保守国家秘密法第二十二条" in text
    assert "resident_id" in text


def test_a_finding_is_explained_without_its_text() -> None:
    engine = engine_of(ID_RULE)
    text = f"证号 3418 0219 8512 0300 2X 和{ID}。"
    explained = [e for f in findings(engine, text) for e in explain_finding(engine, document(text), Policy(), f)]
    assert [e.masked_normalised for e in explained] == ["341************02X", "341************02x"][1:] * 2
    assert explained[0].layers == ("去空格",)
    assert explained[0].validator == "resident_id：通过"
    assert explained[0].severity == "严重"
    assert ID not in repr(explained)


def test_masking_shows_at_most_the_ends() -> None:
    assert mask("机密") == "**"
    assert mask("机密件") == "机*件"
    assert mask("342501196501010014") == "342************014"


def test_severity_of_an_example_can_be_asserted() -> None:
    body = WORD.replace("hit: ['<<占位>>']", "hit: [{text: '<<内部资料>>', severity: high}]")
    (rule,) = load(body).rules
    assert rule.examples_hit[0].severity is Severity.HIGH
    assert run_rule_examples(rule_set(body), Policy(), TODAY) == []
