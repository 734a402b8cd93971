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

"""Published networks that this package runs: their names, checksums, and where they are on this machine.

They lie in $FRANKMOCAP_MODELS_DIR, by default the folder ``models`` of the cache, or in an installed
``mediapipe``. Nothing is used whose SHA-256 is not the one below. ``assets/model_download.py`` gets what is
missing.
"""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from frankmocap_ros.errors import AssetError
from frankmocap_ros.runtime.file_cache import cache_folder, sha256_of

MODELS_VARIABLE: Final = "FRANKMOCAP_MODELS_DIR"
FETCH: Final = "frankmocap_ros models fetch"
VARIANTS: Final = ("lite", "full", "heavy")
"""Of BlazePose's landmark network, the fastest first."""

State = Literal["ok", "missing", "damaged"]
Origin = Literal["wheel", "npm"]

WHEEL: Final = "mediapipe==0.10.21"
"""The last release whose wheel brings its models."""
NPM: Final = "@mediapipe/pose@0.5.1675469404"
PACKAGES: Final[dict[Origin, str]] = {"wheel": f"Python wheel {WHEEL}", "npm": f"npm package {NPM}"}


@dataclass(frozen=True)
class ModelFile:
    """One network's file.

    Attributes:
        key: short name by which this package asks for it.
        text: what it is, in a few words.
        sha256: of its content.
        size: in bytes.
        members: place in each package that has it.
        license: under which terms it is published.
    """

    key: str
    text: str
    sha256: str
    size: int
    members: dict[Origin, str]
    license: str = "Apache-2.0"

    @property
    def name(self) -> str:
        """Of the file in the models' folder."""
        return f"{self.key}.tflite"

    @property
    def sources(self) -> str:
        """The packages that have it, in words."""
        return " or ".join(PACKAGES[origin] for origin in self.members)


def _in_wheel(path: str) -> dict[Origin, str]:
    return {"wheel": f"mediapipe/modules/{path}"}


def _landmarks(variant: str, sha256: str, size: int) -> ModelFile:
    name = f"pose_landmark_{variant}"
    members: dict[Origin, str] = {"npm": f"package/{name}.tflite"}
    if variant == "full":
        members = _in_wheel(f"pose_landmark/{name}.tflite") | members
    return ModelFile(name, f"BlazePose's landmarks, {variant}", sha256, size, members)


MODEL_FILES: Final = {
    file.key: file
    for file in (
        ModelFile(
            "pose_detection",
            "BlazePose's person detector",
            "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
            2_959_046,
            _in_wheel("pose_detection/pose_detection.tflite"),
        ),
        _landmarks("lite", "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61", 2_819_824),
        _landmarks("full", "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f", 6_440_512),
        _landmarks("heavy", "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe", 27_709_200),
        ModelFile(
            "hand_recrop",
            "where a hand lies near its wrist",
            "67d996ce96f9d36fe17d2693022c6da93168026ab2f028f9e2365398d8ac7d5d",
            123_792,
            _in_wheel("holistic_landmark/hand_recrop.tflite"),
        ),
        ModelFile(
            "hand_landmark_full",
            "a hand's landmarks",
            "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
            5_478_917,
            _in_wheel("hand_landmark/hand_landmark_full.tflite"),
        ),
    )
}


def needed_models(variant: str = "full", hands: bool = False) -> tuple[str, ...]:
    """Keys of the files without which ``blazepose`` does not run.

    Args:
        variant: of the landmark network.
        hands: with finger joints.
    """
    keys = ("pose_detection", f"pose_landmark_{variant}")
    return (*keys, "hand_recrop", "hand_landmark_full") if hands else keys


def variants_here(hands: bool = False) -> list[str]:
    """Variants whose files are here, the fastest first."""
    return [variant for variant in VARIANTS if not missing_models(needed_models(variant, hands))]


def best_variant_here(hands: bool = False) -> str:
    """The most exact variant whose files are here; ``full``, which can be downloaded, where none is."""
    here = variants_here(hands)
    return here[-1] if here else "full"


def models_folder() -> Path:
    """$FRANKMOCAP_MODELS_DIR, else the folder ``models`` of the cache."""
    own = os.environ.get(MODELS_VARIABLE)
    return Path(own).expanduser() if own else cache_folder() / "models"


def _installed(file: ModelFile) -> Path | None:
    """Where an installed ``mediapipe`` has it; the package is not imported."""
    member = file.members.get("wheel")
    found = find_spec("mediapipe") if member else None
    if found is None or found.origin is None or member is None:
        return None
    return Path(found.origin).parent.parent / member


def state_of(path: Path, file: ModelFile) -> State:
    """Whether a path holds a file, and nothing else."""
    try:
        if path.stat().st_size != file.size:
            return "damaged"
        return "ok" if sha256_of(path) == file.sha256 else "damaged"
    except OSError:
        return "missing"


def find_model(key: str) -> tuple[Path, State]:
    """Where a file is, and in which state; a sound one in ``mediapipe`` stands in for a missing one."""
    file = MODEL_FILES[key]
    own = models_folder() / file.name
    state = state_of(own, file)
    if state != "ok":
        other = _installed(file)
        if other is not None and state_of(other, file) == "ok":
            return other, "ok"
    return own, state


def missing_models(keys: tuple[str, ...]) -> list[ModelFile]:
    """Those of some files that are not here, or damaged."""
    return [MODEL_FILES[key] for key in keys if find_model(key)[1] != "ok"]


def by_hand(files: list[ModelFile]) -> str:
    """How to get files where nothing can be downloaded."""
    lines = "; ".join(f"{file.name} (in the {file.sources})" for file in files)
    return f"copy them from another machine into {models_folder()} (or set {MODELS_VARIABLE}): {lines}"


def model_path(key: str) -> Path:
    """A file whose content is what it should be.

    Raises:
        AssetError: it is not here, or damaged.
    """
    path, state = find_model(key)
    if state != "ok":
        raise AssetError(
            f"{path} ({MODEL_FILES[key].text}) is {state}; run: {FETCH}; without a network "
            f"{by_hand([MODEL_FILES[key]])}"
        )
    return path
