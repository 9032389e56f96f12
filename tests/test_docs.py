"""The documents say what the program does: settings, errors, commands, links."""

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from review import errors
from review.cli import COMMANDS
from review.settings import Settings
from review.types import Limits

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


@pytest.mark.parametrize("field", [f for f in fields(Settings) if f.name != "limits"], ids=lambda f: f.name)
def test_every_setting_is_documented_with_its_default(field) -> None:  # type: ignore[no-untyped-def]
    row = next(line for line in _lines("settings.md") if line.startswith(f"| `{field.name}` |"))
    default = getattr(Settings(), field.name)
    if field.name not in ("rules", "models"):
        assert row.split("|")[2].strip().strip("`") in (str(default), "（空）" if default == "" else str(default))


@pytest.mark.parametrize("field", fields(Limits), ids=lambda f: f.name)
def test_every_limit_is_documented_with_its_default(field) -> None:  # type: ignore[no-untyped-def]
    assert any(line.startswith(f"| `{field.name}` | `{field.default}` |") for line in _lines("settings.md"))


def test_every_error_class_is_documented_with_its_exit_code() -> None:
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.ReviewError)]
    rows = {
        line.split("|")[1].strip(): line.split("|")[2].strip() for line in _lines("errors.md") if line.startswith("| `")
    }
    assert {f"`{c.__name__}`": str(int(c.exit_code)) for c in classes} == rows


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    assert f"review {name}" in (DOCS / "commands.md").read_text("utf-8")


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readme_commands_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"^make ([a-z]+)", (ROOT / "README.md").read_text("utf-8"), re.M))
    assert named == {"run", "test"} and named <= targets


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert (ROOT / ".ci" / "run").read_text("utf-8").rstrip().endswith("make test")


def _lines(page: str) -> list[str]:
    return (DOCS / page).read_text("utf-8").splitlines()
