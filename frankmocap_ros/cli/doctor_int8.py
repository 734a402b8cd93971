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

"""What ``frankmocap_ros doctor`` says of quantized networks; it quantizes and converts nothing."""

import shlex
from pathlib import Path
from typing import Any

from frankmocap_ros.assets.report import Check
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.engines.kept import engines_folder
from frankmocap_ros.estimators.frankmocap.int8_notes import error_text, networks_here, notes_of


def _text(key: str, notes: dict[str, Any] | None) -> str:
    return f"{key} not quantized" if notes is None else f"{key} quantized{error_text(notes)}"


def int8_checks(folder: Path | None) -> list[Check]:
    """A line that tells which networks are quantized; none where no network's files are there.

    Args:
        folder: FrankMocap's ``extra_data``; None where none is named.
    """
    store = AssetStore(folder) if folder is not None else None
    keys = networks_here(store) if store is not None else []
    if store is None or not keys:
        return []
    cache = engines_folder()
    found = {key: notes for key in keys if (notes := notes_of(store, key, cache)) is not None}
    parts = [_text(key, found.get(key)) for key in keys]
    text = "; ".join(parts)
    if len(found) < len(keys):
        text += (
            "; quantized networks are faster on a CPU: frankmocap_ros convert --int8 "
            f"--assets {shlex.quote(str(folder))} --calibration VIDEO"
        )
    return [Check("int8", "ok", text, "", {"quantized": found})]
