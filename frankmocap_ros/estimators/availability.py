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

"""What ``auto`` takes on this machine, found out without loading any of it: not even NumPy."""

from collections.abc import Sequence
from importlib.util import find_spec

from frankmocap_ros.assets.layout import needed
from frankmocap_ros.assets.store import AssetStore, named_folder
from frankmocap_ros.engines.tflite_installed import tflite_engine
from frankmocap_ros.errors import AssetError, MissingDependencyError
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.settings.mocap import Settings


def chosen_detector(setting: str) -> str:
    """The name for the setting ``detector``; auto is blazepose where an engine runs it, else pose2d."""
    if setting != "auto":
        return setting
    try:
        tflite_engine()
    except MissingDependencyError:
        return "pose2d"
    return "blazepose"


def missing_text(store: AssetStore, keys: Sequence[str]) -> str | None:
    """What to do where files are missing, None where none is."""
    missing = store.missing(keys)
    if not missing:
        return None
    lines = "; ".join(f"{asset.path} ({asset.text}, {asset.license}: {asset.url})" for asset in missing)
    return (
        f"FrankMocap's files are not all in {store.folder}. Missing: {lines}. "
        "Put them there, and look with: frankmocap_ros doctor"
    )


def why_not_frankmocap(config: Settings) -> str | None:
    """Why ``auto`` does not take FrankMocap, with the next step; None where it does. Loads nothing."""
    try:
        store = AssetStore(named_folder(config.assets_dir))
    except AssetError as error:
        return str(error)
    if config.hands and not config.use_smplx:
        return "hands: true needs use_smplx: true with FrankMocap"
    text = missing_text(
        store, needed(config.use_smplx, config.hands, chosen_detector(config.detector) == "pose2d")
    )
    if text is not None:
        return text
    if store.is_standin:
        return f"{store.folder} holds stand-in weights; estimator: frankmocap runs them all the same"
    # torch may be absent: what was converted and translated runs without it
    if find_spec("safetensors") is None:
        return f"FrankMocap needs safetensors; run: {install_command('torch')}"
    return None
