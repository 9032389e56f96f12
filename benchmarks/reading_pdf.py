"""Pages per second of text PDFs: everything we read of them beside pdfium's bare text and pdfplumber, in one run.

``python benchmarks/reading_pdf.py FILE.pdf … [--plumber 3]`` (CPU seconds; without OCR)
"""

import argparse
import sys
import time
from pathlib import Path

import pdfplumber
import pypdfium2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from review.reading.extraction import Options
from review.reading.formats import pdf


def bare(data: bytes) -> int:
    document = pypdfium2.PdfDocument(data)
    for page in document:
        text = page.get_textpage()
        text.get_text_range()
        text.close()
        page.close()
    count = len(document)
    document.close()
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--plumber", type=int, default=3, help="pages per file for pdfplumber")
    options = parser.parse_args()
    totals = {"pdfium, bare text": [0, 0.0], "ours": [0, 0.0], "pdfplumber": [0, 0.0]}
    for path in options.files:
        data = path.read_bytes()
        start = time.process_time()
        count = bare(data)
        middle = time.process_time()
        reading = pdf.extract(data, Options(ocr="off"))
        end = time.process_time()
        for name, pages, seconds in (("pdfium, bare text", count, middle - start), ("ours", count, end - middle)):
            totals[name][0] += pages
            totals[name][1] += seconds
        start = time.process_time()
        with pdfplumber.open(path) as document:
            pages = document.pages[: options.plumber]
            for page in pages:
                page.extract_text()
        totals["pdfplumber"][0] += len(pages)
        totals["pdfplumber"][1] += time.process_time() - start
        print(
            f"{count / (end - middle):6.0f} pages/s {count:5d} pages {len(reading.pieces):6d} pieces  {path.name[:60]}"
        )
    for name, (pages, seconds) in totals.items():
        print(f"{name:20} {pages / max(seconds, 1e-9):6.0f} pages/s ({pages} pages)")


if __name__ == "__main__":
    main()
