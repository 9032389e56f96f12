"""How well scans are read: characters, secrecy marks, and what the reading costs beside the bare engine.

``python benchmarks/reading_ocr.py [--marked 60] [--unmarked 60] [--pages 4] [--seed 7] [--show FOLDER]``

Pages are made here (all names and numbers invented): 150 dpi, 1.2° rotation, noise, blur, JPEG 35 as in files.md §4 for
the characters; rotation ±3°, noise, stamps over the mark, faded print for the marks. Needs a CJK font (apt: fonts-noto-cjk).
"""

import argparse
import io
import random
import re
import sys
import time
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from review.reading import ocr
from review.reading.extraction import Options
from review.reading.ocr_text import Placing, read_picture

FONTS = Path("/usr/share/fonts/opentype/noto")
WIDTH, HEIGHT = 1240, 1754
LEVELS = ("绝密", "机密", "秘密")
PERIODS = ("★1年", "★3年", "★5年", "★10年", "★20年", "★30年", "★6个月", "★长期", "★", "")
MARK = re.compile(r"^[\[【〔（(]?(?:绝密|机密|秘密)(?:★.{0,12})?[\]】〕）)]?$")
SENTENCES = (
    "各乡镇人民政府，街道办事处，县政府各部门、各直属机构：",
    "为进一步做好本年度政务公开工作，经研究同意，现将有关事项通知如下，请结合实际认真贯彻执行。",
    "一、提高认识，加强领导。各单位要明确一名负责同志分管此项工作，配备专职人员，落实经费保障。",
    "二、突出重点，规范程序。公开前应当由经办人提出意见，保密审查机构审核，负责人签发。",
    "三、严格时限，确保质量。自信息形成之日起二十个工作日内予以公开，法律法规另有规定的从其规定。",
    "四、强化督查，落实责任。县政府办公室秘书科会同有关部门每季度抽查一次，结果予以通报。",
    "2026年3月18日前，请将工作方案及联络员名单报送至县政务服务中心，联系电话0000-1234567。",
    "附件：1．任务分工表  2．联络员登记表  3．考核评分细则（试行）",
)


def font(size: int, bold: bool = False, serif: bool = True) -> ImageFont.FreeTypeFont:
    name = f"Noto{'Serif' if serif else 'Sans'}CJK-{'Bold' if bold else 'Regular'}.ttc"
    return ImageFont.truetype(str(FONTS / name), size, index=2)


def page(rng: random.Random, mark: str, top: tuple[str, ...] = ()) -> tuple[Image.Image, str]:
    """A first page as GB/T 9704-2012 lays it out, and its text; ``mark`` "" for none."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    lines: list[str] = []
    y = 150
    for text in (*top, mark):
        if text:
            draw.text((165, y), text, fill=(15, 15, 15), font=font(33, bold=True, serif=False))
            lines.append(text)
            y += 56
    draw.text((230, 380), "某县人民政府办公室文件", fill=(200, 20, 20), font=font(70, bold=True))
    number = f"某政办〔2026〕{rng.randint(1, 99)}号"
    draw.text((500, 520), number, fill="black", font=font(33))
    draw.line((165, 590, 1080, 590), fill=(200, 20, 20), width=4)
    draw.text((260, 640), "关于做好年度政务公开工作的通知", fill="black", font=font(45, bold=True))
    lines += ["某县人民政府办公室文件", number, "关于做好年度政务公开工作的通知"]
    y = 760
    for sentence in rng.sample(SENTENCES[1:], 6):
        text = "　　" + sentence
        for start in range(0, len(text), 28):
            part = text[start : start + 28]
            draw.text((165, y), part, fill="black", font=font(32))
            lines.append(part.strip("　"))
            y += 54
    return image, "".join(lines)


def stamp(image: Image.Image, rng: random.Random, x: int, y: int) -> None:
    """A round red seal over the picture, half transparent."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    colour = (210, 30, 30, rng.randint(110, 190))
    radius = 110
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=7)
    draw.text((x - 32, y - 46), "★", fill=colour, font=font(64, serif=False))
    draw.text((x - 80, y + 30), "收文专用章", fill=colour, font=font(32, bold=True))
    image.paste(layer, (0, 0), layer)


