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

"""The job of ``frankmocap_ros process``: the bodies in one video, folder of images, image or bag."""

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.api import ProcessedImage, processed_images, repeatable
from frankmocap_ros.batch.files import described
from frankmocap_ros.batch.job import Job, JobFile, OneInput, Tell
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.needed_files import (
    SETTINGS,
    needed_files,
    settings_places,
    settled,
    with_places,
)
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.export.body_table import BodyTable
from frankmocap_ros.export.frame_records import FORMATS, FrameRecords
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.settings.mocap import NODE_ONLY, Settings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.sources.camera_file import CameraOf, Pinhole, camera_from_file

SUFFIXES: Final = {"json": ".jsonl", "gmr": ".jsonl", "parquet": ".parquet"}
"""Of a result's name, by format."""
ASSUMED_CAMERA: Final = (
    "WARNING: a field of view of {:g} degrees is assumed, on which distances depend; name the camera's "
    "calibration: --camera-info FILE, or --fx"
)


@dataclass(frozen=True)
class BodiesOptions:
    """What to write of each input, beside the settings.

    Attributes:
        form: one of ``SUFFIXES``.
        stills: process the images of a sequence independently.
        max_frames: of each input; 0 for all.
        camera_info: file with the camera's calibration; empty for none.
        pinhole: the camera in numbers, as ``camera_file.Pinhole``; empty for none.
        image_topic: of recordings of ROS; empty for the only one.
    """

    form: str = "json"
    stills: bool = False
    max_frames: int = 0
    camera_info: str = ""
    pinhole: Sequence[Any] = ()
    image_topic: str = ""


def bodies_job(config: Settings, options: BodiesOptions, tell: Tell) -> Job:
    """The job for these settings; networks that are missing are downloaded.

    Raises:
        AssetError: a file that the estimator needs is not here.
    """
    config = settled(repeatable(config, ()))
    settings = {
        field.name: getattr(config, field.name)
        for field in fields(Settings)
        if field.name not in (*NODE_ONLY, *SETTINGS)
    }
    how = {field.name: getattr(options, field.name) for field in fields(BodiesOptions)} | {"camera_info": ""}
    places, files = settings_places(config), _files(config, tell)
    if options.camera_info:
        places["camera_info"] = str(Path(options.camera_info).absolute())
        files += described("camera_info", Path(options.camera_info))
    entry = f"{opened.__module__}:{opened.__name__}"
    return Job(
        entry,
        {"settings": settings, "options": how},
        SUFFIXES[options.form],
        tuple(files),
        1 if config.device == "cuda" else 0,
        places,
    )


def _files(config: Settings, tell: Tell) -> list[JobFile]:
    found: list[JobFile] = []
    for file in needed_files(config, tell):
        try:
            one = described(file.place, file.path)
        except OSError as error:
            raise AssetError(
                f"{printable(file.path)}: {error.strerror or error}; look with: frankmocap_ros doctor"
            ) from error
        # several files of one place keep their order below a folder of the place's name
        name = f"{file.place}/{file.name}"
        found += [JobFile(f.place, name, f.path, f.sha256) for f in one] if file.name else one
    return found


@contextlib.contextmanager
def opened(values: Mapping[str, Any], places: Mapping[str, Path], tell: Tell) -> Iterator[OneInput]:
    """A worker's estimator, which writes the bodies in an input to a file; see ``job.Job``.

    Raises:
        AssetError, EstimatorError, MissingDependencyError: the estimator cannot be made.
        CalibrationError: the file of ``camera_info`` is no calibration.
    """
    how = {**values["options"], "camera_info": str(places.get("camera_info", ""))}
    options = BodiesOptions(**how)
    config = with_places(updated(Settings(), values["settings"]), places)
    camera_of = _camera_of(options, config)
    with contextlib.closing(make_estimator(config, tell)) as estimator:
        estimator.warm_up()
        warning = estimator.capabilities.warning
        if warning:
            tell(f"WARNING: {warning}")

        def one(source: Path, result: Path, name: str) -> Mapping[str, Any]:
            named = f"{source}:{options.image_topic}" if options.image_topic else str(source)
            images = processed_images(estimator, config, [named], options.stills, camera_of)
            notes = {"frames": 0, "bodies": 0}
            with contextlib.closing(images), _written(result, source.name, options, warning) as write:
                for image in itertools.islice(images, options.max_frames or None):
                    if not (image.calibrated or notes["frames"]):
                        tell(ASSUMED_CAMERA.format(config.horizontal_fov_deg))
                    write(image)
                    notes["frames"] += 1
                    notes["bodies"] += len(image.frame.bodies)
            return notes

        yield one


def _camera_of(options: BodiesOptions, config: Settings) -> CameraOf | None:
    if options.camera_info:
        return camera_from_file(options.camera_info, rectified=config.rectified == "true")
    return Pinhole(*options.pinhole) if options.pinhole else None


@contextlib.contextmanager
def _written(
    result: Path, source: str, options: BodiesOptions, warning: str
) -> Iterator[Callable[[ProcessedImage], None]]:
    """A function that writes the next frame of one sequence."""
    if options.form in FORMATS:
        records = FrameRecords(options.form, warning)
        with result.open("w", encoding="ascii") as out:

            def line(image: ProcessedImage) -> None:
                record = records.record(image.frame, image.file)
                out.write(json.dumps(record, allow_nan=False, separators=(",", ":")) + "\n")

            yield line
        return
    records = FrameRecords("json")
    with BodyTable(result, printable(source), warning) as table:
        yield lambda image: table.write(records.record(image.frame, image.file))
