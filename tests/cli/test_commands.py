"""The command line as a script sees it: exit codes, output, and no text of a draft where it does not belong."""

import json
import os
from pathlib import Path

import pytest

from review.cli import COMMANDS, main

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
ID = "348899195203176115"


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    output = capsys.readouterr()
    return code, output.out, output.err


def draft(folder: Path, text: str, name: str = "draft.txt") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("关于开展冬季清洁家园行动的通知。监督电话：0563-3099077。", 0),
        (f"联系人身份证号：{ID}。", 1),
        ("机密★5年\n某事项的通知", 10),
        ("", 3),
    ],
)
def test_the_exit_code_of_check_says_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int
) -> None:
    assert run(capsys, "check", "--no-model", draft(tmp_path, text))[0] == code


def test_of_several_files_the_most_serious_code_wins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft(tmp_path, "", "a.txt")
    draft(tmp_path, f"身份证号：{ID}", "b.txt")
    assert run(capsys, "check", "--no-model", tmp_path)[0] == 1
    draft(tmp_path, "绝密★启用前", "c.txt")
    assert run(capsys, "check", "--no-model", "--jobs", 2, tmp_path)[0] == 10


def test_fail_on_high_lets_a_medium_finding_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = draft(tmp_path, f"身份证号：{ID}")
    assert run(capsys, "check", "--no-model", "--fail-on", "high", path)[0] == 1


def test_json_and_extract_speak_of_the_same_offsets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = draft(tmp_path, f"第一行\r\n联系人身份证号：{ID}。\r\n")
    _, out, _ = run(capsys, "check", "--no-model", "--format", "json", path)
    finding = json.loads(out)["documents"][0]["findings"][0]
    _, out, _ = run(capsys, "extract", "--format", "json", path)
    assert json.loads(out)["text"][finding["start"] : finding["end"]] == ID


def test_the_report_goes_to_the_file_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.html"
    path = draft(tmp_path, f"身份证号：{ID}")
    code, out, _ = run(capsys, "check", "--no-model", "--format", "html", "--output", report, path)
    assert code == 1 and out == "" and ID not in report.read_text("utf-8")


def test_check_writes_nothing_but_its_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(capsys, "check", "--no-model", draft(tmp_path, "通知"))
    assert [p.name for p in tmp_path.iterdir()] == ["draft.txt"]


def test_extract_shows_nothing_of_a_stopped_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "extract", draft(tmp_path, "机密★5年\n三棵银杏树"))
    assert code == 10 and "银杏" not in out + err and out == ""


def test_extract_sends_no_control_character_of_a_draft_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "extract", draft(tmp_path, "通知\x1b[2J正文\u202e\n第二行"))
    assert code == 0 and "正文" in out and "第二行" in out and "\x1b" not in out and "\u202e" not in out


def test_a_stopped_file_is_not_named_in_any_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = draft(tmp_path, "机密★5年\n三棵银杏树", "白鹭行动方案.txt")
    for format_name in ("text", "json", "html"):
        _, out, err = run(capsys, "check", "--no-model", "--format", format_name, path)
        assert "白鹭" not in out + err and "银杏" not in out + err


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["check"], ["check", "no-such-file"], ["check", "--jobs", "x", "a"], ["extract", "no-such-file"]],
)
def test_a_wrong_call_says_so_in_chinese_and_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, *words)
    assert code == 2 and any("一" <= character <= "龥" for character in err)


def test_broken_rules_end_with_4_and_name_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "a.yaml").write_text("rules:\n  - id: x\n    id: y\n", "utf-8")
    code, _, err = run(capsys, "check", "--rules", rules, draft(tmp_path, "通知"))
    assert code == 4 and "a.yaml" in err


def test_a_bug_ends_with_70_and_prints_no_text_of_the_exception(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "check", COMMANDS["check"].__class__("tests.cli.failing", ""))
    code, _, err = run(capsys, "check", "身份证号")
    assert code == 70 and "身份证号" not in err and "ValueError" in err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0 and "用法：" in capsys.readouterr().out


def test_what_a_folder_holds_and_is_not_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "folder"
    folder.mkdir()
    draft(folder, "关于开展冬季清洁家园行动的通知。", "a.txt")
    assert run(capsys, "check", "--no-model", folder)[0] == 0
    (folder / "b").symlink_to(outside)
    (folder / "c.txt").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "d.txt")
    code, out, _ = run(capsys, "check", "--no-model", "--format", "json", folder)
    documents = json.loads(out)["documents"]
    assert code == 3
    assert [Path(row["path"]).name for row in documents] == ["a.txt", "b", "c.txt", "d.txt"]
    assert [len(row["gaps"]) for row in documents] == [0, 1, 1, 1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_opened_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft(tmp_path, "关于开展冬季清洁家园行动的通知。", "a.txt")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    assert run(capsys, "check", "--no-model", tmp_path)[0] == 3


def test_a_name_in_gbk_is_read_as_its_maker_wrote_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(f"身份证{ID}.txt".encode("gbk"))
    draft(tmp_path, "关于开展冬季清洁家园行动的通知。", name)
    code, out, _ = run(capsys, "check", "--no-model", tmp_path)
    assert code == 1
    assert "身份证" in out
