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
