"""Weights ⇄ a folder ``models/<name>/``. No pickle: arrays in an npz, the rest in JSON, both under SHA256SUMS.

``weights.npz`` holds the n-gram table as 8-bit integers with one scale per category; ``model.json`` says format, categories
and sizes. ``card.md`` and ``metrics.json`` stand beside them and are listed in SHA256SUMS too.
"""

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from review.detection.categories import CATEGORIES
from review.detection.features import BUCKET_BITS, BUCKETS, PARTICULARS
from review.detection.scoring import Weights
from review.errors import ModelError

FORMAT = 2
SUMS = "SHA256SUMS"
_NEEDED = ("weights.npz", "model.json")
_VECTORS = ("bias", "slope", "offset", "low", "medium")
_REINSTALL = '请从安装包重新取得该模型，或在设置中写 model = "" 暂不使用模型；原有模型不受影响。'


def save_weights(weights: Weights, folder: Path) -> None:
    """Writes weights.npz and model.json; the same weights always give the same bytes. SHA256SUMS: ``seal``."""
    folder.mkdir(parents=True, exist_ok=True)
    scale = np.maximum(np.abs(weights.table).max(axis=0, initial=0), 1e-9) / 127
    arrays = {
        "buckets": weights.buckets.astype(np.int32),
        "table": np.rint(weights.table / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "squares": weights.squares.astype(np.float16),
        "particulars": weights.particulars,
        **{name: getattr(weights, name) for name in _VECTORS},
    }
    with zipfile.ZipFile(folder / "weights.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy")  # fixed date: the file depends on the weights alone
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data.getvalue())
    about = {
        "format": FORMAT,
        "name": weights.name,
        "categories": list(weights.categories),
        "sizes": list(weights.sizes),
        "bucket_bits": BUCKET_BITS,
        "particulars": list(PARTICULARS),
        "damping": weights.damping,
        "context": weights.context,
    }
    (folder / "model.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")


def seal(folder: Path) -> None:
    """Writes SHA256SUMS over every file of the model folder (format of coreutils sha256sum)."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != SUMS)
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), "utf-8")


def model_hash(folder: Path) -> str:
    """The hash that names this exact model in a Check and an audit event: SHA-256 of its SHA256SUMS."""
    return hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()


def load_weights(folder: Path) -> Weights:
    """The model of the folder; ModelError if a file is missing, altered, of another format or for other categories."""
    contents = _read_checked(folder)
    try:
        about = json.loads(contents["model.json"])
        _check_about(about)
        with np.load(io.BytesIO(contents["weights.npz"]), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        weights = Weights(
            name=str(about["name"]),
            categories=tuple(about["categories"]),
            sizes=tuple(int(size) for size in about["sizes"]),
            buckets=arrays["buckets"].astype(np.int64),
            table=arrays["table"].astype(np.float32) * arrays["scale"],
            squares=arrays["squares"].astype(np.float32),
            particulars=arrays["particulars"],
            **{name: arrays[name].astype(np.float32) for name in _VECTORS},
            damping=float(about["damping"]),
            context=float(about["context"]),
        )
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as error:
        raise ModelError("模型文件的内容不完整或不是本程序的模型。", _REINSTALL) from error
    _check_shapes(weights)
    return weights


def _read_checked(folder: Path) -> dict[str, bytes]:
    """The contents of the files SHA256SUMS lists, each with the hash it says."""
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
        listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        if any(Path(name).name != name for name in listed):
            raise ModelError("模型的校验清单里有不允许的文件名。", _REINSTALL)
        contents = {name: (folder / name).read_bytes() for name in listed}
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError("模型文件夹不存在，或缺少文件。", _REINSTALL) from error
    for name, data in contents.items():
        if hashlib.sha256(data).hexdigest() != listed[name]:
            raise ModelError(f"模型文件 {name} 与校验清单不符，可能被改动或损坏。", _REINSTALL)
    missing = [name for name in _NEEDED if name not in contents]
    if missing:
        raise ModelError(f"模型缺少文件 {'、'.join(missing)}。", _REINSTALL)
    return contents


def _check_about(about: dict) -> None:
    if about["format"] != FORMAT or about["bucket_bits"] != BUCKET_BITS or about["particulars"] != list(PARTICULARS):
        raise ModelError(
            "模型是另一个版本的程序训练的，本程序不能使用。", "请用本版本重新训练（review train），或安装配套的模型。"
        )
    unknown = [category for category in about["categories"] if category not in CATEGORIES]
    if unknown or not about["categories"]:
        raise ModelError("模型是为别的类别训练的。", "请换用为本程序的类别训练的模型；原有模型不受影响。")


def _check_shapes(weights: Weights) -> None:
    known, width = len(weights.buckets), len(weights.categories)
    fits = (
        weights.table.shape == (known, width + 1)
        and weights.squares.shape == (known,)
        and weights.particulars.shape == (len(PARTICULARS), width + 1)
        and weights.bias.shape == (width + 1,)
        and all(getattr(weights, name).shape == (width,) for name in _VECTORS if name != "bias")
        and (known == 0 or (0 <= weights.buckets.min() and weights.buckets.max() < BUCKETS))
        and all(np.isfinite(array).all() for array in (weights.table, weights.particulars, weights.bias, weights.slope))
    )
    if not fits:
        raise ModelError("模型文件的内容前后不一致。", _REINSTALL)


def promote(models: Path, name: str, default: str = "") -> dict[str, str | int | None]:
    """Makes ``models/<name>`` the current model and returns the payload of the audit event ``model.promote``.

    The pointer is the file ``models/current``; its second line keeps the model before, for ``roll_back``. The new model
    is loaded first: a damaged one raises ModelError and the old one stays. ``default`` is the model in use where none was
    promoted yet.
    """
    if Path(name).name != name or name in ("", ".", ".."):
        raise ModelError("模型名称不能用。", "模型名称应是 models 下的文件夹名。")
    load_weights(models / name)
    before = current_name(models, default)
    _point(models, name, before)
    return {"model": name, "model_sha256": model_hash(models / name), "previous": before or None}


def roll_back(models: Path) -> dict[str, str | int | None]:
    """Makes the model before the current one current again and returns the payload of ``model.roll_back``."""
    names = _pointer(models)
    if len(names) < 2:
        raise ModelError("没有可以退回的模型。", "只有启用过新模型以后才能退回。")
    load_weights(models / names[1])
    _point(models, names[1], names[0])
    return {"model": names[1], "model_sha256": model_hash(models / names[1]), "previous": names[0]}


def current_name(models: Path, default: str = "") -> str:
    """The name of the current model of this installation, or ``default`` where none was promoted."""
    names = _pointer(models)
    return names[0] if names else default


def _pointer(models: Path) -> list[str]:
    path = models / "current"
    return path.read_text("utf-8").split() if path.is_file() else []


def _point(models: Path, name: str, before: str) -> None:
    draft = models / f".current.{os.getpid()}"
    draft.write_text(f"{name}\n{before}\n", "utf-8")
    os.replace(draft, models / "current")  # in one step: a reader sees the old pointer or the new one
