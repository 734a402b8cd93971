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

"""Rows as tables, for people and for ``benchmarks/RESULTS.md``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from frankmocap_ros.bench.rows import NOTHING, BenchRow, Numbers
from frankmocap_ros.errors import SourceError
from frankmocap_ros.runtime.whole_files import replace_text

_BEGIN, _END = "<!-- rows: {} -->", "<!-- end -->"
_TITLE: Final = (
    "# Results\n\nWritten by `frankmocap_ros bench --write`; what stands outside the marks is kept.\n"
)


def _number(value: float | None, digits: int = 1) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def _three(numbers: Numbers) -> list[str]:
    return [_number(numbers[name]) for name in ("p50", "p95", "p99")]


def _stages(row: BenchRow) -> str:
    """Medians of the stages in one cell."""
    return (
        ", ".join(f"{name} {_number(numbers['p50'])}" for name, numbers in row.stages_ms.items()) or NOTHING
    )


def _more(row: BenchRow) -> str:
    """Further numbers in one cell."""
    return ", ".join(f"{name} {value}" for name, value in row.more.items())


def _cells(row: BenchRow) -> list[str]:
    ratio = NOTHING if row.ratio_to_reference is None else f"{row.ratio_to_reference:.1f}"
    energy = [] if row.energy_j is None else [f"{row.energy_j:.2f} J"]
    return [
        row.name,
        f"{row.engine} {row.precision}" if row.engine != NOTHING else NOTHING,
        NOTHING if row.people is None else str(row.people),
        *_three(row.total_ms),
        _number(row.fps),
        ratio,
        _number(row.rss_mb, 0),
        _stages(row),
        "; ".join(filter(None, (_more(row), *energy))),
    ]


_HEAD: Final = (
    "row", "engine", "people", "p50 ms", "p95", "p99", "FPS", "x reference", "MB", "stages, p50 ms", "more",
)  # fmt: skip


def markdown(rows: Sequence[BenchRow]) -> str:
    """A table of rows, then a line for each that could not be measured."""
    fine = [_cells(row) for row in rows if not row.error]
    columns = [i for i in range(len(_HEAD)) if i < len(_HEAD) - 1 or any(cells[i] for cells in fine)]
    lines = []
    if fine:
        lines += [_line([_HEAD[i] for i in columns]), "|" + "---|" * len(columns)]
        lines += [_line([cells[i] for i in columns]) for cells in fine]
    failed = [f"- {row.name}: not measured: {' '.join(row.error.split())}" for row in rows if row.error]
    return "\n".join([*lines, *([""] if fine and failed else []), *failed]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def text(rows: Sequence[BenchRow]) -> str:
    """The same for a terminal: a line a row, and its stages below it."""
    width = max((len(row.name) for row in rows), default=0)
    lines = [f"{'':{width}}  {'p50':>7} {'p95':>7} {'p99':>7} ms {'FPS':>7} {'x ref':>6} {'MB':>6}  engine"]
    for row in rows:
        if row.error:
            lines.append(f"{row.name:{width}}  not measured: {row.error}")
            continue
        _, engine, _, p50, p95, p99, fps, ratio, rss, stages, more = _cells(row)
        lines.append(
            f"{row.name:{width}}  {p50:>7} {p95:>7} {p99:>7}    {fps:>7} {ratio:>6} {rss:>6}  {engine}"
        )
        lines.append(f"{'':{width}}    {stages}")
        if more:
            lines.append(f"{'':{width}}    {more}")
    return "\n".join(lines) + "\n"


def with_section(content: str, name: str, body: str) -> str:
    """A report with one section replaced; a new section is added at the end.

    Args:
        content: the report so far, empty for a new one.
        name: of the section; it stands in its begin mark.
        body: what is to stand between the marks.

    Raises:
        SourceError: a section has no end mark.
    """
    begin, filled = _BEGIN.format(name), f"{_BEGIN.format(name)}\n{body.strip()}\n{_END}"
    head, mark, rest = content.partition(begin)
    if not mark:
        start = content.rstrip() or _TITLE.rstrip()
        return f"{start}\n\n## {name[0].upper()}{name[1:]}\n\n{filled}\n"
    inside, end, tail = rest.partition(_END)
    if not end or "<!-- rows:" in inside:
        raise SourceError(f"section {name!r} of the report has no {_END}; write it where the section ends")
    return f"{head}{filled}{tail}"


def write_section(path: Path, name: str, body: str) -> None:
    """Fill one section of a report file, which is made where it is not there.

    Raises:
        SourceError: the file cannot be read or written, or a section has no end mark.
    """
    try:
        content = path.read_text(encoding="utf-8") if path.exists() else ""
        changed = with_section(content, name, body)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, changed)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"--write {path}: {error}; name a text file in a folder that can be written"
        ) from error
