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

"""Truth from files: TRC of motion capture, arrays of NumPy, or this package's own records."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.errors import EvaluationError
from frankmocap_ros.evaluation.body_messages import is_bag_of_bodies, read_bag
from frankmocap_ros.evaluation.json_lines import read_json_lines
from frankmocap_ros.evaluation.marker_names import joints_of
from frankmocap_ros.evaluation.recording import Recording
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.runtime.file_names import home_expanded, printable

ALLOWED: Final = "allowed: .trc, .npz, .jsonl, a bag with bodies"
_UNITS: Final = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}
_LARGEST: Final = 1 << 31  # bytes
_FARTHEST_M: Final = 1e4

Map = Mapping[str, Sequence[str]]


@dataclass(frozen=True, eq=False)
class Truth:
    """What truly happened.

    Attributes:
        recording: positions in the truth's own frame.
        in_camera_frame: whether that frame is the camera's optical frame.
        T_camera_truth: shape (4, 4), from its frame to the camera's where the file says so, else None.
    """

    recording: Recording
    in_camera_frame: bool
    T_camera_truth: Array | None = None


def read_truth(path: str | Path, given: Map | None = None, body_id: int = 0) -> Truth:
    """Read a file by the end of its name.

    Args:
        path: of the file.
        given: joint -> markers whose middle it is, where the names do not tell.
        body_id: which body of a ``.jsonl`` or a bag; 0 for the operator.

    Raises:
        SourceError: it is a bag that cannot be read.
        EvaluationError: it cannot be read, or is not what it should be; the text names the place.
    """
    shown, suffix = printable(path), Path(path).suffix.lower()
    if is_bag_of_bodies(path):
        return Truth(read_bag(path, body_id), in_camera_frame=True)
    try:
        if suffix == ".jsonl":
            return Truth(read_json_lines(path, body_id), in_camera_frame=True)
        if suffix == ".trc":
            text = _bytes(path).decode("utf-8", "replace")
            return Truth(_read_trc(text, shown, given), in_camera_frame=False)
        if suffix == ".npz":
            return _read_npz(home_expanded(path), shown, given)
    except OSError as error:
        raise EvaluationError(f"{shown}: {error.strerror or error}; name a file that can be read") from error
    raise EvaluationError(f"{shown}: truth of an unknown kind; {ALLOWED}")


def _bytes(path: str | Path) -> bytes:
    with home_expanded(path).open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise EvaluationError(f"{printable(path)}: larger than 2 GB; cut it")
    return data


def _read_trc(text: str, shown: str, given: Map | None) -> Recording:
    """Joints of a TRC file: its lines tell kind, values' names, values, markers and axes; then come data."""
    lines = text.splitlines()
    if len(lines) < 6 or not lines[0].startswith("PathFileType"):
        raise EvaluationError(
            f"{shown}: no TRC file, which begins with PathFileType and has 5 lines before data"
        )
    header = dict(zip(lines[1].split(), lines[2].split(), strict=False))
    unit = header.get("Units", "").lower()
    if unit not in _UNITS:
        raise EvaluationError(f"{shown}: line 3: Units is {unit!r}; allowed: {', '.join(_UNITS)}")
    names = [name.strip() for name in lines[3].split("\t")[2:] if name.strip()]
    if not names:
        raise EvaluationError(f"{shown}: line 4 names no markers; it must be separated by tabs")
    width = 2 + 3 * len(names)
    rows = []
    for number, line in enumerate(lines[5:], 6):
        if not line.strip():
            continue
        cells = line.rstrip("\r\n").split("\t")
        cells += [""] * (width - len(cells))
        try:
            rows.append([float(cell) if cell.strip() else np.nan for cell in cells[1:width]])
        except ValueError as error:
            raise EvaluationError(f"{shown}: line {number}: {error}") from error
        if any(cell.strip() for cell in cells[width:]):
            raise EvaluationError(
                f"{shown}: line {number} has {len(cells)} values; {len(names)} markers need {width}"
            )
    if not rows:
        raise EvaluationError(f"{shown}: no data after the header")
    data = np.array(rows)
    markers = data[:, 1:].reshape(len(data), len(names), 3) * _UNITS[unit]
    return _checked(data[:, 0], names, markers, given, shown)


