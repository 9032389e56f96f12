"""What a column of a list holds: known from its header words and from its cells, in a closed vocabulary of our own.

Nothing here looks at more than one column head or one cell at a time.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from review.detection.identifiers import compact, is_digits, parse_inner_id, parse_resident_id_15
from review.detection.surnames import COMPOUND_SURNAMES, SURNAMES
from review.detection.validators import (
    Outcome,
    check_bank_card,
    check_email,
    check_landline,
    check_mobile,
    check_plate,
    check_resident_id_truncated,
    check_uscc,
)


class ColumnKind(StrEnum):
    """Kinds of columns; the value is what notes call them, so it never repeats document text."""

    NAME = "姓名"
    ID = "身份证件号"
    PHONE = "电话"
    EMAIL = "电子邮箱"
    BANK = "银行账号"
    ADDRESS = "住址"
    BIRTH = "出生日期"
    AGE = "年龄"
    SEX = "性别"
    HEALTH = "健康或者残疾状况"
    SPECIAL = "特定身份"
    INCOME = "收入财产"
    MARRIAGE = "婚姻生育"
    FAITH = "宗教信仰"
    PLATE = "车牌号"
    PHOTO = "照片"
    PETITIONER = "信访、举报人姓名"
    # kinds that may be published or only say what the list is about
    POST = "职务"
    SCHOOL = "学校班级"
    GUARDIAN = "监护人"
    ORGANISATION = "单位"
    OFFICE_PHONE = "办公电话"
    PLACE = "地址"  # of an office, or of a person where a name column heads the list
    VILLAGE = "村组"
    MONEY = "金额"
    EXAM = "准考证号"
    USCC = "统一社会信用代码"
    SERIAL = "编号"
    OTHER = "其他"


#: Header words in order of precedence: the first group with a word in the header decides.
_HEADERS: tuple[tuple[ColumnKind, tuple[str, ...]], ...] = (
    (ColumnKind.USCC, ("信用代码", "机构代码", "营业执照", "税号", "纳税人识别")),
    (
        ColumnKind.ID,
        (
            "身份证", "身份号", "证件号", "证件编号", "公民身份", "残疾证", "残疾人证", "残疾证件", "学籍号", "护照", "通行证",
            "社会保障号", "社保号", "医保号", "社保卡号", "军官证", "证号码", "idcard", "idnumber", "idno", "身份证件",
        ),
    ),
    (ColumnKind.PETITIONER, ("信访人", "举报人", "来信人", "投诉人", "反映人", "证人", "被害人", "受害人", "来访人", "检举人")),
    (ColumnKind.EXAM, ("准考证", "考号", "报名号", "报名序号", "考生号", "考生编号")),
    (ColumnKind.BANK, ("银行账", "银行帐", "卡号", "账号", "帐号", "一卡通", "存折", "银行卡", "账户号", "帐户号", "补贴账户")),
    (ColumnKind.OFFICE_PHONE, ("办公电话", "单位电话", "监督电话", "举报电话", "服务电话", "咨询电话", "值班电话", "传真")),
    (ColumnKind.PHONE, ("电话", "手机", "联系方式", "联系号码", "移动电话", "微信", "qq", "phone", "mobile", "tel")),
    (ColumnKind.EMAIL, ("邮箱", "电子邮件", "email", "e-mail")),
    (
        ColumnKind.HEALTH,
        (
            "残疾", "伤残", "病种", "病名", "病情", "病因", "诊断", "住院", "健康", "患病", "疾病", "大病", "慢病", "怀孕", "孕周", "孕情",
            "精神", "失能", "护理等级", "治疗", "症状", "过敏", "血型", "体检结果", "门诊", "就诊", "身体状况", "身体缺陷",
        ),
    ),
    (
        ColumnKind.SPECIAL,
        (
            "致贫原因", "致困原因", "困难原因", "返贫原因", "犯罪", "矫正", "吸毒", "戒毒", "服刑", "刑满", "前科", "刑期", "罪名", "信访",
            "举报", "家暴", "受害", "艾滋", "涉案", "上访", "困境类型", "孤儿类型",
        ),
    ),
    (ColumnKind.FAITH, ("宗教", "信仰")),
    (ColumnKind.MARRIAGE, ("婚姻", "婚育", "计生", "避孕", "生育", "节育", "胎次", "孩次")),
    (ColumnKind.INCOME, ("收入", "财产", "存款", "欠款", "负债", "债务", "纳税额", "工资", "薪", "家庭资产", "房产", "房产证")),
    (ColumnKind.BIRTH, ("出生", "生日", "birth")),
    (ColumnKind.AGE, ("年龄", "周岁", "岁数")),
    (ColumnKind.SEX, ("性别",)),
    (ColumnKind.GUARDIAN, ("监护人", "家长", "父亲", "母亲", "法定监护")),
    (
        ColumnKind.ADDRESS,
        ("家庭住址", "家庭地址", "户籍", "现住址", "住址", "居住地", "详细地址", "户口所在", "通讯地址", "门牌", "常住地", "居住地址"),
    ),
    (ColumnKind.PLATE, ("车牌", "车号", "号牌")),
    (ColumnKind.PHOTO, ("照片", "头像")),
    (ColumnKind.SCHOOL, ("学校", "院系", "年级", "班级", "班次", "专业", "幼儿园", "园所", "就读")),
    (ColumnKind.POST, ("职务", "职称", "岗位", "拟任", "拟录用职位", "职位", "河长", "责任区", "管护", "网格", "防汛", "值班")),
    (ColumnKind.MONEY, ("金额", "补贴", "补助", "标准", "元", "面积", "亩", "资金", "合计", "救助金", "低保金", "奖励")),
    (
        ColumnKind.NAME,
        ("姓名", "名字", "户主", "申请人", "被保险人", "参保人", "受益人", "领款人", "责任人", "联系人", "户名", "收款人", "持卡人", "当事人",
         "被处罚人", "法定代表人", "法人", "负责人", "经办人", "人员", "患者", "学生", "儿童", "幼儿", "家庭成员", "老人", "专家", "车主", "业主", "机主", "农户", "村民", "职工", "申报人"),
    ),
    (ColumnKind.VILLAGE, ("村民组", "村组", "乡镇", "街道", "社区", "行政村", "自然村", "村别", "村名", "村（居）", "村(居)", "小组", "居委", "所在村")),
    (ColumnKind.ORGANISATION, ("单位", "企业", "公司", "机构", "部门", "供应商", "投标人", "商户", "名称", "开户行", "开户银行")),
    (
        ColumnKind.SERIAL,
        ("编号", "序号", "编码", "代码", "受理号", "流水", "案号", "案件号", "办件", "项目号", "工单", "订单", "批次", "单号", "文号", "合同",
         "宗地", "不动产", "单元号", "登记号", "注册号", "条码", "图斑", "凭证"),
    ),
    (ColumnKind.PLACE, ("地址",)),
)  # fmt: skip

#: One pass tells most data cells from headers.
_ANY_WORD = re.compile("|".join(re.escape(word) for _, words in _HEADERS for word in words))

_EXACT = {
    "村": ColumnKind.VILLAGE, "组": ColumnKind.VILLAGE, "镇": ColumnKind.VILLAGE, "住所": ColumnKind.ADDRESS, "号码": ColumnKind.OTHER,
    "学历": ColumnKind.OTHER, "民族": ColumnKind.OTHER, "备注": ColumnKind.OTHER, "成绩": ColumnKind.OTHER, "名次": ColumnKind.OTHER,
    "政治面貌": ColumnKind.OTHER, "与户主关系": ColumnKind.OTHER, "关系": ColumnKind.OTHER, "id": ColumnKind.ID, "人数": ColumnKind.OTHER,
    "户主姓名": ColumnKind.NAME, "监护人姓名": ColumnKind.GUARDIAN, "籍贯": ColumnKind.OTHER, "低保证号": ColumnKind.SERIAL,
    "社区": ColumnKind.VILLAGE, "人员类别": ColumnKind.OTHER, "残疾人姓名": ColumnKind.NAME, "患者姓名": ColumnKind.NAME,
    "保障人口": ColumnKind.OTHER, "家庭人口": ColumnKind.OTHER, "人口": ColumnKind.OTHER, "低保类别": ColumnKind.OTHER,
    "家庭人口数": ColumnKind.OTHER, "姓名": ColumnKind.NAME, "残疾人": ColumnKind.NAME,
}  # fmt: skip

#: Words that say the persons of a list are minors.
MINOR_WORDS = (
    "学籍",
    "幼儿",
    "儿童",
    "监护人",
    "家长",
    "班级",
    "孤儿",
    "未成年",
    "小学",
    "中学",
    "初中",
    "入园",
    "入学",
)
#: Words that say a contact is given for a duty: 河长、防汛、值班 (domain.md §5.3, 11).
DUTY_WORDS = (
    "河长",
    "责任人",
    "值班",
    "防汛",
    "防火",
    "网格",
    "水库",
    "巡查",
    "职务",
    "岗位",
    "负责人",
    "联络员",
    "法定代表人",
    "经办人",
    "执业",
)

#: Words that say accounts and phones belong to firms and offices, not to persons.
FIRM_WORDS = ("企业", "公司", "供应商", "商户", "收款单位", "单位名称", "投标人", "合作社名称")

_HEADER_NOISE = str.maketrans("", "", " \t\r\n\u3000:：*＊·")
_MAX_HEADER = 24


def clean_header(text: str) -> str:
    """A header as it is compared: no spaces, line ends, colons, stars; lower case; "" where it is too long for one."""
    return text.translate(_HEADER_NOISE).lower() if len(text) <= _MAX_HEADER * 3 else ""


def header_kind(text: str) -> ColumnKind | None:
    """The kind of column such a header stands over, ``None`` for text that is no known header."""
    head = clean_header(text)
    if not 1 <= len(head) <= _MAX_HEADER or head.isdigit() or sum(character.isdigit() for character in head) > 4:
        return None
    exact = _EXACT.get(head)
    if exact is not None:
        return exact
    if head.endswith("姓名"):
        return ColumnKind.GUARDIAN if "监护" in head or "家长" in head else ColumnKind.NAME
    if not _ANY_WORD.search(head):
        return None
    return next(kind for kind, words in _HEADERS if any(word in head for word in words))


# ------------------------------------------------------------------------------------------------- what a cell holds

#: Characters people hide digits with.
MASK_CHARACTERS = "*＊×✕✖●■◆○□#＃_…xX"
_MASKED = re.compile(rf"[{re.escape(MASK_CHARACTERS)}]{{2}}")
_FINE_ADDRESS = re.compile(
    r"[0-9０-９一二三四五六七八九十]{1,5}(?:号|组|室|栋|幢|单元|弄|户|楼|门)|[村屯庄组](?:民组)?[0-9一二三四五六七八九十]{1,4}(?:号|组|户)"
)
_NOTHING = frozenset(
    (
        "",
        "无",
        "否",
        "-",
        "—",
        "/",
        "\\",
        "0",
        "良好",
        "健康",
        "正常",
        "一般",
        "较好",
        "未",
        "不详",
        "空",
        "略",
        "——",
        "、",
    )
)
_DATE = re.compile(r"(?:19|20)\d{2}\s?[年./\-]\s?\d{1,2}(?:\s?[月./\-]\s?\d{1,2}日?)?月?|(?:19|20)\d{6}|(?:19|20)\d{4}")
_AGE = re.compile(r"\d{1,3}(?:周?岁)?")


def is_masked(text: str) -> bool:
    """Whether two or more mask characters stand in a row."""
    return bool(_MASKED.search(text))


def is_name(text: str) -> bool:
    """Whether a cell is a Chinese personal name: a known surname and one to three more characters."""
    name = text.strip().replace(" ", "").replace("\u3000", "")
    if not 2 <= len(name) <= 4 or not all("\u4e00" <= character <= "\u9fff" for character in name):
        return False
    return name[0] in SURNAMES and len(name) <= 3 or name[:2] in COMPOUND_SURNAMES


def is_person(text: str) -> bool:
    """Whether a cell of a name column can be a person: 2–4 Han characters, a name with ·, a masked name, 某."""
    name = text.strip().replace(" ", "").replace("\u3000", "")
    if not 2 <= len(name) <= 20 or name.endswith(
        ("公司", "局", "厂", "中心", "医院", "学校", "合作社", "委员会", "店")
    ):
        return False
    body = name.split("(")[0].split("（")[0]
    if any(character in body for character in "·•.*＊×某○●"):
        return not any(character.isdigit() for character in body)
    return 2 <= len(body) <= 4 and all("\u4e00" <= character <= "\u9fff" for character in body)


#: A long number inside a cell that holds other text too: 张三 3418…, 13856312345(微信同号).
_LONG_RUN = re.compile(r"\d{10,21}[\dXx]?")


def number_in(text: str) -> str:
    """The longest long number in a cell, the compact cell itself where there is none."""
    digits = compact(text)
    return max(_LONG_RUN.findall(digits), key=len, default=digits)


def is_identity(text: str) -> bool:
    """Whether a cell holds an unmasked identity number, also a rounded or mistyped one, alone or beside other text."""
    digits = compact(text)
    if len(digits) < 9:
        return False
    if parse_inner_id(digits) is not None or parse_resident_id_15(digits) is not None:
        return True
    if len(digits) <= 10:
        return digits[0] in "EGDSPHCML" and is_digits(digits[2:])
    if check_resident_id_truncated(digits) is not Outcome.INVALID:
        return True
    runs = [run for run in _LONG_RUN.findall(digits) if run != digits]
    return any(len(run) >= 18 and parse_inner_id(run) is not None for run in runs)


def is_bank_number(text: str) -> bool:
    """Whether a cell of an account column holds an unmasked number: passbooks fail Luhn, so length decides."""
    digits = compact(text)
    return 10 <= len(digits) <= 25 and is_digits(digits) and len(set(digits)) > 2


def is_mobile(text: str) -> bool:
    """Whether a cell holds at least one unmasked mobile number, alone or beside other text."""
    if len(text) < 11:
        return False
    if check_mobile(text) is not Outcome.INVALID:
        return True
    return any(len(run) == 11 and check_mobile(run) is not Outcome.INVALID for run in _LONG_RUN.findall(text[:200]))


def is_open(kind: ColumnKind, text: str) -> bool:
    """Whether the cell really shows what its column is about: filled, not masked, not "无"."""
    value = text.strip()
    if not value or value in _NOTHING:
        return False
    if kind is ColumnKind.ID:
        return is_identity(value)
    if kind is ColumnKind.PHONE:
        return is_mobile(value)
    if kind is ColumnKind.BANK:
        return is_bank_number(value)
    if kind is ColumnKind.ADDRESS:
        return not is_masked(value) and bool(_FINE_ADDRESS.search(value))
    if kind is ColumnKind.BIRTH:
        return bool(_DATE.fullmatch(value))
    if kind is ColumnKind.AGE:
        return bool(_AGE.fullmatch(value))
    if kind is ColumnKind.PETITIONER:
        return is_name(value) and "某" not in value
    if kind is ColumnKind.EMAIL:
        return check_email(value) is Outcome.VALID
    return not is_masked(value)


_BY_CONTENT = (
    (ColumnKind.ID, is_identity),
    (ColumnKind.PHONE, is_mobile),
    (ColumnKind.USCC, lambda text: check_uscc(text) is Outcome.VALID),
    (ColumnKind.BANK, lambda text: check_bank_card(text) is Outcome.VALID),
    (ColumnKind.EMAIL, lambda text: check_email(text) is Outcome.VALID),
    (ColumnKind.PLATE, lambda text: check_plate(text) is Outcome.VALID),
    (ColumnKind.OFFICE_PHONE, lambda text: check_landline(text) is Outcome.VALID),
    (ColumnKind.NAME, is_name),
    (ColumnKind.SEX, lambda text: text.strip() in ("男", "女")),
    (
        ColumnKind.ADDRESS,
        lambda text: len(text) >= 6 and bool(_FINE_ADDRESS.search(text)) and any(c in text for c in "县区镇村路街"),
    ),
)


def content_kind(values: Sequence[str]) -> ColumnKind | None:
    """The kind at least six of ten filled cells have, ``None`` where no kind prevails."""
    filled = [value for value in values if value.strip()]
    if not filled:
        return None
    if all(value.strip().isdigit() and len(value.strip()) <= 5 for value in filled):
        return None
    for kind, test in _BY_CONTENT:
        if sum(1 for value in filled if test(value)) * 10 >= len(filled) * 6:
            return kind
    return None
