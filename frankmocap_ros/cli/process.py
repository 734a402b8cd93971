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

"""``frankmocap_ros process``: a video or images in, one JSON object a frame out. Needs no ROS."""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Sequence

from tqdm import tqdm

from frankmocap_ros.api import processed_images, repeatable
from frankmocap_ros.batch.bodies import ASSUMED_CAMERA, BodiesOptions, bodies_job
from frankmocap_ros.batch.bodies import SUFFIXES as RESULT_SUFFIXES
from frankmocap_ros.batch.inputs import Kind
from frankmocap_ros.cli.batch import (
    EXIT_CODES,
    Batch,
    BatchFlags,
    add_batch_flags,
    batch_flags,
    batch_inputs,
)
from frankmocap_ros.cli.ending import INTERRUPTED
from frankmocap_ros.cli.lines import LineWriter, line_writer
from frankmocap_ros.errors import SettingError
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.export.frame_records import FrameRecords
from frankmocap_ros.runtime.malloc import keep_freed_memory
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks
from frankmocap_ros.settings.mocap import NODE_ONLY, Settings
from frankmocap_ros.settings.schema import add_flags, from_flags, updated
from frankmocap_ros.sources import is_still
from frankmocap_ros.sources.camera_file import CameraOf, Pinhole, camera_from_file
from frankmocap_ros.sources.recorded import RECORDED, is_one_sequence, is_recorded_file

_NAME = "frankmocap_ros process"
_SOURCES = Kind(is_recorded_file, is_one_sequence, RECORDED)
_STILLS_SHORT_PX = 1024  # nobody waits for independent images: look for people in all of their pixels


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros process",
        description="Write one JSON object per frame: bodies with positions, rotations, states, pixels and "
        "arm angles. A video or a folder of images is processed as one sequence. Image files named one by "
        "one are processed independently, by default with --resize-short 1024.",
        epilog="Exit codes: 0 success, 1 no body in any frame, 2 cannot run or cannot write, 130 interrupted "
        f"(SIGINT, Ctrl-C). The output consists of complete lines in every case. {EXIT_CODES}",
    )
    parser.add_argument(
        "sources",
        metavar="source",
        nargs="+",
        help="video, rosbag2 folder or .mcap, folder of images, image files, /dev/videoN, or synthetic",
    )
    parser.add_argument("--out", metavar="FILE", help="output file (default: standard output)")
    parser.add_argument(
        "--stills",
        action="store_true",
        help="process the images of a folder or video independently",
    )
    parser.add_argument(
        "--format",
        choices=tuple(RESULT_SUFFIXES),
        default="json",
        help="json: all bodies, in the camera's optical frame. gmr: input of General Motion Retargeting for "
        "SMPL-X: time_s, id, and the operator's joints as name -> [[x, y, z], [w, x, y, z]]: position [m] "
        "and global rotation, scalar first, in the frame of a level camera (x forward, y left, z up). joints "
        "is {} in frames without an operator. parquet: with --out-dir, the fields of json as columns, one "
        "row for each body",
    )
    parser.add_argument(
        "--image-topic",
        metavar="TOPIC",
        help="topic of the images in a bag that has several (as the source BAG:/TOPIC)",
    )
    parser.add_argument(
        "--max-frames", type=int, metavar="N", help="maximum number of frames; with --out-dir, of each input"
    )
    camera = parser.add_argument_group(
        "camera", "of the images; without it a field of view is assumed (--horizontal-fov-deg)"
    )
    camera.add_argument(
        "--camera-info",
        metavar="FILE",
        help="its calibration: YAML as camera_calibration writes it, or JSON or YAML with the fields of "
        "sensor_msgs/CameraInfo. K and the distortion hold; with --rectified true, P",
    )
    for name, text in (
        ("fx", "focal length"),
        ("fy", "focal length down the image (default: --fx)"),
        ("cx", "column of the principal point (default: the image's middle)"),
        ("cy", "row of the principal point (default: the image's middle)"),
    ):
        camera.add_argument(f"--{name}", type=float, metavar="PX", help=f"{text} [px]")
    add_batch_flags(parser)
    add_flags(parser, Settings, leave_out=NODE_ONLY)
    return parser


