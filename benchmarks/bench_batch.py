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

"""Many clips by one process, by a pool and on Ray, in one run; and Ray's job killed in the middle.

Cuts clips out of a video, each of other frames, because copies of the same content are done once; two broken
files are among them. Frames per second are counted with and without the start of the workers; memory is that
of all processes together (proportional set size), at its highest and after each quarter of the inputs.

Run: ``python benchmarks/bench_batch.py [VIDEO] [--clips 40] [--seconds 2] [--workers 2]``
"""

import argparse
import contextlib
import itertools
import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import psutil

COMMAND = ("-c", "import sys; from frankmocap_ros.cli.main import main; sys.exit(main())", "process")
BROKEN = 2
SOME_FAILED = 3


def cut(video: str, folder: Path, clips: int, seconds: float) -> int:
    """Write the clips; returns how many frames each has."""
    capture = cv2.VideoCapture(video)
    rate_hz, total = capture.get(cv2.CAP_PROP_FPS), int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    size = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    frames = max(1, min(round(seconds * rate_hz), total // 2))
    step = max(1, (total - frames) // max(1, clips - 1))
    for number in range(clips):
        capture.set(cv2.CAP_PROP_POS_FRAMES, number * step)
        out = cv2.VideoWriter(
            str(folder / f"clip{number}.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), rate_hz, size
        )
        for _ in range(frames):
            out.write(capture.read()[1])
        out.release()
    (folder / "broken_cut.mp4").write_bytes((folder / "clip0.mp4").read_bytes()[:20_000])
    (folder / "broken_empty.mp4").touch()
    return frames


@dataclass
class Measured:
    """What was seen of one run.

    Attributes:
        code: exit code.
        times_s: since the start, at which each input was finished [s].
        memory_mb: of all processes together, over time: pairs of time [s] and size [MB].
        err: what it printed.
        ended_s: how long it took [s].
    """

    code: int = 0
    times_s: list[float] = field(default_factory=list)
    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    err: str = ""
    ended_s: float = 0.0


def tree_mb(process: psutil.Process) -> float:
    """Memory of a process and all below it [MB]; shared pages count once in all."""
    found = 0
    with contextlib.suppress(psutil.Error):
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                found += one.memory_full_info().pss
    return found / 1e6


def lines_of(out: Path) -> int:
    journal = out / "_journal.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def run(folder: Path, out: Path, flags: list[str], kill_after: int | None = None) -> Measured:
    """Run the command and watch it; ``kill_after`` so many inputs are finished it is killed."""
    found, start_s, before = Measured(), time.perf_counter(), lines_of(out)
    with tempfile.TemporaryFile("w+") as err:
        command = [sys.executable, *COMMAND, str(folder), "--out-dir", str(out), *flags]
        process = subprocess.Popen(command, stderr=err, cwd=out.parent)
        watched = psutil.Process(process.pid)
        below: list[psutil.Process] = []
        while process.poll() is None:
            time.sleep(0.2)
            now_s = time.perf_counter() - start_s
            found.memory_mb.append((now_s, tree_mb(watched)))
            done = lines_of(out) - before
            found.times_s += [now_s] * (done - len(found.times_s))
            with contextlib.suppress(psutil.Error):
                below = watched.children(recursive=True)
            if kill_after is not None and done >= kill_after:
                process.send_signal(signal.SIGKILL)
        found.ended_s = time.perf_counter() - start_s
        found.code = process.wait()
        err.seek(0)
        found.err = err.read()
    left = psutil.wait_procs(below, timeout=30.0)[1]
    if left:
        print(f"  still running: {[one.name() for one in left]}")
    return found


def report(name: str, found: Measured, frames: int) -> None:
    """One line: frames per second, memory."""
    steady = [b - a for a, b in itertools.pairwise(found.times_s[BROKEN:])]
    rate = frames * (len(found.times_s) - BROKEN) / found.ended_s
    warm = frames * len(steady) / max(sum(steady), 1e-9)
    quarters = []
    for part in (0.25, 0.5, 0.75, 1.0):
        at_s = found.times_s[max(0, round(part * len(found.times_s)) - 1)]
        quarters.append(max((mb for t, mb in found.memory_mb if at_s - 3.0 <= t <= at_s), default=0.0))
    peak = max(mb for _, mb in found.memory_mb)
    print(
        f"{name:22s} {rate:6.1f} FPS in all, {warm:6.1f} FPS once it runs, {found.ended_s:6.1f} s; memory "
        f"{peak:5.0f} MB at most, {' '.join(f'{mb:.0f}' for mb in quarters)} MB by quarters",
        flush=True,
    )


def check(out: Path, clips: int) -> None:
    """Refuse what is not as it should be: all done or listed."""
    entries = [json.loads(line) for line in (out / "_journal.jsonl").read_text().splitlines()]
    done = {entry["input"] for entry in entries if entry["result"]}
    failed = {entry["input"] for entry in entries if entry["reason"]}
    assert len(done) == clips, f"{len(done)} of {clips} done"
    assert len(failed) == BROKEN, f"{len(failed)} of {BROKEN} broken files listed"
    assert not list(out.glob(".partial-*")), "something unfinished is left"


def main() -> None:
    """Print a line a way, and what came of the killed job."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", nargs="?", default="../shared/data/taiji.mp4")
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    many = ["--workers", str(arguments.workers)]
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top, "clips")
        folder.mkdir()
        frames = cut(arguments.video, folder, arguments.clips, arguments.seconds)
        print(f"{arguments.clips} clips of {frames} frames and {BROKEN} broken files", flush=True)
        ways = {"one process": ["--workers", "1"], "pool": many, "Ray": ["--ray", *many]}
        for name, flags in ways.items():
            out = Path(top, f"out {name}")
            found = run(folder, out, flags)
            assert found.code == SOME_FAILED, found.err
            report(name, found, frames)
            check(out, arguments.clips)
        out = Path(top, "out killed")
        killed = run(folder, out, ["--ray", *many], kill_after=arguments.clips // 2)
        first = lines_of(out)
        again = run(folder, out, ["--ray", *many])
        assert (killed.code, again.code) == (-signal.SIGKILL, SOME_FAILED), again.err
        check(out, arguments.clips)
        entries = [json.loads(line) for line in (out / "_journal.jsonl").read_text().splitlines()]
        twice = len([e for e in entries if e["result"]]) - len({e["input"] for e in entries if e["result"]})
        print(
            f"Ray, killed after {first} of {arguments.clips + BROKEN} inputs and started again: "
            f"{lines_of(out) - first} done then, {twice} of them twice"
        )


if __name__ == "__main__":
    main()
