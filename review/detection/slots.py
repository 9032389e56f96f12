"""Invented names, places, amounts and times that fill the ``{slots}`` of the content frames. Nothing here is real.

``SLOTS`` is the written-out table: slot name → generator. A frame that names a slot outside it does not load.
"""

from collections.abc import Callable
from random import Random

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤"
_GIVEN = "建国强军平东文志明伟光亮永华德福贵生海涛波宁静敏丽娟芳燕玲秀英梅兰桂花春秋月红霞晓雨欣怡佳慧雪晨浩宇航杰鹏飞龙翔天云山林森松柏青川江河湖源泉清洁正义信诚礼廉民安康健乐喜庆丰年登科举仁智勇毅刚柔和顺利达通广远长久恒"
_PLACE_HEADS = "青白黄石柳杨桃梅松竹云龙凤虎金银铜铁清长高大小新古东西南北上下前后双三五九永安福兴宝丰和太平水泉溪河湖山岭岗塘坝桥亭寺塔窑坊井沙"
_PLACE_TAILS = "山水溪河湖塘坝桥岭岗坪坡湾口头里庄店铺集堰沟冲畈源泉阳阴城门树林田园圩墩渡滩洲屯寨营堡窑庙亭"
_TRADES = "建设 机械 食品 化工 纺织 电子 商贸 环保 农业 建材 物流 医药 能源 新材料 精密铸造 包装 市政工程 装饰 信息技术 汽车零部件"
_ROADS = "人民 建设 解放 中山 文化 和平 新华 迎宾 环城 胜利 青年 工业 滨河 学府 振兴 春风 朝阳 友谊 府前 车站"
_BUREAUS = (
    "财政局 教育局 民政局 住建局 交通运输局 农业农村局 水利局 卫生健康委 应急管理局 市场监管局 生态环境局 自然资源和规划局 "
    "城管执法局 发展改革委 人社局 审计局 公安局 信访局 统计局 文化和旅游局 司法局 医疗保障局 商务局 退役军人事务局 林业局 "
    "数据资源管理局 公共资源交易中心 政务服务中心"
)
_DUTIES = (
    "局长 副局长 主任 副主任 镇长 副镇长 乡长 党委书记 科长 副科长 股长 副县长 区长 所长 副所长 站长 队长 大队长 院长 副院长 "
    "校长 秘书长 处长 分管领导 科员 党组成员 纪检组长 村支书 经理 总工程师"
)
_SUBJECTS = (
    "语文 数学 英语 物理 化学 综合应用能力 行政职业能力测验 公共基础知识 申论 专业知识 道德与法治 地理 历史 生物"
)
_DISEASES = (
    "肺结核 乙型肝炎 抑郁症 精神分裂症 双相情感障碍 艾滋病 糖尿病 尿毒症 肝癌 肺癌 乳腺癌 癫痫 白血病 梅毒 脑梗死 冠心病 "
    "焦虑症 尘肺 胃癌 红斑狼疮 帕金森病 先天性心脏病"
)
_GOODS = "不锈钢板 螺纹钢 水泥 电缆 服务器 路灯 桌椅 沥青混凝土 苗木 药品 校服 食材 垃圾桶 空调 打印机 监控摄像机 变压器 阀门 管材 消防车"
_CHEMICALS = "液氯 液氨 甲醇 硝酸铵 乙炔 苯 黄磷 丙烯腈 氰化钠 过氧化氢 环氧乙烷 硫化氢 盐酸 三氯化磷 液化石油气"


def _pick(words: str) -> Callable[[Random], str]:
    choices = words.split()
    return lambda random: random.choice(choices)


def _name(random: Random) -> str:
    given = "".join(random.choice(_GIVEN) for _ in range(1 if random.random() < 0.25 else 2))
    return random.choice(_SURNAMES) + given


def _place(random: Random) -> str:
    return random.choice(_PLACE_HEADS) + random.choice(_PLACE_TAILS)


def _town(random: Random) -> str:
    return _place(random) + random.choice(("镇", "镇", "乡", "街道"))


def _village(random: Random) -> str:
    return _place(random) + random.choice(("村", "村", "社区"))


def _company(random: Random) -> str:
    ending = random.choice(("有限公司", "有限责任公司", "股份有限公司", "公司", "厂"))
    return _place(random) + random.choice(_TRADES.split()) + ending


def _school(random: Random) -> str:
    return _place(random) + random.choice(("中学", "小学", "中心小学", "实验学校", "第二中学", "幼儿园", "职业学校"))


def _hospital(random: Random) -> str:
    return _place(random) + random.choice(("县人民医院", "中心卫生院", "市第二医院", "中医院", "妇幼保健院"))


def _road(random: Random) -> str:
    return random.choice(_ROADS.split()) + random.choice(("路", "路", "大道", "街", "东路", "北路", "西街"))


def _day(random: Random) -> str:
    month, day = random.randint(1, 12), random.randint(1, 28)
    year = random.randint(2019, 2026)
    return random.choice(
        (
            f"{month}月{day}日",
            f"{month}月{day}日",
            f"{year}年{month}月{day}日",
            f"{year}.{month}.{day}",
            f"{month}.{day}",
        )
        + ("本周" + random.choice("一二三四五"), "下周" + random.choice("一二三四五"), f"{month}月{day}号")
    )


def _clock(random: Random) -> str:
    hour, minute = random.randint(6, 22), random.choice((0, 0, 10, 20, 30, 30, 40, 45))
    part = "上午" if hour < 12 else ("下午" if hour < 18 else "晚上")
    return random.choice(
        (
            f"{hour}时",
            f"{hour}:{minute:02d}",
            f"{part}{hour if hour <= 12 else hour - 12}点",
            f"{hour}时{minute or 15}分",
            f"{part}{hour}:{minute:02d}",
        )
    )


