"""The texts of an XML packet inside another format: XMP of PDFs and pictures, XFA forms."""

from collections.abc import Iterator

from lxml import etree


def xml_texts(data: bytes) -> Iterator[str]:
    """``name：text`` of every element and attribute that holds text; nothing is fetched or expanded."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    root = etree.fromstring(data.strip(b"\0 \r\n\t"), parser)
    if root is None:
        return
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        name = etree.QName(node).localname
        for key, value in node.attrib.items():
            if value.strip() and etree.QName(key).localname not in ("about", "parseType", "lang", "xmptk"):
                yield f"{etree.QName(key).localname}：{value.strip()}"
        if node.text and node.text.strip():
            parent = node.getparent()
            if name in ("li", "Alt", "Seq", "Bag") and parent is not None and parent.getparent() is not None:
                name = etree.QName(parent.getparent()).localname
            yield f"{name}：{node.text.strip()}"
        if node.tail and node.tail.strip():
            yield node.tail.strip()
