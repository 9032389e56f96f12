"""Control words of Rich Text Format: which destinations hold what text (RTF 1.9.1, appendix B)."""

from review.types import BlockKind

INFO = {
    "title": "标题",
    "subject": "主题",
    "author": "作者",
    "manager": "经理",
    "company": "单位",
    "operator": "最后修改者",
    "category": "类别",
    "keywords": "关键词",
    "comment": "备注",
    "doccomm": "备注",
    "hlinkbase": "超链接基础",
    "generator": "编辑程序",
    "template": "模板",
}
STORIES = {
    "header": (BlockKind.HEADER, "页眉"),
    "headerl": (BlockKind.HEADER, "页眉（偶数页）"),
    "headerr": (BlockKind.HEADER, "页眉"),
    "headerf": (BlockKind.HEADER, "页眉（首页）"),
    "footer": (BlockKind.FOOTER, "页脚"),
    "footerl": (BlockKind.FOOTER, "页脚（偶数页）"),
    "footerr": (BlockKind.FOOTER, "页脚"),
    "footerf": (BlockKind.FOOTER, "页脚（首页）"),
    "footnote": (BlockKind.NOTE, "脚注"),
    "annotation": (BlockKind.COMMENT, "批注"),
    "shptxt": (BlockKind.TEXT_BOX, "文本框"),
}
#: Destinations whose text is collected whole, with what becomes of it.
COLLECTED = {
    "atnauthor": (BlockKind.PROPERTY, "批注的作者"),
    "bkmkstart": (BlockKind.NAME, "书签名"),
    "propname": (BlockKind.PROPERTY, "自定义属性名"),
    "staticval": (BlockKind.PROPERTY, "自定义属性"),
    "docvar": (BlockKind.PROPERTY, "文档变量"),
    "xe": (BlockKind.FIELD, "索引项"),
    "tc": (BlockKind.FIELD, "目录项"),
    "ffname": (BlockKind.FIELD, "窗体域 名称"),
    "ffdeftext": (BlockKind.FIELD, "窗体域 默认文字"),
    "ffhelptext": (BlockKind.FIELD, "窗体域 帮助文字"),
    "ffstattext": (BlockKind.FIELD, "窗体域 状态栏文字"),
    "ffl": (BlockKind.FIELD, "窗体域 下拉选项"),
    "mmconnectstr": (BlockKind.PROPERTY, "邮件合并数据源"),
    "mmquery": (BlockKind.PROPERTY, "邮件合并查询"),
    "htmltag": (BlockKind.OTHER, ""),
    "objclass": (BlockKind.OTHER, ""),
    "objname": (BlockKind.NAME, "嵌入对象 名称"),
    "linkval": (BlockKind.LINK, "链接的书签"),
    **{name: (BlockKind.PROPERTY, f"文档属性 {label}") for name, label in INFO.items()},
}
#: Tables, settings and copies: no text of the document.
SKIPPED = frozenset(
    "colorschememapping datastore themedata latentstyles listtable listoverridetable rsidtbl xmlnstbl pgptbl nonshppict "
    "panose falt fontemb mmath mathPr nonesttables ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn blipuid passwordhash "
    "atnid atnref atndate atntime atnparent atrfstart atrfend bkmkend revtim creatim printim buptim pnseclvl pntext pn "
    "pntxtb pntxta listtext filetbl fchars lchars defchp defpap oldpprops oldtprops oldsprops "
    "wgrffmtfilter shprslt".split()
)
#: Destinations that only hold others.
PASSED = frozenset(
    "rtf info userprops field fldrslt shp shpinst shpgrp shppict object result do background upr ud formfield "
    "nesttableprops sp picprop mailmerge dptxbxtext mmodso listpicture atnicn".split()
)
CHARACTERS = {
    "tab": "\t",
    "line": "\n",
    "lbr": "\n",
    "column": "\n",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "emspace": "\u2003",
    "enspace": "\u2002",
    "qmspace": "\u2005",
}
PICTURES = {
    "pngblip": "png",
    "jpegblip": "jpg",
    "emfblip": "emf",
    "wmetafile": "wmf",
    "dibitmap": "bmp",
    "macpict": "pict",
    "pmmetafile": "wmf",
    "wbitmap": "ddb",
}
SHAPE_TEXTS = {
    "gtextUNICODE": (BlockKind.TEXT_BOX, "艺术字（水印）"),
    "wzDescription": (BlockKind.ALT_TEXT, "图形 替代文字"),
    "wzTooltip": (BlockKind.ALT_TEXT, "图形 提示"),
    "pihlShape": (BlockKind.LINK, "图形 超链接"),
}