def scanned(image: Image.Image, rng: random.Random, angle: float, faded: bool = False, noise: float = 9) -> Image.Image:
    """The page as a scanner delivers it."""
    if faded:
        image = image.point(lambda v: int(255 - (255 - v) * 0.38))
    image = image.rotate(angle, Image.Resampling.BICUBIC, fillcolor="white")
    image = image.filter(ImageFilter.GaussianBlur(0.7))
    pixels = np.asarray(image).astype(np.float32)
    pixels += np.random.default_rng(rng.randint(0, 1 << 30)).normal(0, noise, pixels.shape)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=35)
    return Image.open(packed).convert("RGB")


def marked_page(rng: random.Random, index: int) -> tuple[Image.Image, str]:
    mark = LEVELS[index % 3] + PERIODS[(index * 7) % len(PERIODS)]
    top = (f"{rng.randint(0, 999):06d}",) if rng.random() < 0.5 else ()
    image, _ = page(rng, mark, top)
    if index % 4 == 1:
        stamp(image, rng, rng.randint(230, 380), rng.randint(160, 240))
    return scanned(image, rng, rng.uniform(-3, 3), index % 4 == 2, 18 if index % 4 == 3 else 9), mark


def unmarked_page(rng: random.Random, index: int) -> Image.Image:
    top = (("特急",), ("000123",), ("秘书科",), ("内部材料",), (), ("机要文件", "平急"))[index % 6]
    image, _ = page(rng, "", top)
    if index % 3 == 1:
        stamp(image, rng, rng.randint(230, 380), rng.randint(160, 240))
    return scanned(image, rng, rng.uniform(-3, 3), index % 4 == 2, 18 if index % 5 == 3 else 9)


def read_lines(image: Image.Image) -> list[str]:
    placing = Placing(1, "第1页", width=image.width, height=image.height, has_marks=True)
    sight = read_picture(image, placing, Options())
    return [line.strip() for piece in sight.pieces if piece.top_of_first_page for line in piece.text.split("\n")]


def measure_marks(marked: int, unmarked: int, seed: int, show: Path | None) -> None:
    rng = random.Random(seed)
    found = exact = false = 0
    for index in range(marked):
        image, mark = marked_page(rng, index)
        hits = [line for line in read_lines(image) if MARK.match(line)]
        found += bool(hits)
        exact += mark in hits
        if mark not in hits:
            print(f"  marked {index} kind {index % 4}: {mark} → {hits or 'nothing'}", flush=True)
            if show:
                image.save(show / f"marked{index}.png")
    for index in range(unmarked):
        image = unmarked_page(rng, index)
        hits = [line for line in read_lines(image) if MARK.match(line)]
        false += bool(hits)
        if hits:
            print(f"  unmarked {index}: {hits}", flush=True)
    print(f"marks: {found}/{marked} found, {exact} letter by letter; {false}/{unmarked} false")


def measure_characters(pages: int, seed: int) -> None:
    """Character accuracy (Han and alphanumerics) and time beside the bare engine, on the same pages in one run."""
    rng = random.Random(seed)
    engine = ocr._engine()
    bare_time = own_time = bare_right = own_right = total = 0.0
    for _ in range(pages):
        image, truth = page(rng, "")
        image = scanned(image, rng, 1.2)
        pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        start = time.perf_counter()
        rows, _ = engine(pixels)
        bare_time += time.perf_counter() - start
        start = time.perf_counter()
        placing = Placing(1, "第1页", width=image.width, height=image.height, has_marks=True)
        sight = read_picture(image, placing, Options())
        own_time += time.perf_counter() - start
        truth = solid(truth)
        bare_right += right(truth, solid("".join(row[1] for row in rows or ())))
        own_right += right(truth, solid(sight.text))
        total += len(truth)
    print(f"characters: ours {own_right / total:.3f}, bare engine {bare_right / total:.3f} ({pages} pages)")
    print(f"time per page: ours {own_time / pages:.2f} s, bare {bare_time / pages:.2f} s, {own_time / bare_time:.2f} ×")


def solid(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def right(truth: str, read: str) -> int:
    blocks = SequenceMatcher(None, truth, read, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marked", type=int, default=60)
    parser.add_argument("--unmarked", type=int, default=60)
    parser.add_argument("--pages", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=Path, help="save the pages whose mark was not read letter by letter")
    options = parser.parse_args()
    if not ocr.is_available():
        sys.exit("no OCR engine installed (pip install review[ocr])")
    measure_characters(options.pages, options.seed)
    measure_marks(options.marked, options.unmarked, options.seed, options.show)


if __name__ == "__main__":
    main()
