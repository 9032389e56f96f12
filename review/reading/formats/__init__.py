"""The written-out table of formats. Add a format: one file here, one line here, its magic bytes in ``filetypes.py``.

``extract(data, options) -> Reading`` runs in the sandboxed child; it raises ``Unreadable`` when nothing can be read and
puts partial failures into ``Reading.gaps``. ``redact`` is None where PUBLISH_REDACTED cannot be offered.
"""
