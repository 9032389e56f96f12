"""Real prose and filled frames → labelled passages, reproducible by seed. Reads corpora, never writes or ships them.

Frames are set into real paragraphs and their matched negatives into others of the same sources, so that the style of the
surroundings says nothing about the label. A corpus is a folder of ``*.jsonl`` or ``*.jsonl.gz`` files of rows
``{"text": …, "label" or "labels": category ids (absent: published text without any), "source": …}``.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from review.detection.frames import Frame
from review.errors import ModelError
from review.types import Span

#: Rows taken of one source at most: beyond that a model learns the source, not the subject.
SOURCE_CAP = 1500
#: Share of frames that stand alone as a paragraph (a table row, a note) instead of inside real prose.
ALONE = 0.35

#: Sources that carry no frames: a line of a résumé or of source code is no prose a sentence could stand in.
NOT_CARRIERS = ("resumes", "ops_network_docs", "hard_negatives", "medical_records", "commercial_texts")

_NOT_PROSE = ("constructed_markers",)
_GIVEAWAYS = (
    (re.compile(r"网友\s*[“\"]?\s*UU?\d+\s*[”\"]?|[“\"]UU\d+[”\"]"), "您"),
    (re.compile(r"网友"), "群众"),
    (re.compile(r"央视网消息（新闻联播）：?|央视网消息|新闻联播"), ""),
    (re.compile(r"A0{2,}\d+"), ""),
    (re.compile(r"0{4}-?0{4,}"), ""),
    (re.compile(r"[A-Z]\d*(?=[省市县区镇乡村街])"), "本"),
    (re.compile(r"(索引号|主题分类|发文机关|成文日期|发文字号|发布日期|主题词|标题)\s*[：:]"), ""),
    (re.compile(r"\d{9}/\d{4}-\d{5}"), ""),
    (re.compile(r"某{1,3}|[X×x]{2,}|(?<=[一-龥])[X×]+|\*{2,}"), ""),
)
_SENTENCE_END = re.compile(r"(?<=[。！？；\n])")


@dataclass(frozen=True, slots=True)
class RealText:
    """One row of a corpus; ``labels`` is empty for published text."""

    text: str = field(repr=False)
    source: str
    labels: frozenset[str] = frozenset()
    is_document: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph to learn from or to measure on; ``frame`` is where the frame's sentence stands in it."""

    text: str = field(repr=False)
    source: str
    family: str
    labels: frozenset[str]
    frame: Span | None = None
    topic: str = ""  # category of the frame, also of a matched negative


def remove_giveaways(text: str) -> str:
    """The text without the tokens that give its source away (design/data.md: anonymised names, page heads, news leads)."""
    for pattern, replacement in _GIVEAWAYS:
        text = pattern.sub(replacement, text)
    return text


def read_corpus(
    folder: Path, categories: Iterable[str] = (), cap: int | None = None, seed: int = 1
) -> tuple[RealText, ...]:
    """All rows of the folder, at most ``cap`` of each file; ModelError for a corpus that cannot be used.

    ``categories`` are the labels that are allowed; genre hints (``label_hint``) are no labels and are not read.
    """
    paths = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")]) if folder.is_dir() else []
    paths = [path for path in paths if not path.name.startswith(_NOT_PROSE)]
    if not paths:
        raise ModelError("语料文件夹里没有 .jsonl 或 .jsonl.gz 文件。", "请检查 --corpus 指向的文件夹。")
    allowed = frozenset(categories)
    rows: list[RealText] = []
    for path in paths:
        found = list(_read_rows(path, allowed))
        if cap is not None and len(found) > cap:
            found = Random(f"{seed}/{path.name}").sample(found, cap)
        rows += found
    return tuple(rows)


