"""Makes sample.doc, sample.xls and sample.ppt from the invented texts below; needs LibreOffice (soffice).

``python -m tests.reading.samples.make_samples``. The results are committed, so that tests need no LibreOffice.
"""

import subprocess
import tempfile
from pathlib import Path

from tests.reading.builders_ole import ole, streams_of, summary

HERE = Path(__file__).parent
_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("draw", "drawing"),
        ("presentation", "presentation"),
        ("meta", "meta"),
        ("fo", "xsl-fo-compatible"),
        ("svg", "svg-compatible"),
        ("number", "datastyle"),
    )
)
_HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?><office:document {_SPACES} xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.'
)
_META = "<office:meta><meta:initial-creator>张起草</meta:initial-creator><dc:creator>李修改</dc:creator></office:meta>"
_DATE = "<dc:date>2026-01-05T08:00:00</dc:date>"

TEXT = f"""{_HEAD}text">{_META}<office:automatic-styles>
<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="W" style:family="text"><style:text-properties fo:color="#ffffff"/></style:style>
<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"/>
<style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="L">
<style:header><text:p>页眉文字</text:p></style:header><style:footer><text:p>页脚文字</text:p></style:footer>
</style:master-page></office:master-styles><office:body><office:text>
<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>王审核</dc:creator>{_DATE}
</office:change-info><text:p>兵力二百四十人</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:h text:outline-level="1">关于防汛工作的通知</text:h>
<text:p>各镇人民政府：<text:change text:change-id="c1"/>队伍若干。<office:annotation><dc:creator>王审核</dc:creator>{_DATE}<text:p>批注文字</text:p></office:annotation></text:p>
<text:p><text:span text:style-name="H">隐藏的依据</text:span></text:p><text:p><text:span text:style-name="W">白色的密码</text:span></text:p>
<text:p>见注<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>脚注文字</text:p></text:note-body></text:note>
<text:note text:note-class="endnote"><text:note-citation>i</text:note-citation><text:note-body><text:p>尾注文字</text:p></text:note-body></text:note>
<draw:frame text:anchor-type="paragraph" svg:width="5cm" svg:height="2cm"><draw:text-box><text:p>文本框文字</text:p></draw:text-box></draw:frame></text:p>
<table:table><table:table-column table:number-columns-repeated="3"/>
<table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>甲</text:p></table:table-cell><table:covered-table-cell/>
<table:table-cell><text:p>乙</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>丙</text:p></table:table-cell><table:table-cell><table:table><table:table-column/>
<table:table-row><table:table-cell><text:p>里</text:p></table:table-cell></table:table-row></table:table><text:p>丁</text:p></table:table-cell>
<table:table-cell><text:p>戊</text:p></table:table-cell></table:table-row>
<table:table-row><table:covered-table-cell/><table:table-cell><text:p>己</text:p></table:table-cell><table:table-cell><text:p>庚</text:p></table:table-cell></table:table-row></table:table><text:p>完</text:p>
</office:text></office:body></office:document>"""

SHEETS = f"""{_HEAD}spreadsheet">{_META}<office:automatic-styles>
<number:number-style style:name="M"><number:text>****</number:text></number:number-style>
<number:date-style style:name="D"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/>
<number:text>-</number:text><number:day number:style="long"/></number:date-style>
<style:style style:name="mask" style:family="table-cell" style:data-style-name="M"/>
<style:style style:name="date" style:family="table-cell" style:data-style-name="D"/>
<style:style style:name="white" style:family="table-cell"><style:text-properties fo:color="#ffffff"/></style:style>
<style:style style:name="hid" style:family="table"><style:table-properties table:display="false"/></style:style>
</office:automatic-styles><office:body><office:spreadsheet>
<table:table table:name="名单"><table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>
<table:table-row><table:table-cell table:number-columns-spanned="3" office:value-type="string"><text:p>低保对象名单</text:p></table:table-cell><table:covered-table-cell table:number-columns-repeated="2"/></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>张三</text:p><office:annotation><dc:creator>王审核</dc:creator><text:p>批注文字</text:p></office:annotation></table:table-cell>
<table:table-cell office:value-type="string"><text:p>隐藏列</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="341802198001010011"/></table:table-row>
<table:table-row table:visibility="collapse"><table:table-cell office:value-type="string"><text:p>隐藏行</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell table:style-name="white" office:value-type="string"><text:p>白字</text:p></table:table-cell><table:table-cell/>
<table:table-cell table:style-name="mask" office:value-type="float" office:value="13800138000"/></table:table-row>
<table:table-row><table:table-cell table:style-name="date" office:value-type="date" office:date-value="2026-01-05"/>
<table:table-cell/><table:table-cell table:formula="of:=IF([.A2]=&quot;公式里的口令&quot;;1;2)" office:value-type="float" office:value="2"/></table:table-row>
</table:table>
<table:table table:name="底表" table:style-name="hid"><table:table-column/><table:table-row><table:table-cell office:value-type="string"><text:p>隐藏表内容</text:p></table:table-cell></table:table-row></table:table>
<table:named-expressions><table:named-range table:name="名称定义" table:cell-range-address="$名单.$A$1" table:base-cell-address="$名单.$A$1"/></table:named-expressions>
</office:spreadsheet></office:body></office:document>"""

SLIDES = f"""{_HEAD}presentation">{_META}<office:automatic-styles>
<style:style style:name="hid" style:family="drawing-page"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>
<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout>
</office:automatic-styles><office:master-styles><style:master-page style:name="Default" style:page-layout-name="L"/></office:master-styles>
<office:body><office:presentation>
<draw:page draw:name="p1" draw:master-page-name="Default">
<draw:frame svg:x="1cm" svg:y="1cm" svg:width="20cm" svg:height="3cm"><draw:text-box><text:p>工作汇报</text:p></draw:text-box></draw:frame>
<draw:frame svg:x="40cm" svg:y="30cm" svg:width="5cm" svg:height="3cm"><draw:text-box><text:p>画布外</text:p></draw:text-box></draw:frame>
<presentation:notes><draw:frame presentation:class="notes" svg:x="1cm" svg:y="14cm" svg:width="15cm" svg:height="9cm"><draw:text-box><text:p>备注口径</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>
<draw:page draw:name="p2" draw:style-name="hid" draw:master-page-name="Default">
<draw:frame svg:x="1cm" svg:y="1cm" svg:width="20cm" svg:height="3cm"><draw:text-box><text:p>隐藏页内容</text:p></draw:text-box></draw:frame></draw:page>
</office:presentation></office:body></office:document>"""

SAMPLES = (("fodt", "doc", TEXT), ("fods", "xls", SHEETS), ("fodp", "ppt", SLIDES))


def main() -> None:
    """Write every sample next to this script."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix, wanted, source in SAMPLES:
            path = Path(folder) / f"sample.{suffix}"
            path.write_text(source, "utf-8")
            command = [
                "soffice",
                f"-env:UserInstallation=file://{folder}/profile",
                "--headless",
                "--convert-to",
                wanted,
            ]
            subprocess.run([*command, "--outdir", str(HERE), str(path)], check=True, timeout=180)
    show = HERE / "sample.ppt"  # without the thumbnail of 440 kB that LibreOffice puts into the properties
    show.write_bytes(ole(streams_of(show.read_bytes()) | {"\x05SummaryInformation": summary({4: "张起草"})}))


if __name__ == "__main__":
    main()