def _camera_of(arguments: argparse.Namespace, config: Settings) -> CameraOf | None:
    """The camera that the user names; None for none.

    Raises:
        CalibrationError: the file is no calibration.
        SettingError: flags exclude each other, or one is missing.
    """
    given = [f"--{name}" for name in ("fx", "fy", "cx", "cy") if getattr(arguments, name) is not None]
    if arguments.camera_info is not None:
        if given:
            raise SettingError(f"--camera-info and {', '.join(given)} exclude each other; leave one out")
        return camera_from_file(arguments.camera_info, rectified=config.rectified == "true")
    if given and arguments.fx is None:
        raise SettingError(f"{', '.join(given)}: the focal length is missing; add --fx")
    if not given:
        return None
    return Pinhole(arguments.fx, arguments.fy, arguments.cx, arguments.cy)


def _tell(text: str) -> None:
    """Print to standard error, separate from the records."""
    print(f"{_NAME}: {text}", file=sys.stderr)


def main(args: Sequence[str]) -> int:
    """Run the command; exit code 0, 1 if no body was found in any frame, 130 if it is interrupted."""
    keep_freed_memory()
    leave_cores_to_networks()
    arguments = _parser().parse_args(args)
    flags = batch_flags(arguments)
    if arguments.image_topic is not None and flags is None:
        arguments.sources = [f"{source}:{arguments.image_topic}" for source in arguments.sources]
    config = from_flags(Settings, arguments)
    if "resize_short" not in vars(arguments) and (arguments.stills or all(map(is_still, arguments.sources))):
        config = updated(config, {"resize_short": _STILLS_SHORT_PX})
    if arguments.format == "gmr" and config.target_frame:
        raise SettingError("--format gmr is in the frame of a level camera; leave --target-frame out")
    config = repeatable(config, arguments.sources)
    camera_of = _camera_of(arguments, config)
    if flags is not None:
        return _batch(arguments, config, flags)
    if arguments.format == "parquet":
        raise SettingError("--format parquet is for many inputs: add --out-dir DIR for their results")
    with line_writer(arguments.out) as out:
        try:
            bodies = _write_records(arguments, config, camera_of, out)
        except KeyboardInterrupt:
            _tell(f"interrupted after {out.count} frames, all of them written")
            return INTERRUPTED
    return 0 if bodies else 1


def _batch(arguments: argparse.Namespace, config: Settings, flags: BatchFlags) -> int:
    """Each source to one file of a folder; the exit code."""
    if arguments.out is not None:
        raise SettingError("--out and --out-dir exclude each other; leave one out")
    pinhole = tuple(getattr(arguments, name) for name in ("fx", "fy", "cx", "cy"))
    options = BodiesOptions(
        arguments.format,
        arguments.stills,
        arguments.max_frames or 0,
        arguments.camera_info or "",
        pinhole if arguments.fx is not None else (),
        arguments.image_topic or "",
    )
    inputs = batch_inputs(arguments.sources, _SOURCES, flags)
    batch = Batch(_NAME, flags)
    code, entries = batch.main(bodies_job(config, options, batch.tell), inputs)
    return code or (0 if any(entry.notes.get("bodies") for entry in entries) else 1)


def _write_records(
    arguments: argparse.Namespace, config: Settings, camera_of: CameraOf | None, out: LineWriter
) -> int:
    """Write a record for each frame; returns the number of bodies in all of them."""
    bodies = 0
    with contextlib.closing(make_estimator(config, _tell)) as estimator:
        estimator.warm_up()
        warning = estimator.capabilities.warning
        if warning:
            _tell(f"WARNING: {warning}")
        records = FrameRecords(arguments.format, warning)
        start_s = time.perf_counter()
        images = processed_images(estimator, config, arguments.sources, arguments.stills, camera_of)
        assumed = False
        with contextlib.closing(images), tqdm(unit=" frames", leave=False, disable=None) as bar:
            for image in images:
                if image.total and bar.total is None:
                    bar.reset(image.total)
                if not (image.calibrated or assumed):
                    assumed = True
                    text = ASSUMED_CAMERA.format(config.horizontal_fov_deg)
                    bar.write(f"{_NAME}: {text}", file=sys.stderr)
                record = records.record(image.frame, image.file)
                out.write(json.dumps(record, allow_nan=False, separators=(",", ":")))
                bodies += len(image.frame.bodies)
                bar.update()
                if out.count == arguments.max_frames:
                    break
        rate = out.count / max(time.perf_counter() - start_s, 1e-9)
        print(f"{out.count} frames, {bodies} bodies, {rate:.1f} FPS", file=sys.stderr)
    return bodies
