"""The 疑似涉密信息上传事件报告单 (domain.md §8.4): what the unit hands to its secrecy office within the 24 hours.

Content-free like the event itself: no title, no text; the file name only as a keyed hash.
"""

from review.casework.calendar import LOCAL
from review.outputs.paper import (
    add_heading,
    add_line,
    add_note,
    add_pairs,
    add_section,
    add_signatures,
    add_table,
    add_wide,
    hash_lines,
    new_document,
    to_bytes,
)
from review.types import RuleSet, StopEvent, Zone
from review.wording import PLACE_NAMES

TITLE = "疑似涉密信息上传事件报告单"
ACTIONS = {"refused": "上传时即停止，未保存文件、文字和文件名", "purged": "审查中停止，已清除所存文件和文字"}
#: What the program cannot reach; how the media are treated is for the secrecy office to decide.
RESIDUE = (
    "服务器临时目录中有无残留",
    "服务器交换分区、内存转储中有无残留",
    "反向代理、网关的缓冲和日志中有无残留",
    "备份任务是否在此期间运行、备份中有无残留",
    "上传终端的浏览器缓存、下载目录、移动存储介质",
)
DUTY = (
    "机关、单位发现国家秘密泄露或者可能泄露的，应当立即采取补救措施，并在24小时内向同级保密行政管理部门和上级主管部门报告"
    "（保守国家秘密法实施条例第六十一条）。本单只记录事件，不判断所涉信息是否属于国家秘密，认定由保密部门作出。"
)
SIGNATURES = ("报告人", "保密工作机构", "单位负责人")


def render_stop_report(event: StopEvent, rules: RuleSet, organisation: str, audit_head: tuple[int, str]) -> bytes:
    """The report of one stop event as docx bytes; ``audit_head`` is printed at the foot."""
    form = new_document(TITLE, audit_head)
    at = event.at.astimezone(LOCAL)
    add_heading(form, TITLE, f"单位：{organisation}　　事件编号：{event.number}", f"{at.year}年{at.month}月{at.day}日")
    table = add_table(form, (2.6, 5.6, 2.6, 5.6))
    add_pairs(table, "发生时间", at.strftime("%Y-%m-%d %H:%M:%S"), "终端地址", event.client or "未记录")
    add_pairs(table, "操 作 人", event.actor_name, "所在单位", event.department)
    add_pairs(table, "文件类型", event.suffix or "未记录", "文件大小", f"{event.size} 字节")
    places = "、".join(PLACE_NAMES[Zone(place)] for place in event.places)
    add_wide(table, "发现位置", places or "由审查人员人工认定")
    add_wide(table, "所依规则", _rule_names(event, rules))
    add_wide(table, "文件名校验值", hash_lines(event.name_hash))
    add_wide(table, "系统处理", ACTIONS[event.action])
    add_section(form, "残留检查（由系统管理员填写）")
    checks = add_table(form, (10.4, 6.0))
    for item in RESIDUE:
        add_line(checks, item, "☐无　☐有，已处理：", labels=1)
    add_section(form, "报告情况（由保密工作机构填写）")
    reported = add_table(form, (5.4, 11.0))
    for item in ("报告同级保密行政管理部门", "报告上级主管部门", "采取的补救措施", "认定结果及依据"):
        add_line(reported, item, "", labels=1, height=1.1)
    add_signatures(form, SIGNATURES)
    add_note(form, DUTY)
    return to_bytes(form)


def _rule_names(event: StopEvent, rules: RuleSet) -> str:
    found = [(rule_id, rules.rule(rule_id)) for rule_id in event.rules]
    return "；".join(f"{rule.title}（{rule_id}）" if rule else rule_id for rule_id, rule in found) or "无（人工认定）"
