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

"""Files that appear whole or not at all."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file to write beside ``path``, whose place it takes in one step when the block ends.

    Whoever reads ``path`` meanwhile gets the old one, or the new; several processes may write it at once.
    Where anything is raised, the old one is as it was and nothing else is left.

    Raises:
        OSError: it cannot take the other one's place.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def replace_text(path: Path, text: str) -> None:
    """Write a text file of UTF-8 in one step.

    Raises:
        OSError: it cannot be written; the old one is as it was.
    """
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
