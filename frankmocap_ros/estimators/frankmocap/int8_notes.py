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

"""What was written down of quantized networks; nothing is loaded to read it, not even NumPy."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.assets.layout import needed
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.body.joint_error import JointError
from frankmocap_ros.engines.kept import int8_of

_VERSION: Final = "2"  # of the graphs in ``trunks.py``; a change makes every file again
# Which files each network needs here; a hand is looked for where SMPL-X's body has it.
NETWORKS: Final = {
    "body_smpl": needed(use_smplx=False),
    "body_smplx": needed(use_smplx=True),
    "hand": needed(use_smplx=True, hands=True),
}


def networks_here(store: AssetStore) -> list[str]:
    """The networks whose files are all there."""
    return [key for key, files in NETWORKS.items() if not store.missing(files)]


def weights_key(kind: str, digest: str) -> str:
    """Name of a trunk.

    Args:
        kind: body or hand: which graph it is.
        digest: of the file that holds its weights.
    """
    return hashlib.sha256(f"{kind} {_VERSION} {digest}".encode()).hexdigest()


def error_text(notes: Mapping[str, Any]) -> str:
    """The error that was written down when a network was quantized, to follow other words."""
    try:
        return f" ({JointError(**notes['joints']).text})"
    except (KeyError, TypeError, ValueError):
        return ""


def notes_of(store: AssetStore, key: str, cache: Path) -> dict[str, Any] | None:
    """What was written down when these very weights were quantized; None where they were not.

    Args:
        store: with the network's files.
        key: one of ``NETWORKS``.
        cache: folder of what engines keep.
    """
    digest = store.digest(key)
    if digest is None:
        return None
    return int8_of(weights_key("hand" if key == "hand" else "body", digest), cache).notes()
