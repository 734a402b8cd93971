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

"""The process of one row: loads, says what it is, then processes images whenever it is told to.

A row has a process for itself, so that its memory is its own and a crash is an error of this row alone.
Lines of JSON come in and go out; whatever libraries print goes to the errors' output.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from frankmocap_ros.bench.combinations import Combination
from frankmocap_ros.bench.footage import Footage
from frankmocap_ros.bench.mediapipe_package import NAME as PACKAGE
from frankmocap_ros.bench.mediapipe_package import MediaPipePackage
from frankmocap_ros.bench.players import FollowingPipelines, Player
from frankmocap_ros.bench.probes import EnergyMeter, resident_mb
from frankmocap_ros.bench.rows import Sample
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.errors import MocapError
from frankmocap_ros.export.json_records import frame_record
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.runtime.gc_control import Collector
from frankmocap_ros.runtime.malloc import keep_freed_memory
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks

_APART = 37  # images between two cameras that show the same source


@dataclass(frozen=True)
class Job:
    """What a process is for.

    Attributes:
        kind: ``reference``, ``row``, ``quantize`` or ``gpu``.
        source, width: the images.
        folder: FrankMocap's files, empty where none are named.
        combination: of a row.
        networks: of ``quantize``.
        poses: whether a ``row`` tells the poses of all images too, of one camera.
    """

    kind: str
    source: str = "auto"
    width: int = 0
    folder: str = ""
    combination: Mapping[str, Any] | None = None
    networks: tuple[str, ...] = ()
    poses: bool = False

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def of(text: str) -> "Job":
        """From JSON."""
        return Job(**json.loads(text))


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _player(job: Job) -> tuple[Player, int]:
    """What is to run, and how many cameras it takes."""
    if job.kind == "reference":
        from frankmocap_ros.assets.store import named_folder
        from frankmocap_ros.bench.reference import Reference

        return Reference(named_folder(job.folder)), 1
    assert job.combination is not None
    combination = Combination(**job.combination)
    if combination.estimator == PACKAGE:
        return MediaPipePackage(), 1
    return FollowingPipelines(combination, _tell), combination.cameras


@dataclass
class _Turns:
    """What is done in the turns of a player.

    Attributes:
        player: processes the images.
        footages: of each camera.
        poses: whether the first camera's frames are told too, as records.
    """

    player: Player
    footages: list[Footage]
    poses: bool

    def turn(self, settle: int, count: int) -> dict[str, Any]:
        """Process images; the first of them only settle caches and threads, and do not count."""
        instants = list(zip(*(footage.read(settle + count) for footage in self.footages), strict=True))
        frames: list[Frame] = []
        for camera_images in instants[:settle]:
            self._process(camera_images, frames)
        energy = EnergyMeter()
        energy.start()
        samples = [self._process(camera_images, frames) for camera_images in instants[settle:]]
        spent = energy.joules()
        rss_mb = resident_mb(self.player.pid)
        if rss_mb is not None and self.player.pid is None:  # the images are read ahead, into this process
            rss_mb -= sum(image.bitmap.pixels.nbytes for images in instants for image in images) / 2**20
        self.player.rest()
        found = {"samples": [asdict(sample) for sample in samples], "energy_j": spent, "rss_mb": rss_mb}
        return {**found, "records": [frame_record(frame) for frame in frames]}

    def _process(self, camera_images: Sequence[CameraImage], frames: list[Frame]) -> Sample:
        sample = self.player.process(camera_images)
        if self.poses:  # as with a camera that leaves time for a search between two images
            frames += self.player.frames[:1]
            self.player.rest()
        return sample


def _play(job: Job, send: Callable[[Mapping[str, Any]], None]) -> None:
    """Serve turns until nobody asks any more."""
    if job.kind == "row":  # as the node does; the reference runs with the defaults of Python, glibc and torch
        keep_freed_memory()
        leave_cores_to_networks()
    player, cameras = _player(job)
    footages = [Footage(job.source, job.width, _APART * i) for i in range(cameras)]
    Collector().start()
    ran = {"estimator": player.estimator, "engine": player.engine, "precision": player.precision}
    send({**ran, "more": dict(player.more)})
    turns = _Turns(player, footages, job.poses)
    for line in sys.stdin:
        send(turns.turn(**json.loads(line)))
    player.close()


def _quantize(job: Job, send: Callable[[Mapping[str, Any]], None]) -> None:
    """Quantize networks by the source's images where that was not done before."""
    from frankmocap_ros.assets.store import AssetStore, named_folder
    from frankmocap_ros.estimators.frankmocap.int8_calibration import quantize_networks
    from frankmocap_ros.settings.camera import CameraSettings
    from frankmocap_ros.sources import open_source

    images = open_source(CameraSettings(source=job.source, loop=False), moving=False)
    outcomes = quantize_networks(AssetStore(named_folder(job.folder)), images, _tell, list(job.networks))
    send({"texts": [outcome.text for outcome in outcomes]})


def _gpu(job: Job, send: Callable[[Mapping[str, Any]], None]) -> None:
    """The body regressor alone on a GPU."""
    from frankmocap_ros.assets.store import AssetStore, named_folder
    from frankmocap_ros.bench.gpu import gpu_rows, no_gpu

    reason = no_gpu()
    rows = [] if reason else gpu_rows(AssetStore(Path(named_folder(job.folder))), _tell)
    send({"rows": [vars(row) for row in rows], "absent": reason})


_KINDS: dict[str, Callable[[Job, Callable[[Mapping[str, Any]], None]], None]] = {
    "reference": _play, "row": _play, "quantize": _quantize, "gpu": _gpu,
}  # fmt: skip


def main(text: str) -> int:
    """Do the job; returns the exit code."""
    out: IO[str] = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(answer: Mapping[str, Any]) -> None:
        out.write(json.dumps(answer) + "\n")
        out.flush()

    job = Job.of(text)
    try:
        _KINDS[job.kind](job, send)
    except BrokenPipeError:  # whoever asked has gone
        return 1
    except MocapError as error:
        send({"error": str(error)})
        return 1
    except Exception as error:  # whatever a library does, it is one row's error
        send({"error": f"{type(error).__name__}: {error}"})
        return 1
    return 0
