"""Small files that appear whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Write a text file of UTF-8 in one step: whoever reads it meanwhile gets the old one, or the new.

    Raises:
        OSError: it cannot be written; the old one is as it was.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
