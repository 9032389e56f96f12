"""What the sandbox costs: many small files through a pool, the start of a child, and whether memory grows.

``python benchmarks/reading_sandbox.py [--files 1000] [--workers 2] [--growth 2000]``
"""

import argparse
import io
import sys
import threading
import time
from pathlib import Path

import docx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from review.reading import sandbox
from review.reading.sandbox import Pool


def small_docx(number: int) -> bytes:
    """A page of an invented notice."""
    document = docx.Document()
    document.add_heading(f"关于第{number}项工作的通知", 1)
    for line in range(12):
        document.add_paragraph(f"第{line}条 各单位应当按照要求认真组织实施，做好记录，按时报送材料，编号{number:05d}。")
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def measure_pool(files: list[bytes], count: int, workers: int) -> None:
    todo = iter(range(count))
    lock = threading.Lock()
    characters = [0]

    def work(pool: Pool) -> None:
        while True:
            with lock:
                number = next(todo, None)
            if number is None:
                return
            found = pool.read(files[number % len(files)], "通知.docx")
            with lock:
                characters[0] += len(found.text)

    with Pool(workers=workers) as pool:
        start = time.perf_counter()
        threads = [threading.Thread(target=work, args=(pool,)) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - start
    print(
        f"pool of {workers}: {count} files in {seconds:.1f} s, {count / seconds:.0f} files/s, {characters[0]} characters"
    )


def measure_growth(files: list[bytes], count: int) -> None:
    with Pool() as pool:
        for number in range(count):
            pool.read(files[number % len(files)], "通知.docx")
            if number in (49, count // 2 - 1, min(998, count - 1), count - 1):
                child = pool._idle.get()
                if child is not None:
                    print(f"after {number + 1} files: child holds {child._resident() / 1e6:.0f} MB")
                pool._idle.put(child)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--growth", type=int, default=2000)
    options = parser.parse_args()
    start = time.perf_counter()
    sandbox.read("文".encode(), "一.txt")
    print(f"one file in a fresh child: {time.perf_counter() - start:.2f} s")
    files = [small_docx(number) for number in range(50)]
    measure_pool(files, options.files, options.workers)
    measure_growth(files, options.growth)


if __name__ == "__main__":
    main()
