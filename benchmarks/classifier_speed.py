"""Prediction speed and start-up of the hints model on one core.

    python benchmarks/classifier_speed.py [MODEL] [CORPUS]

Characters per second include shaping, n-grams, particulars, windows and probabilities; the start-up is a fresh process.
"""

import sys
import time
from pathlib import Path

from review.detection.classifier import load_model
from review.detection.corpus import read_corpus


def main(folder: Path, corpus: Path | None) -> None:
    began = time.perf_counter()
    model = load_model(folder)
    loaded = time.perf_counter() - began
    if corpus:
        text = "\n".join(row.text for row in read_corpus(corpus, cap=400))[:4_000_000]
    else:
        text = "会议研究了安全生产工作，会议要求各单位压实责任，抓好落实。\n" * 60_000
    units, position = [], 0
    for line in text.split("\n"):
        if line.strip():
            units.append((position, position + len(line)))
        position += len(line) + 1
    wall, processor = time.perf_counter(), time.process_time()
    model.probabilities(text, units)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    print(f"load {loaded:.2f} s, {size:.1f} MB; {len(text) / 1e6:.2f} Mchar, {len(units)} paragraphs")
    print(f"{len(text) / wall / 1e6:.2f} Mchar/s wall, {len(text) / processor / 1e6:.2f} Mchar/s of processor time")
    print("sklearn loaded:", "sklearn" in sys.modules, " jieba loaded:", "jieba" in sys.modules)


if __name__ == "__main__":
    arguments = [Path(argument) for argument in sys.argv[1:]]
    main(arguments[0] if arguments else Path("models/hints-1"), arguments[1] if len(arguments) > 1 else None)
