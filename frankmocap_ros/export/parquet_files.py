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

"""Parquet files by pyarrow, which an extra brings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from frankmocap_ros.runtime.installing import optional_import
from frankmocap_ros.runtime.whole_files import whole_file

if TYPE_CHECKING:
    import pyarrow as pa

METADATA_KEY: Final = "frankmocap_ros"
"""Of a schema's metadata: a JSON object with ``format`` and what else is said of the whole file."""


def require_pyarrow() -> None:
    """Raise where the package that writes tables is missing.

    Raises:
        MissingDependencyError: pyarrow is not installed.
    """
    with optional_import("pyarrow", "an export needs the package", "recordings"):
        import pyarrow.parquet  # noqa: F401


def write_parquet(table: pa.Table, path: Path, compression: Literal["zstd", "snappy"] = "zstd") -> None:
    """Write a table as Parquet, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    import pyarrow.parquet

    with whole_file(path) as part:
        pyarrow.parquet.write_table(table, part, compression=compression)