def _small(random: Random) -> str:
    return str(random.randint(2, 39))


def _hundreds(random: Random) -> str:
    return str(random.randint(40, 998))


def _thousands(random: Random) -> str:
    value = random.randint(1000, 98000)
    return random.choice((str(value), f"{value:,}", str(value)))


def _percent(random: Random) -> str:
    return f"{random.uniform(0.5, 98):.{random.choice((0, 1, 2))}f}%"


def _large_amount(random: Random) -> str:
    return random.choice(
        (
            f"{random.uniform(20, 9000):.{random.choice((0, 1, 2))}f}万元",
            f"{random.randint(12, 9800)}万元",
            f"{random.uniform(1, 9):.2f}亿元",
        )
    )


def _amount(random: Random) -> str:
    return random.choice(
        (
            f"{random.randint(80, 9800)}元",
            f"{random.uniform(80, 9800):.2f}元",
            f"{random.randint(1, 98)},{random.randint(100, 999)}元",
        )
    )


def _decimal(random: Random) -> str:
    return f"{random.uniform(0.2, 90):.{random.choice((1, 1, 2, 3))}f}"


def _phone(random: Random) -> str:
    return "1" + random.choice("3578") + "".join(random.choice("0123456789") for _ in range(9))


def _private_address(random: Random) -> str:
    head = random.choice(("10", "172.16", "192.168"))
    rest = [str(random.randint(0, 254)) for _ in range(4 - len(head.split(".")))]
    return ".".join([head, *rest])


def _password(random: Random) -> str:
    return (
        random.choice(("Admin", "Gov", "Xx", "Root", "abc", "Oa", "Test"))
        + random.choice("@#_!")
        + str(random.randint(100, 20260))
    )


def _plate(random: Random) -> str:
    return (
        random.choice("皖苏浙鲁豫湘鄂赣川陕")
        + random.choice("ABCDEFGHKM")
        + "".join(random.choice("0123456789ABCDEFGH") for _ in range(5))
    )


def _easting(random: Random) -> str:
    return f"{random.randint(350000, 650000)}.{random.randint(100, 999)}"


def _northing(random: Random) -> str:
    return f"{random.randint(2900000, 4200000)}.{random.randint(100, 999)}"


def _longitude(random: Random) -> str:
    return random.choice(
        (
            f"东经{random.uniform(103, 121):.{random.choice((4, 5, 6))}f}°",
            f"{random.uniform(103, 121):.6f}",
            f"E{random.randint(103, 121)}°{random.randint(0, 59)}′{random.uniform(0, 59):.2f}″",
        )
    )


def _latitude(random: Random) -> str:
    return random.choice(
        (
            f"北纬{random.uniform(25, 39):.{random.choice((4, 5, 6))}f}°",
            f"{random.uniform(25, 39):.6f}",
            f"N{random.randint(25, 39)}°{random.randint(0, 59)}′{random.uniform(0, 59):.2f}″",
        )
    )


def _year(random: Random) -> str:
    return random.choice(
        (
            f"{random.randint(2015, 2026)}年",
            f"{random.randint(2015, 2026)}年度",
            "今年",
            "上半年",
            f"{random.choice('一二三四')}季度",
        )
    )


def _case_number(random: Random) -> str:
    return f"{random.choice(('立', '罚', '调', '信', '举'))}〔{random.randint(2019, 2026)}〕{random.randint(3, 380)}号"


def _group(random: Random) -> str:
    return random.choice("一二三四五六七八九") + random.choice(("组", "组", "社", "队"))


def _age(random: Random) -> str:
    return f"{random.randint(18, 88)}岁"


def _child_age(random: Random) -> str:
    return f"{random.randint(4, 15)}岁"


def _stake(random: Random) -> str:
    return f"K{random.randint(0, 380)}+{random.randint(0, 999):03d}"


def _pipe(random: Random) -> str:
    return f"DN{random.choice((100, 150, 200, 300, 400, 500, 600, 800, 1000))}"


def _flat(random: Random) -> str:
    return f"{random.randint(1, 38)}栋{random.choice(('', f'{random.randint(1, 4)}单元'))}{random.randint(1, 30)}0{random.randint(1, 6)}室"


SLOTS: dict[str, Callable[[Random], str]] = {
    "人": _name,
    "姓": lambda random: random.choice(_SURNAMES),
    "职": _pick(_DUTIES),
    "地": _place,
    "镇": _town,
    "村": _village,
    "组": _group,
    "企": _company,
    "校": _school,
    "院": _hospital,
    "路": _road,
    "局": _pick(_BUREAUS),
    "日": _day,
    "时": _clock,
    "年": _year,
    "n": _small,
    "百": _hundreds,
    "千": _thousands,
    "率": _percent,
    "万": _large_amount,
    "元": _amount,
    "数": _decimal,
    "电": _phone,
    "址": _private_address,
    "密": _password,
    "车": _plate,
    "横": _easting,
    "纵": _northing,
    "经": _longitude,
    "纬": _latitude,
    "案": _case_number,
    "岁": _age,
    "童": _child_age,
    "桩": _stake,
    "管": _pipe,
    "房": _flat,
    "科": _pick(_SUBJECTS),
    "病": _pick(_DISEASES),
    "货": _pick(_GOODS),
    "危": _pick(_CHEMICALS),
}
