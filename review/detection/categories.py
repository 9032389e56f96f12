"""The categories of domain.md §9 the classifier knows, in the order of the model's columns, with their Chinese names."""

CATEGORIES: dict[str, str] = {
    "INT.HR": "人事管理",
    "INT.LOG": "后勤与通讯录",
    "INT.FLOW": "内部流程与未实施计划",
    "INT.PROC": "讨论记录与请示报告",
    "LAW.CASE": "行政执法案卷",
    "LAW.PETITION": "信访举报内容",
    "LAW.AUDIT": "审计巡察纪检底稿",
    "COM.BID": "报价与成本",
    "COM.TECH": "配方工艺图纸",
    "COM.FIN": "未公开财务与单户数据",
    "COM.CUST": "客户供应商与合同条款",
    "TIM.BIDSEAL": "标底与评委",
    "TIM.STAT": "未公布统计数据",
    "TIM.EXAM": "试题与考务",
    "TIM.POLICY": "未定价格规划预算",
    "INF.SECUR": "安保警力与点位",
    "INF.EMERG": "预案敏感附件",
    "INF.PIPE": "管线与水利能源参数",
    "INF.NET": "网络拓扑与口令",
    "INF.GEO": "坐标与测绘成果",
    "INF.MIL": "军事设施与国防动员",
    "INF.CBRN": "危化放射枪弹位置库存",
    "PII.HEALTH": "健康状况",
    "PII.SPECIAL": "特定身份",
    "PII.MINOR": "未成年人",
    "PII.WHISTLE": "举报人与受害人身份",
}


def group_of(category: str) -> str:
    """The top-level id: ``INT`` of ``INT.HR``."""
    return category.partition(".")[0]
