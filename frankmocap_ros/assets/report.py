# Copyright 2026 frankmocap_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""What ``frankmocap_ros doctor`` says of FrankMocap's files; it downloads and converts nothing."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER, STANDIN_WARNING, Asset, needed
from frankmocap_ros.assets.store import ENVIRONMENT_VARIABLE, AssetState, AssetStore

Verdict = Literal["ok", "optional", "warning", "error"]

_NAME_IT: Final = f"--assets DIR or the environment variable {ENVIRONMENT_VARIABLE}"
# What a file holds at least, in numbers of 4 bytes: a network's weights, a body model's large arrays.
_LEAST_NUMBERS: Final = {
    "body_smpl": 27_030_674,
    "body_smplx": 27_030_674,
    "hand": 26_775_227,
    "pose2d": 4_109_011,
    "smpl": 6890 * 3 * (207 + 10),
    "smplx": 10475 * 3 * (486 + 20),
    "extra_regressor": 9 * 6890,
    "extra_regressor_smplx": 9 * 10475,
}


@dataclass(frozen=True)
class Check:
    """One line of the report.

    Attributes:
        name: what was looked at, such as ``"torch"`` or ``"file smpl"``.
        status: whether it is as it should be; ``"optional"`` where it is not, but nothing needs it that is
            used.
        text: what was found.
        next_step: command, address or path; never empty where the status is not ``"ok"``.
        details: more of the same for programs, as plain values.
    """

    name: str
    status: Verdict
    text: str
    next_step: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """As a plain dictionary, details beside the rest."""
        record = asdict(self)
        return {**record.pop("details"), **record}


def needed_for(key: str) -> tuple[str, ...]:
    """What needs a file; empty where nothing of this package reads it."""
    if key == "pose2d":
        return ("detector: pose2d",)
    if key.startswith("extra_regressor"):
        return (f"vertices of {'SMPL-X' if key.endswith('smplx') else 'SMPL'}",)
    uses = [model for model, use_smplx in (("SMPL", False), ("SMPL-X", True)) if key in needed(use_smplx)]
    if not uses and key in needed(use_smplx=True, hands=True):
        uses.append("hands")
    return tuple(uses)


def _size_fault(state: AssetState) -> str:
    """What the size tells of a file that nobody has read yet; empty where all may be well."""
    least = 4 * _LEAST_NUMBERS.get(state.asset.key, 0)
    size = state.path.stat().st_size
    return f"it is cut off: {size:,} bytes, expected at least {least:,}" if size < least else ""


def _file_check(asset: Asset, store: AssetStore | None) -> Check:
    """One file's line."""
    path = store.path(asset.key) if store else Path("extra_data", asset.path)
    state = store.state(asset.key) if store else AssetState(asset, path, "missing", "missing")
    status, text = state.status, ""
    if status == "needs conversion":
        text = _size_fault(state)
        status = "damaged" if text else status
    uses = needed_for(asset.key)
    details = {
        "key": asset.key, "state": status, "path": str(path), "license": asset.license, "url": asset.url,
        "needed_for": list(uses),
    }  # fmt: skip
    name, what = f"file {asset.key}", f"{asset.text} [{asset.license}]"
    source = f"register at {asset.url}, download it" if ".mpg.de" in asset.url else f"get it from {asset.url}"
    if status == "missing":
        purpose = f"needed for {', '.join(uses)}" if uses else "nothing here needs it"
        step = f"{source}, put it at {path}"
        return Check(name, "warning" if uses else "optional", f"{what}: missing, {purpose}", step, details)
    if status == "damaged":
        reason = text or state.text.removeprefix(f"{asset.text}: ").partition("; get it from ")[0]
        step = f"{source} again, put it at {path}"
        return Check(name, "warning", f"{what}: damaged: {reason}", step, details)
    if status == "needs conversion":
        step = f"frankmocap_ros convert --assets {store.folder if store else ''}, or the first start does it"
        return Check(name, "ok", f"{what}: found, whole, needs conversion: {path}", step, details)
    return Check(name, "ok", f"{what}: found, whole, converted: {path}", "", details)


def _folder_check(folder: Path | None) -> Check:
    """The line of the folder itself."""
    if folder is None:
        return Check(
            "assets",
            "warning",
            "no folder with FrankMocap's files is given",
            f"set FrankMocap's extra_data folder with {_NAME_IT}; to make one, put the files below into it",
            {"folder": None, "standin": False},
        )
    details = {"folder": str(folder), "standin": False}
    if not folder.is_dir():
        text = f"{folder} is not a folder"
        return Check(
            "assets", "warning", text, f"set FrankMocap's extra_data folder with {_NAME_IT}", details
        )
    if AssetStore(folder).is_standin:
        return Check(
            "assets",
            "warning",
            f"{folder} holds {STANDIN_WARNING}",
            f"put FrankMocap's own files into a folder without {STANDIN_MARKER}, and set it with {_NAME_IT}",
            {**details, "standin": True},
        )
    return Check("assets", "ok", f"{folder}", "", details)


def file_checks(folder: Path | None) -> list[Check]:
    """The folder's line, then one for each file.

    Args:
        folder: FrankMocap's ``extra_data``; None where none is named.
    """
    store = AssetStore(folder) if folder is not None else None
    return [_folder_check(folder), *(_file_check(asset, store) for asset in ASSETS.values())]
