"""The words of a rule name the installation's own values."""

from pathlib import Path

from review.detection.policy_values import fill_policy
from review.detection.rules import load_policy, load_rules
from review.detection.vocabulary import POLICY_VARIABLES

RULES = Path(__file__).resolve().parents[2] / "rules"


def test_no_variable_is_left_in_what_a_person_reads() -> None:
    filled = fill_policy(load_rules(RULES), load_policy(RULES))
    assert not any("{{" in rule.message + rule.remedy for rule in filled.rules)
    assert len(POLICY_VARIABLES) == 3, "a new variable needs its value in fill_policy"


def test_the_hash_stays_that_of_the_files() -> None:
    rules = load_rules(RULES)
    assert fill_policy(rules, load_policy(RULES)).sha256 == rules.sha256
