"""``frankmocap_ros process``: a video or images in, one JSON object a frame out. Needs no ROS."""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

from frankmocap_ros.body.arm_angles import ArmAngles
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.cli.ending import INTERRUPTED
from frankmocap_ros.cli.lines import line_writer
from frankmocap_ros.errors import SourceError
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.export.gmr import gmr_record
from frankmocap_ros.export.json_records import frame_record
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.malloc import keep_freed_memory
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import add_flags, from_flags, updated
from frankmocap_ros.sources import Source, is_still, open_source
from frankmocap_ros.tracking.pipeline import Pipeline

_ROS_ONLY = (
    "image_transport", "max_image_age_s", "joint_topics", "autostart",
    "diagnostics_period_s", "latency_budget_ms", "adapt", "image_topics", "source", "source_width",
    "source_rate_hz", "source_frame_id", "rectified", "stamps",
)  # fmt: skip

_STILLS_SHORT_PX = 1024  # nobody waits for independent images: look for people in all of their pixels


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros process",
        description="Write one JSON object a frame: bodies with positions, rotations, states, pixels and arm "
        "angles. A video or a folder of images is a sequence of one camera; image files named one by one are "
        "independent of each other, and searched at --resize-short 1024 unless told otherwise.",
        epilog="Exit code: 0 fine; 1 nobody was found in any frame; 2 cannot run, or cannot write; 130 "
        "interrupted (SIGINT, Ctrl-C). Whatever ends it, the output holds whole lines.",
    )
    parser.add_argument(
        "sources",
        metavar="source",
        nargs="+",
        help="a video, a folder of images, image files, /dev/videoN, or synthetic",
    )
    parser.add_argument("--out", metavar="FILE", help="write here instead of standard output")
    parser.add_argument(
        "--stills",
        action="store_true",
        help="take the images of a folder or video as independent of each other",
    )
    parser.add_argument(
        "--format",
        choices=("json", "gmr"),
        default="json",
        help="json: everything about everybody, in the camera's optical frame. gmr: what General Motion "
        "Retargeting takes for SMPL-X: time_s, id, and joints of the operator as name -> [[x, y, z], "
        "[w, x, y, z]], position [m] and global rotation, scalar first, z up: the frame of a level camera "
        "(x forward, y left), which is the origin; joints is {} where nobody is",
    )
    parser.add_argument("--max-frames", type=int, metavar="N", help="stop after so many frames")
    add_flags(parser, Settings, leave_out=_ROS_ONLY)
    return parser


def _tell(text: str) -> None:
    """To people, apart from the records."""
    print(f"frankmocap_ros process: {text}", file=sys.stderr)


def _images(paths: Sequence[str]) -> Iterator[tuple[Source, bool]]:
    """Each source with whether it is a still."""
    for path in paths:
        still = is_still(path)
        if len(paths) > 1 and not still:
            raise SourceError(
                f"{printable(path)}: several sources must all be image files; name one video or folder alone"
            )
        yield open_source(CameraSettings(source=path, loop=False), moving=False), still


@dataclass(frozen=True)
class _Done:
    """One frame.

    Attributes:
        record: what is written.
        bodies: how many people are in it.
        total: number of frames that are to come in all, 0 where that is not known.
    """

    record: dict[str, Any]
    bodies: int
    total: int


def _record_maker(form: str) -> Callable[[Frame], dict[str, Any]]:
    """What makes the records of one sequence of frames."""
    if form == "gmr":
        return gmr_record
    arms = ArmAngles()
    return lambda frame: frame_record(frame, arms)


def _records(arguments: argparse.Namespace, config: Settings) -> Generator[_Done, None, None]:
    """Records of all frames."""
    sources = list(arguments.sources)
    record_of = _record_maker(arguments.format)
    estimator = make_estimator(config, _tell)
    with contextlib.closing(estimator):
        estimator.warm_up()
        warning = estimator.capabilities.warning
        notes = {"warning": warning} if warning else {}  # for the next record
        if warning:
            _tell(f"WARNING: {warning}")
        pipeline = Pipeline(estimator, config, time.perf_counter)
        read = 0
        for source, still in _images(sources):
            with contextlib.closing(source):
                while (image := source.read()) is not None:
                    read += 1
                    if (read - 1) % config.process_every_n:
                        continue
                    if still or arguments.stills:
                        pipeline.reset()
                    frame = pipeline.process(CameraImage(Bitmap(image.pixels), image.time_s, source.camera))
                    record = record_of(replace(frame, index=read - 1))
                    if image.name:
                        notes["file"] = image.name
                    if arguments.format == "json":
                        record |= notes
                    notes = {}
                    yield _Done(record, len(frame.bodies), len(sources) if still else source.frames)


def main(args: Sequence[str]) -> int:
    """Run the command; exit code 0, 1 where no body was found in any frame, 130 where it is interrupted."""
    keep_freed_memory()
    leave_cores_to_networks()
    arguments = _parser().parse_args(args)
    config = from_flags(Settings, arguments)
    if "resize_short" not in vars(arguments) and (arguments.stills or all(map(is_still, arguments.sources))):
        config = updated(config, {"resize_short": _STILLS_SHORT_PX})
    bodies = 0
    with line_writer(arguments.out) as out, contextlib.closing(_records(arguments, config)) as records:
        progress = _Progress(sys.stderr)
        try:
            for done in records:
                out.write(json.dumps(done.record, allow_nan=False, separators=(",", ":")))
                bodies += done.bodies
                progress.show(out.count, done.total)
                if out.count == arguments.max_frames:
                    break
        except KeyboardInterrupt:
            _tell(f"interrupted after {out.count} frames, which are written")
            return INTERRUPTED
        progress.end(out.count, bodies)
    return 0 if bodies else 1


class _Progress:
    """A progress bar where a person looks, nothing elsewhere."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._shown_s = 0.0
        self._start_s = time.perf_counter()

    def show(self, frames: int, total: int) -> None:
        """Draw the bar, ten times a second at most."""
        now_s = time.perf_counter()
        if not self._stream.isatty() or now_s - self._shown_s < 0.1:
            return
        self._shown_s = now_s
        rate = frames / (now_s - self._start_s)
        filled = min(30, 30 * frames // total) if total else 0
        bar = f"[{'#' * filled:<30}] {frames}/{total}" if total else f"{frames} frames"
        self._stream.write(f"\r{bar}  {rate:.1f} FPS")
        self._stream.flush()

    def end(self, frames: int, bodies: int) -> None:
        """Sum up."""
        seconds = time.perf_counter() - self._start_s
        if self._stream.isatty():
            self._stream.write("\r\033[K")
        self._stream.write(f"{frames} frames, {bodies} bodies, {frames / max(seconds, 1e-9):.1f} FPS\n")
