"""What the codes of ``types.py`` are called in Chinese, on screens, in reports and on forms. Written once, here."""

from review.types import BlockKind, GapReason, Level, Severity, Suggestion, Zone

SEVERITY_NAMES: dict[Severity, str] = {
    Severity.STOP: "涉密标志",
    Severity.HIGH: "严重",
    Severity.MEDIUM: "较高",
    Severity.LOW: "一般",
    Severity.INFO: "提示",
}

LEVEL_NAMES: dict[Level, str] = {
    Level.STOP: "停止：疑似含国家秘密标志",
    Level.BLOCK: "暂不能公开：有严重问题须先处理",
    Level.REVIEW: "须人工审查",
    Level.CLEAR: "未发现不宜公开的内容",
}

SUGGESTION_NAMES: dict[Suggestion, str] = {
    Suggestion.REDACT: "删除或遮盖后公开",
    Suggestion.CONFIRM: "核实后决定",
    Suggestion.REMOVE: "移除",
    Suggestion.REFER: "报有关主管部门确定",
}

GAP_NAMES: dict[GapReason, str] = {
    GapReason.ENCRYPTED: "有密码",
    GapReason.UNSUPPORTED: "格式不支持",
    GapReason.CORRUPT: "文件损坏",
    GapReason.TOO_LARGE: "超过上限",
    GapReason.TIMEOUT: "读取超时",
    GapReason.MEMORY: "内存超限",
    GapReason.CRASH: "读取程序异常",
    GapReason.NO_TEXT: "没有读出文字",
    GapReason.LOW_CONFIDENCE: "识别不可靠",
    GapReason.NO_OCR: "图片未识别",
    GapReason.DANGEROUS: "结构异常，已拒绝",
    GapReason.ENCODING: "编码不明",
    GapReason.EMPTY: "空文件",
    GapReason.CANCELLED: "已取消",
}

PLACE_NAMES: dict[Zone, str] = {
    Zone.ANY: "文中",
    Zone.FIRST_PAGE_TOP: "首页上部",
    Zone.HEADER: "页眉",
    Zone.FOOTER: "页脚",
    Zone.TEXT_BOX: "文本框",
    Zone.FILE_NAME: "文件名",
    Zone.PROPERTY: "文档属性",
    Zone.SHEET_NAME: "工作表名",
    Zone.TABLE_HEADER: "表头",
    Zone.TABLE: "表格",
    Zone.COMMENT: "批注",
    Zone.BODY: "正文",
}

KIND_NAMES: dict[BlockKind, str] = {
    BlockKind.PARAGRAPH: "正文",
    BlockKind.HEADING: "标题",
    BlockKind.CELL: "单元格",
    BlockKind.HEADER: "页眉",
    BlockKind.FOOTER: "页脚",
    BlockKind.NOTE: "注释",
    BlockKind.TEXT_BOX: "文本框",
    BlockKind.COMMENT: "批注",
    BlockKind.DELETION: "修订中删除的文字",
    BlockKind.INSERTION: "修订中插入的文字",
    BlockKind.HIDDEN: "隐藏文字",
    BlockKind.IMAGE: "图片文字",
    BlockKind.PROPERTY: "文档属性",
    BlockKind.FIELD: "域",
    BlockKind.ALT_TEXT: "替代文字",
    BlockKind.LINK: "链接",
    BlockKind.NAME: "名称",
    BlockKind.ATTACHMENT: "附件",
    BlockKind.OTHER: "其他",
}
