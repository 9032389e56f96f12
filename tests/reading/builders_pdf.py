"""Small PDFs written by hand, so that every hiding place stands in them on purpose. All names are invented."""

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, String

WIDTH, HEIGHT = 595, 842


def chinese(text: str, x: float, y: float, size: float = 14) -> str:
    """Content that shows Chinese text with a font that need not be embedded."""
    return f"BT /F2 {size} Tf 1 0 0 1 {x} {y} Tm <{text.encode('utf-16-be').hex()}> Tj ET\n"


def latin(text: str, x: float, y: float, size: float = 14, before: str = "") -> str:
    """Content that shows Latin text in Helvetica; ``before`` stands inside BT … ET."""
    return f"BT {before} /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n"


def fonts() -> Dictionary:
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType0,
        BaseFont=Name("/STSong-Light"),
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("GB1"), Supplement=2),
        DW=1000,
    )
    wide = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name("/STSong-Light"),
        Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=Array([descendant]),
    )
    return Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica), F2=wide)


class Builder:
    """A document under construction."""

    def __init__(self) -> None:
        self.pdf = pikepdf.new()

    def page(
        self, content: str, images: dict[str, tuple[int, int, bytes]] | None = None, **keys: object
    ) -> pikepdf.Page:
        """A page with this content; ``images``: name → (width, height, RGB bytes)."""
        resources = Dictionary(
            Font=fonts(),
            ExtGState=Dictionary(Clear=Dictionary(ca=0, CA=0)),
            XObject=Dictionary(),
        )
        for name, (width, height, pixels) in (images or {}).items():
            stream = self.pdf.make_stream(pixels)
            stream.Type, stream.Subtype = Name.XObject, Name.Image
            stream.Width, stream.Height, stream.BitsPerComponent = width, height, 8
            stream.ColorSpace = Name.DeviceRGB
            resources.XObject[f"/{name}"] = stream
        entry = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, WIDTH, HEIGHT]),
            Resources=resources,
            Contents=self.pdf.make_stream(content.encode("latin-1")),
        )
        for key, value in keys.items():
            entry[f"/{key}"] = value
        self.pdf.pages.append(pikepdf.Page(entry))
        return self.pdf.pages[-1]

    def bytes(self, **options: object) -> bytes:
        packed = io.BytesIO()
        self.pdf.save(packed, **options)  # type: ignore[arg-type]
        return packed.getvalue()


def one_page(content: str, **keys: object) -> bytes:
    builder = Builder()
    builder.page(content, **keys)
    return builder.bytes()


def appended(data: bytes, number: int, body: str) -> bytes:
    """The file with one object written anew behind its end, as an incremental save does."""
    start = int(data.rsplit(b"startxref", 1)[1].split()[0])
    offset = len(data) + 1
    root = data.rsplit(b"/Root", 1)[1].split(b"R")[0].decode().strip() + " R"
    update = f"\n{number} 0 obj\n{body}\nendobj\n"
    table = offset + len(update) - 1
    update += f"xref\n{number} 1\n{offset:010d} 00000 n \ntrailer\n<< /Size 99 /Root {root} /Prev {start} >>\n"
    return data + update.encode("latin-1") + f"startxref\n{table}\n%%EOF\n".encode()
