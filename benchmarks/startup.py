"""What one ``review check`` of a 10-page docx costs from process start, beside the bare start of Python in the same run.

Run: ``python benchmarks/startup.py``. Limits (issue 2): 1.5 s without the classifier, 3 s with it.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import docx

PARAGRAPH = "各乡镇、街道要结合实际制定实施方案，明确责任分工，广泛发动群众参与，及时公开工作进展，接受社会监督。"
RUNS = 7


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ten_pages.docx"
        document = docx.Document()
        for page in range(10):
            for number in range(14):
                document.add_paragraph(f"{page * 14 + number + 1}．{PARAGRAPH}")
            document.add_page_break()
        document.save(str(path))
        check = [sys.executable, "-m", "review", "check", str(path)]
        bare = measure([sys.executable, "-c", "pass"])
        rows = (
            ("python -c pass", bare, None),
            ("review check --no-model", measure([*check, "--no-model"]), 1.5),
            ("review check", measure(check), 3.0),
        )
    print(f"{'':<26}{'median s':>10}{'× bare':>10}{'limit s':>10}")
    for name, seconds, limit in rows:
        print(f"{name:<26}{seconds:>10.2f}{seconds / bare:>10.1f}{limit or '':>10}")


def measure(command: list[str]) -> float:
    """Median wall seconds of several runs after one to warm the disk cache."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


if __name__ == "__main__":
    main()
