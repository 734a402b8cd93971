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

"""The files that an estimator of some settings reads, and the settings with other places for them."""

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER, needed
from frankmocap_ros.assets.model_download import Tell, fetch_models
from frankmocap_ros.assets.model_files import MODEL_FILES, MODELS_VARIABLE, model_path, needed_models
from frankmocap_ros.assets.store import assets_folder, named_folder
from frankmocap_ros.assets.user_models import kept_model, model_of
from frankmocap_ros.estimators.availability import chosen_detector, why_not_frankmocap
from frankmocap_ros.settings.mocap import MODEL_ESTIMATORS, Settings

MODELS: Final = "models"
"""Place of published networks."""
SETTINGS: Final = ("model", "detector_model", "assets_dir")
"""The other places: settings that name a file or folder."""


@dataclass(frozen=True)
class NeededFile:
    """A file or folder that an estimator reads.

    Attributes:
        place: ``models``, or the setting that names it.
        name: of it below the place's folder; empty where the place is the file itself.
        path: where it is.
    """

    place: str
    name: str
    path: Path


def settled(config: Settings) -> Settings:
    """The settings with the estimator that ``auto`` takes, by the files that are here."""
    if config.estimator != "auto":
        return config
    return replace(config, estimator="blazepose" if why_not_frankmocap(config) else "frankmocap")


def needed_files(config: Settings, tell: Tell) -> list[NeededFile]:
    """What the estimator of some settings reads; published networks are downloaded first.

    Args:
        config: with an estimator and a variant that are not ``auto``, see ``settled``.
        tell: told of downloads.

    Raises:
        AssetError: a file is not here.
    """
    if config.estimator == "blazepose":
        return _published(needed_models(config.variant, config.hands), tell)
    found = []
    if config.estimator == "frankmocap":
        found = _frankmocap_s(needed(config.use_smplx, config.hands, pose2d=False), config)
    elif config.estimator == "openpose" and not config.model and kept_model("openpose") is None:
        found = _frankmocap_s(("pose2d",), config)
    elif config.estimator in MODEL_ESTIMATORS:
        found = [NeededFile("model", "", model_of(config.estimator, config.model))]
    return found + (_detector_s(config, tell) if config.estimator in ("frankmocap", "rtmpose") else [])


def _detector_s(config: Settings, tell: Tell) -> list[NeededFile]:
    name = chosen_detector(config.detector)
    if name == "blazepose":
        return _published(needed_models(), tell)
    if name == "yolo":
        return [NeededFile("detector_model", "", model_of("yolo", config.detector_model, "detector"))]
    return _frankmocap_s(("pose2d",), config)


def _published(keys: tuple[str, ...], tell: Tell) -> list[NeededFile]:
    fetch_models(keys, tell)
    return [NeededFile(MODELS, MODEL_FILES[key].name, model_path(key)) for key in keys]


def _frankmocap_s(keys: tuple[str, ...], config: Settings) -> list[NeededFile]:
    folder = named_folder(config.assets_dir)
    files = [NeededFile("assets_dir", ASSETS[key].path, folder / ASSETS[key].path) for key in keys]
    marker = folder / STANDIN_MARKER
    return files + ([NeededFile("assets_dir", STANDIN_MARKER, marker)] if marker.is_file() else [])


def settings_places(config: Settings) -> dict[str, str]:
    """The paths that settings name, by place."""
    folder = assets_folder(config.assets_dir)
    named = {"model": config.model, "detector_model": config.detector_model}
    places = {place: os.path.abspath(Path(path).expanduser()) for place, path in named.items() if path}
    return places | ({"assets_dir": os.path.abspath(folder)} if folder is not None else {})


def with_places(
    config: Settings, places: Mapping[str, Path], environment: MutableMapping[str, str] = os.environ
) -> Settings:
    """The settings with other paths; that of published networks goes into the environment.

    Args:
        config: the settings.
        places: path of each place that is to be named.
        environment: of the process.
    """
    if MODELS in places:
        environment[MODELS_VARIABLE] = str(places[MODELS])
    named: dict[str, Any] = {place: str(path) for place, path in places.items() if place in SETTINGS}
    return replace(config, **named)
