"""The import table of docs/architecture.md: no upward import, no third-party package outside its door."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Room → rooms it may import from, besides itself. Written out: a new arrow is a design discussion.
BASE = {"types", "errors", "settings", "wording"}
ROOMS: dict[str, set[str]] = {
    "types": set(),
    "errors": set(),
    "wording": {"types"},
    "settings": {"types", "errors"},
    "reading": BASE,
    "detection": BASE,
    "check": BASE | {"reading", "detection"},
    "casework": BASE | {"reading", "detection", "check"},
    "outputs": BASE | {"reading", "detection", "check", "casework"},
    "cli": BASE | {"reading", "detection", "check", "casework", "outputs", "sweep", "api"},
    "api": BASE | {"reading", "detection", "check", "casework", "outputs"},
    "sweep": BASE | {"reading", "detection", "check", "casework", "outputs"},
    "ui": BASE | {"reading", "detection", "check", "casework", "outputs"},
    "__main__": {"cli"},
    "__init__": {"check", "types"},
}

#: Third-party package → path prefixes (under the repository root) that may import it.
DOORS: dict[str, tuple[str, ...]] = {
    "streamlit": ("app.py", "review/ui/"),
    "starlette": ("app.py", "review/ui/"),
    "uvicorn": ("review/cli",),
    "sqlalchemy": ("review/casework/",),
    "alembic": ("review/casework/",),
    "argon2": ("review/casework/accounts.py",),
    "cryptography": ("review/casework/",),
    "jieba": ("review/detection/text.py", "review/detection/features.py"),
    "sklearn": (
        "review/detection/classifier.py",
        "review/detection/training.py",
        "review/detection/evaluation.py",
        "review/detection/fitting.py",
        "review/detection/calibration.py",
    ),
    "scipy": ("review/detection/",),
    "numpy": ("review/detection/", "review/reading/"),
    "yaml": ("review/detection/rules.py", "review/detection/yaml_source.py"),
    "ahocorasick_rs": ("review/detection/scanner.py",),
    "hyperscan": ("review/detection/engine.py", "review/detection/lint.py", "review/detection/scanner.py"),
    "docx": ("review/reading/formats/", "review/outputs/paper.py"),
    "openpyxl": ("review/outputs/",),
    "pdfplumber": ("review/reading/formats/",),
    "pypdfium2": ("review/reading/",),
    "pikepdf": ("review/reading/formats/",),
    "lxml": ("review/reading/formats/",),
    "olefile": ("review/reading/",),
    "xlrd": ("review/reading/formats/",),
    "msoffcrypto": ("review/reading/",),
    "chardet": ("review/reading/",),
    "PIL": ("review/reading/",),
    "rapidocr_onnxruntime": ("review/reading/ocr.py",),
    "subprocess": ("review/reading/",),
}


def python_files(root: Path) -> list[Path]:
    return [root / "app.py", *sorted((root / "review").rglob("*.py"))]


def imported_modules(source: str) -> list[tuple[int, str]]:
    """(line, dotted module) of every import in the source, function-level ones included."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the arrow"
            found.append((node.lineno, node.module or ""))
            if node.module == "review":
                found += [(node.lineno, f"review.{alias.name}") for alias in node.names]
    return found


def room_of(dotted_or_path: str) -> str:
    parts = dotted_or_path.removesuffix(".py").replace("/", ".").split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "review" else parts[0]


def problems_of(path: str, source: str) -> list[str]:
    """What the file at ``path`` (relative to the root) imports against the table."""
    room = room_of(path)
    problems = []
    for line, module in imported_modules(source):
        top = module.split(".")[0]
        if top == "review":
            target = room_of(module)
            if module == "review":
                continue
            allowed = room == "app" or target == room or target in ROOMS.get(room, set()) or target == "__version__"
            if not allowed:
                problems.append(f"{path}:{line} {room} must not import {target}")
        elif top in DOORS:
            if not any(path.startswith(door) for door in DOORS[top]):
                problems.append(f"{path}:{line} {top} has its door at {', '.join(DOORS[top])}")
        elif top not in sys.stdlib_module_names:
            problems.append(f"{path}:{line} {top} is no package of the table")
    return problems


@pytest.mark.parametrize("file", [f for f in python_files(ROOT) if f.exists()], ids=lambda f: str(f.relative_to(ROOT)))
def test_file_imports_only_what_the_table_allows(file: Path) -> None:
    path = file.relative_to(ROOT).as_posix()
    assert problems_of(path, file.read_text("utf-8")) == []


def test_every_room_of_the_house_is_in_the_table() -> None:
    rooms = {room_of(f.relative_to(ROOT).as_posix()) for f in python_files(ROOT)} - {"app"}
    assert rooms <= set(ROOMS)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("review/reading/x.py", "from review.detection import engine"),
        ("review/detection/x.py", "import review.casework.store"),
        ("review/casework/x.py", "import streamlit"),
        ("review/detection/x.py", "import requests"),
        ("review/types.py", "from review.errors import ReviewError"),
        ("review/outputs/x.py", "def f():\n    import sqlalchemy"),
        ("review/detection/x.py", "import subprocess"),
    ],
)
def test_a_forbidden_import_is_found(path: str, source: str) -> None:
    assert problems_of(path, source) != []


def test_an_allowed_import_is_none() -> None:
    assert problems_of("review/casework/store.py", "import sqlalchemy\nfrom review.check import check") == []