def _read_npz(path: Path, shown: str, given: Map | None) -> Truth:
    """Arrays ``times_s``, ``names``, ``positions_m``; see the documentation for those that may be missing."""
    arrays = _arrays(path, shown)
    missing = [name for name in ("times_s", "names", "positions_m") if name not in arrays]
    if missing:
        raise EvaluationError(
            f"{shown}: no array {', '.join(missing)}; needed: times_s (T,), names (J,), positions_m "
            f"(T, J, 3); it has {', '.join(sorted(arrays))[:200] or 'none'}"
        )
    names = [str(name) for name in np.atleast_1d(arrays["names"]).ravel()]
    count = len(np.atleast_1d(arrays["times_s"]))
    shapes = {"times_s": (count,), "positions_m": (count, len(names), 3),
              "orientations_xyzw": (count, len(names), 4), "visible": (count, len(names)),
              "camera_from_truth": (4, 4)}  # fmt: skip
    numbers = {name: _numbers(arrays[name], name, shape, shown)
               for name, shape in shapes.items() if name in arrays}  # fmt: skip
    recording = _checked(numbers["times_s"], names, numbers["positions_m"], given, shown)
    rows = [joints_of(names, given)[joint][0] for joint in recording.names]
    if "visible" in numbers:
        hidden = (numbers["visible"][:, rows] == 0.0) & recording.known
        states = np.where(hidden, np.uint8(JointState.PREDICTED), recording.states)
        recording = replace(recording, states=states)
    if "orientations_xyzw" in numbers:
        turned = numbers["orientations_xyzw"][:, rows]
        length = np.linalg.norm(turned, axis=-1, keepdims=True)
        turned = np.where(length > 1e-6, turned / np.maximum(length, 1e-6), np.nan)
        recording = replace(recording, orientations_xyzw=turned)
    transform = numbers.get("camera_from_truth")
    if transform is not None:
        transform = checked_transform(transform, f"{shown}: camera_from_truth")
    return Truth(recording, False, transform)


def _arrays(path: Path, shown: str) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > _LARGEST:
            raise EvaluationError(f"{shown}: unpacks to more than 2 GB; cut it")
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (EvaluationError, MemoryError, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # a damaged archive fails in any of Python's ways
        raise EvaluationError(
            f"{shown}: no archive of plain arrays ({type(error).__name__}: {str(error)[:100]}); write it "
            "with numpy.savez, without objects"
        ) from error


def _numbers(array: NDArray[Any], name: str, shape: tuple[int, ...], shown: str) -> Array:
    if array.dtype.kind not in "biuf" or array.shape != shape:
        raise EvaluationError(
            f"{shown}: {name} is {array.dtype} {array.shape}; expected numbers of shape {shape}"
        )
    return array.astype(np.float64)


def _checked(
    times_s: Array, names: Sequence[str], markers: Array, given: Map | None, shown: str
) -> Recording:
    """Markers (T, M, 3) as joints."""
    if len(times_s) < 2 or not np.isfinite(times_s).all() or not (np.diff(times_s) > 0.0).all():
        raise EvaluationError(
            f"{shown}: its times must be finite and rise from each of two or more to the next"
        )
    if np.isinf(markers).any() or np.nanmax(np.abs(markers), initial=0.0) > _FARTHEST_M:
        raise EvaluationError(
            f"{shown}: positions farther than {_FARTHEST_M:g} m; check its unit, it is meters here"
        )
    try:
        joints = joints_of(names, given)
    except EvaluationError as error:
        raise EvaluationError(f"{shown}: {error}") from error
    positions = np.stack([markers[:, columns].mean(axis=1) for columns in joints.values()], axis=1)
    return Recording.of_positions(times_s, tuple(joints), positions)


def checked_transform(transform: Array, what: str) -> Array:
    """A rigid transform, shape (4, 4).

    Raises:
        EvaluationError: it is none.
    """
    rotation = transform[:3, :3]
    rigid = np.isfinite(transform).all() and np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3)
    if not (rigid and np.linalg.det(rotation) > 0.0 and np.allclose(transform[3], (0.0, 0.0, 0.0, 1.0))):
        raise EvaluationError(
            f"{what}: no rigid transform; expected a rotation and a translation [m] above a row of 0 0 0 1"
        )
    return transform
