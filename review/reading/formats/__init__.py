"""The written-out table of formats. Add a format: one file here, one line here, its magic bytes in ``filetypes.py``.

``extract(data, options) -> Reading`` runs in the sandboxed child; it raises ``Unreadable`` when nothing can be read and
puts partial failures into ``Reading.gaps``. ``redacts`` is False where PUBLISH_REDACTED cannot be offered.

The table holds module names, not modules: ``worker.py`` imports the one it needs, so that checking a text file never pays
for an XML or PDF library.
"""

from dataclasses import dataclass

_HERE = "review.reading.formats."


@dataclass(frozen=True, slots=True)
class Format:
    """Where a format is read (a module with ``extract``) and whether a redacted copy can be made of it."""

    module: str
    redacts: bool = False


FORMATS: dict[str, Format] = {
    "txt": Format(_HERE + "text", redacts=True),  # also csv, md
    "docx": Format(_HERE + "docx", redacts=True),  # also docm, dotx
    "xlsx": Format(_HERE + "xlsx", redacts=True),  # also xlsm
    "pptx": Format(_HERE + "pptx"),
    "pdf": Format(_HERE + "pdf"),
    "ofd": Format(_HERE + "ofd"),
    "png": Format(_HERE + "image"),
    "jpg": Format(_HERE + "image"),
    "tif": Format(_HERE + "image"),
    "bmp": Format(_HERE + "image"),
    "gif": Format(_HERE + "image"),
    "webp": Format(_HERE + "image"),
    "emf": Format(_HERE + "metafile"),
    "wmf": Format(_HERE + "metafile"),
    "html": Format(_HERE + "html"),
    "mht": Format(_HERE + "mht"),
    "xml": Format(_HERE + "xml_text"),
    "svg": Format(_HERE + "svg"),
    "doc": Format(_HERE + "doc"),  # also wps
    "xls": Format(_HERE + "xls"),  # also et
    "ppt": Format(_HERE + "ppt"),  # also dps
    "rtf": Format(_HERE + "rtf"),
    "eml": Format(_HERE + "eml"),
    "msg": Format(_HERE + "msg"),
    "zip": Format(_HERE + "archive"),
    "tar": Format(_HERE + "archive"),
    "gz": Format(_HERE + "archive"),
    "bz2": Format(_HERE + "archive"),
    "xz": Format(_HERE + "archive"),
}
