"""What the installation decided, written into the words of its rules: ``{{masking.id_keep_head}}`` becomes 2."""

from dataclasses import replace

from review.types import Policy, Rule, RuleSet


def fill_policy(rule_set: RuleSet, policy: Policy) -> RuleSet:
    """The rule set with the policy's values in messages and remedies; its hash stays that of the files."""
    values = {
        "{{masking.id_keep_head}}": str(policy.id_keep_head),
        "{{masking.id_keep_tail}}": str(policy.id_keep_tail),
        "{{address_level}}": policy.address_level,
    }
    return replace(rule_set, rules=tuple(_filled(rule, values) for rule in rule_set.rules))


def _filled(rule: Rule, values: dict[str, str]) -> Rule:
    message, remedy = rule.message, rule.remedy
    for name, value in values.items():
        message, remedy = message.replace(name, value), remedy.replace(name, value)
    if (message, remedy) == (rule.message, rule.remedy):
        return rule
    return replace(rule, message=message, remedy=remedy)
