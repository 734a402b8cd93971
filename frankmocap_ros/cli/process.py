"""``frankmocap_ros process``: a video or images in, one JSON object a frame out. Needs no ROS."""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from tqdm import tqdm

from frankmocap_ros.api import processed_images, repeatable
from frankmocap_ros.body.arm_angles import ArmAngles
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.cli.ending import INTERRUPTED
from frankmocap_ros.cli.lines import LineWriter, line_writer
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.export.gmr import gmr_record
from frankmocap_ros.export.json_records import frame_record
from frankmocap_ros.runtime.malloc import keep_freed_memory
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import add_flags, from_flags, updated
from frankmocap_ros.sources import is_still

_ROS_ONLY = (
    "image_transport", "max_image_age_s", "joint_topics", "autostart",
    "diagnostics_period_s", "latency_budget_ms", "adapt", "image_topics", "source", "source_width",
    "source_rate_hz", "source_frame_id", "rectified", "stamps",
)  # fmt: skip

_STILLS_SHORT_PX = 1024  # nobody waits for independent images: look for people in all of their pixels


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros process",
        description="Write one JSON object per frame: bodies with positions, rotations, states, pixels and "
        "arm angles. A video or a folder of images is processed as one sequence. Image files named one by "
        "one are processed independently, by default with --resize-short 1024.",
        epilog="Exit codes: 0 success, 1 no body in any frame, 2 cannot run or cannot write, 130 interrupted "
        "(SIGINT, Ctrl-C). The output consists of complete lines in every case.",
    )
    parser.add_argument(
        "sources",
        metavar="source",
        nargs="+",
        help="video, folder of images, image files, /dev/videoN, or synthetic",
    )
    parser.add_argument("--out", metavar="FILE", help="output file (default: standard output)")
    parser.add_argument(
        "--stills",
        action="store_true",
        help="process the images of a folder or video independently",
    )
    parser.add_argument(
        "--format",
        choices=("json", "gmr"),
        default="json",
        help="json: all bodies, in the camera's optical frame. gmr: input of General Motion Retargeting for "
        "SMPL-X: time_s, id, and the operator's joints as name -> [[x, y, z], [w, x, y, z]]: position [m] "
        "and global rotation, scalar first, in the frame of a level camera (x forward, y left, z up). joints "
        "is {} in frames without an operator",
    )
    parser.add_argument("--max-frames", type=int, metavar="N", help="maximum number of frames")
    add_flags(parser, Settings, leave_out=_ROS_ONLY)
    return parser


def _tell(text: str) -> None:
    """Print to standard error, separate from the records."""
    print(f"frankmocap_ros process: {text}", file=sys.stderr)


def _record_maker(form: str) -> Callable[[Frame], dict[str, Any]]:
    """The function that turns the frames of one sequence into records."""
    if form == "gmr":
        return gmr_record
    arms = ArmAngles()
    return lambda frame: frame_record(frame, arms)


def main(args: Sequence[str]) -> int:
    """Run the command; exit code 0, 1 if no body was found in any frame, 130 if it is interrupted."""
    keep_freed_memory()
    leave_cores_to_networks()
    arguments = _parser().parse_args(args)
    config = from_flags(Settings, arguments)
    if "resize_short" not in vars(arguments) and (arguments.stills or all(map(is_still, arguments.sources))):
        config = updated(config, {"resize_short": _STILLS_SHORT_PX})
    config = repeatable(config, arguments.sources)
    with line_writer(arguments.out) as out:
        try:
            bodies = _write_records(arguments, config, out)
        except KeyboardInterrupt:
            _tell(f"interrupted after {out.count} frames, all of them written")
            return INTERRUPTED
    return 0 if bodies else 1


def _write_records(arguments: argparse.Namespace, config: Settings, out: LineWriter) -> int:
    """Write a record for each frame; returns the number of bodies in all of them."""
    record_of = _record_maker(arguments.format)
    bodies = 0
    with contextlib.closing(make_estimator(config, _tell)) as estimator:
        estimator.warm_up()
        warning = estimator.capabilities.warning
        if warning:
            _tell(f"WARNING: {warning}")
        start_s = time.perf_counter()
        images = processed_images(estimator, config, arguments.sources, arguments.stills)
        with contextlib.closing(images), tqdm(unit=" frames", leave=False, disable=None) as bar:
            for image in images:
                if image.total and bar.total is None:
                    bar.reset(image.total)
                record = record_of(image.frame)
                if arguments.format == "json":
                    record |= {"warning": warning} if warning and not out.count else {}
                    record |= {"file": image.file} if image.file else {}
                out.write(json.dumps(record, allow_nan=False, separators=(",", ":")))
                bodies += len(image.frame.bodies)
                bar.update()
                if out.count == arguments.max_frames:
                    break
        rate = out.count / max(time.perf_counter() - start_s, 1e-9)
        print(f"{out.count} frames, {bodies} bodies, {rate:.1f} FPS", file=sys.stderr)
    return bodies
