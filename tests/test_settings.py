"""Settings come from defaults, review.toml and the environment, in this order; what is unusable is said, never ignored."""

from pathlib import Path

import pytest

from review.errors import SettingsError
from review.settings import Settings, load_settings


def write(folder: Path, text: str) -> Path:
    path = folder / "review.toml"
    path.write_text(text, "utf-8")
    return path


def test_without_file_and_environment_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(environment={}) == Settings()


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, 'organisation = "甲局"\nport = 9000\n[limits]\npages = 10\n')
    settings = load_settings(path, {"REVIEW_PORT": "9001", "REVIEW_LIMITS_PAGES": "20", "REVIEW_HOME": "/data"})
    assert (settings.organisation, settings.port, settings.limits.pages) == ("甲局", 9001, 20)
    assert settings.home == Path("/data") and settings.resolved_database_url == "sqlite:////data/review.sqlite3"


@pytest.mark.parametrize(
    "text",
    ["port = 'x'", "unknown = 1", "limits = 3", "port =", "[limits]\nunknown = 1"],
    ids=["a word for a number", "an unknown name", "limits without section", "no TOML", "an unknown limit"],
)
def test_an_unusable_file_is_an_error_with_a_remedy(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(write(tmp_path, text), {})
    assert raised.value.remedy_zh


def test_an_unusable_variable_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError):
        load_settings(environment={"REVIEW_IDLE_MINUTES": "soon"})


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load_settings(tmp_path / "none.toml", {})


def test_compiled_rules_are_kept_in_the_installation_where_one_stands(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert settings.cache == Path.home() / ".cache" / "xianshen"
    (tmp_path / "cache").mkdir()
    assert settings.cache == tmp_path / "cache"