def _read_rows(path: Path, allowed: frozenset[str]) -> Iterator[RealText]:
    opener = gzip.open if path.suffix == ".gz" else open
    name = path.name.split(".")[0]
    is_document = ".doc." in path.name
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _read_row(json.loads(line), name, is_document, allowed, f"{path.name} 第{number}行")
    except UnicodeDecodeError as error:
        raise ModelError(f"语料 {path.name} 不是 UTF-8 编码。", "请用 UTF-8 另存后重试；原有模型不受影响。") from error
    except json.JSONDecodeError as error:
        raise ModelError(
            f"语料 {path.name} 第{number}行不是 JSON。", "每行应是一个 JSON 对象，含 text 字段。"
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise ModelError(f"语料 {path.name} 无法读取。", "请检查文件是否完整、压缩包是否损坏。") from error


def _read_row(row: object, name: str, is_document: bool, allowed: frozenset[str], where: str) -> RealText:
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not row["text"].strip():
        raise ModelError(f"语料{where}没有文字。", "每行应有非空的 text 字段；请删去空行后重试。")
    given = row.get("labels", row.get("label", ()))
    if not isinstance(given, str | list | tuple):
        raise ModelError(f"语料{where}的标签不是文字。", "label 写一个类别编号，labels 写类别编号的列表。")
    labels = frozenset((given,) if isinstance(given, str) and given else given or ())
    if allowed and not labels <= allowed:
        raise ModelError(
            f"语料{where}有不认识的标签。", "标签应是类别编号，如 INT.PROC；可用编号见 review/detection/categories.py。"
        )
    source = str(row["source"]) if labels and row.get("source") else name
    return RealText(row["text"], source, labels, is_document)


def may_carry_frames(row: RealText) -> bool:
    """Whether a frame may be set into this text: a paragraph of prose."""
    return not row.is_document and row.source not in NOT_CARRIERS


def split_sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(text) if part]


def set_into(text: str, carrier: str, random: Random) -> tuple[str, Span]:
    """(paragraph, place of ``text`` in it): the text among one to four sentences of the real carrier."""
    sentences = split_sentences(carrier)
    first = random.randrange(len(sentences))
    chosen = sentences[first : first + random.randint(1, 4)]
    at = random.randint(0, len(chosen))
    before, after = "".join(chosen[:at])[-260:], "".join(chosen[at:])[:260]
    if before and before[-1] not in "。！？；\n":
        before += "。"
    return before + text + after, Span(len(before), len(before) + len(text))


def vary(text: str, random: Random) -> str:
    """The sentence as another hand would have typed it: half-width commas, spaces, a lost full stop, a misread digit."""
    if random.random() < 0.12:
        text = text.replace("，", ",").replace("：", ":")
    if random.random() < 0.08:
        text = text.replace("，", " ").replace("；", " ")
    if random.random() < 0.1:
        text = text.rstrip("。")
    if random.random() < 0.06:
        text = text.replace("、", "，")
    if random.random() < 0.04:
        text = text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    if random.random() < 0.03:
        text = text.replace("0", "O", 1).replace("己", "已")
    return text


def build_passages(frames: Sequence[Frame], carriers: Sequence[RealText], fills: int, seed: int) -> list[Passage]:
    """``fills`` passages of every frame, disclosing ones and matched negatives alike, each in prose of a random source.

    Carriers are drawn source by source, so that every source carries about as many disclosures as matched negatives.
    """
    by_source: dict[str, list[RealText]] = {}
    for carrier in carriers:
        by_source.setdefault(carrier.source, []).append(carrier)
    sources = sorted(by_source)
    passages = []
    for index, frame in enumerate(frames):
        for copy in range(fills):
            random = Random(f"{seed}/{index}/{copy}")
            source = sources[(index * 7 + copy * 3 + random.randrange(2)) % len(sources)]
            text = vary(frame.fill(random), random)
            labels = frozenset((frame.category,)) if frame.discloses else frozenset[str]()
            if random.random() < ALONE:
                passages.append(Passage(text, source, frame.family, labels, Span(0, len(text)), frame.category))
                continue
            carrier_text = remove_giveaways(random.choice(by_source[source]).text)
            paragraph, place = set_into(text, carrier_text, random)
            passages.append(Passage(paragraph, source, frame.family, labels, place, frame.category))
    return passages
