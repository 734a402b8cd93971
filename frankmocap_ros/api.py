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

"""Plain Python, without ROS: the frames of a video, and FrankMocap as one call a frame.

With the estimator that ``auto`` takes::

    for frame in process("walk.mp4"):
        print(frame.time_s, [body.id for body in frame.bodies])

With FrankMocap, and results as dictionaries::

    frank = FrankMocapWrapper(assets="~/extra_data")
    for result in VideoProcessorTrack(frank)("walk.mp4"):
        print(result["inference_ms"], result["bodies"])
"""

import contextlib
import logging
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.model_files import best_variant_here
from frankmocap_ros.assets.store import named_folder
from frankmocap_ros.body.arm_angles import ArmAngles
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.errors import ImageError, SettingError, SourceError
from frankmocap_ros.estimators.base import Estimator
from frankmocap_ros.estimators.frankmocap.estimator import FrankMocapEstimator, FrankMocapOptions
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.export.json_records import frame_record
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.snapshot import DROP_OUT_OF_ORDER
from frankmocap_ros.runtime.stamp_order import Arrival, StampOrder
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.sources import is_still, is_webcam, open_source
from frankmocap_ros.sources.camera_file import CameraOf
from frankmocap_ros.sources.placements import Placements
from frankmocap_ros.tracking.pipeline import Pipeline

_LOG = logging.getLogger(__name__)


class FrankMocapWrapper:
    """Everybody in the images of one camera.

    Args:
        device: auto, cpu or cuda.
        use_smplx: with SMPL-X instead of SMPL.
        fast_mode: without fingers. False estimates them where ``use_smplx`` is set; SMPL has none.
        optimize_for_realtime: the fastest engine and numbers that the machine has, half precision and
            ``torch.compile`` on CUDA among them; the log says what was measured and chosen. False runs torch
            in float32.
        track_bbox: take boxes from the previous image between detections.
        assets: FrankMocap's ``extra_data``; None takes the environment variable FRANKMOCAP_ASSETS_DIR.
        vertices: give vertices and 49 joints too, which takes more time.
        settings: any other setting of the node that concerns the pipeline, such as ``max_people=2``.

    Raises:
        AssetError: a file is missing or damaged.
        EstimatorError: what is asked for is not there.
        MissingDependencyError: torch is not installed.
        SettingError: a setting's name or value is wrong.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one keyword a choice, as in the guide
        self,
        device: str = "auto",
        use_smplx: bool = False,
        fast_mode: bool = True,
        optimize_for_realtime: bool = True,
        track_bbox: bool = True,
        assets: str | Path | None = None,
        vertices: bool = False,
        **settings: Any,
    ) -> None:
        folder = named_folder(str(assets or ""))
        named = {
            "estimator": "frankmocap", "device": device, "use_smplx": use_smplx, "track_bbox": track_bbox,
            "hands": use_smplx and not fast_mode, "assets_dir": str(folder),
        }  # fmt: skip
        twice = sorted(named.keys() & settings.keys())
        if twice:
            raise SettingError(f"{', '.join(twice)}: set by the wrapper's own arguments; remove it")
        if not optimize_for_realtime:
            settings = {"engine": "torch", "precision": "fp32", **settings}
        config = updated(Settings(), {**named, **settings})
        options = FrankMocapOptions.of(config, folder)
        self._estimator = FrankMocapEstimator(options, _LOG.info)
        self._estimator.warm_up()
        _LOG.info("frankmocap runs on %s", self._estimator.capabilities.device)
        self.warning = self._estimator.capabilities.warning
        if self.warning:
            _LOG.warning(self.warning)
        self._vertices = vertices
        self._arms = ArmAngles()
        self._pipeline = Pipeline(self._estimator, config, time.perf_counter)
        self._order = StampOrder()

    @property
    def config(self) -> Settings:
        """The settings in force; assign to change those that may change while running."""
        return self._pipeline.config

    @config.setter
    def config(self, config: Settings) -> None:
        self._pipeline.config = config

    @property
    def faces(self) -> NDArray[np.int64]:
        """Triangles of the mesh as vertex numbers, shape (F, 3)."""
        return self._estimator.mesh.faces

    def __call__(
        self, image_bgr: NDArray[np.uint8], time_s: float, camera: Camera | None = None
    ) -> dict[str, Any]:
        """Estimate one image.

        Args:
            image_bgr: shape (H, W, 3), 8 bit, BGR as OpenCV reads it; not written to.
            time_s: the image's time [s], later than the previous one; a much earlier one forgets all people.
            camera: of exactly this image; None assumes ``horizontal_fov_deg``.

        Returns:
            What ``frankmocap_ros process`` writes for a frame, ``inference_ms`` included. With ``vertices``
            each body also has the arrays ``vertices_m`` (V, 3) and ``joints49_m`` (49, 3), in the optical
            frame [m].

        Raises:
            ImageError: the image is not of that shape and type, or its reason is ``out_of_order``: it is a
                little older than the one before, and nothing was changed.
        """
        _require_bgr(image_bgr)
        if self._order.classify(time_s) is Arrival.LATE:
            raise ImageError(
                DROP_OUT_OF_ORDER,
                f"the image of {time_s:.3f} s is older than the previous one; skip it, or call reset() "
                "before another video",
            )
        frame = self._pipeline.process(CameraImage(Bitmap(image_bgr), time_s, camera))
        record = frame_record(frame, self._arms)
        if self.warning:
            record["warning"] = self.warning
        if self._vertices:
            for body, of_body in zip(frame.bodies, record["bodies"], strict=True):
                mesh = self._estimator.mesh_of(body)
                of_body |= {"vertices_m": mesh.vertices[0], "joints49_m": mesh.joints49[0]}
        return record

    def reset(self) -> None:
        """Forget all people, as before another video."""
        self._pipeline.reset()
        self._order.reset()

    def close(self) -> None:
        """Give back memory and threads."""
        self._estimator.close()

    def __enter__(self) -> "FrankMocapWrapper":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class VideoProcessorTrack:
    """Follows people through the frames of a video or camera.

    Args:
        frank: what estimates.
        resize_short: people are looked for in the image reduced to this short side [px].
        process_every_n: every n-th frame is processed.

    Raises:
        SettingError: a number is out of range.
    """

    def __init__(self, frank: FrankMocapWrapper, resize_short: int = 384, process_every_n: int = 1) -> None:
        self._frank = frank
        frank.config = updated(
            frank.config, {"resize_short": resize_short, "process_every_n": process_every_n}
        )
        self._count = 0

    def process(
        self, image_bgr: NDArray[np.uint8], time_s: float, camera: Camera | None = None
    ) -> dict[str, Any] | None:
        """As the wrapper's call; None for a frame that ``process_every_n`` leaves out."""
        number, self._count = self._count, self._count + 1
        if number % self._frank.config.process_every_n:
            return None
        return {**self._frank(image_bgr, time_s, camera), "frame": number}

    def __call__(self, source: str) -> Iterator[dict[str, Any]]:
        """Results of a video, a bag, a folder of images, or a camera (``/dev/videoN``), frame by frame.

        Raises:
            SourceError: it cannot be opened or read.
        """
        self._frank.reset()
        self._count = 0
        with contextlib.closing(
            open_source(CameraSettings(source=source, loop=False), moving=False)
        ) as video:
            while (image := video.read()) is not None:
                result = self.process(image.pixels, image.time_s, video.camera)
                if result is not None:
                    yield result if image.stamp_s is None else {**result, "stamp_s": image.stamp_s}


@dataclass(frozen=True, eq=False)
class ProcessedImage:
    """One image of a sequence and the bodies in it.

    Attributes:
        frame: its index counts the images of the sequence, those left out by ``process_every_n`` too.
        file: name of the image file; empty where the source has none.
        total: number of images in the sequence; 0 if unknown.
        calibrated: whether the camera is known rather than one with an assumed field of view.
    """

    frame: Frame
    file: str
    total: int
    calibrated: bool = False


def repeatable(settings: Settings, sources: Sequence[str]) -> Settings:
    """The settings with nothing left for this machine's speed to decide, unless a source is a webcam.

    The same recording gives the same results each time, with the most exact network that is here.
    """
    if settings.variant != "auto" or any(map(is_webcam, sources)):
        return settings
    return replace(settings, variant=best_variant_here(settings.hands))


def _no_depth() -> None:
    return None


def processed_images(
    estimator: Estimator,
    settings: Settings,
    sources: Sequence[str],
    stills: bool = False,
    camera_of: CameraOf | None = None,
) -> Generator[ProcessedImage, None, None]:
    """Run an estimator on videos and images, one after the other.

    Args:
        estimator: the caller closes it.
        settings: of the pipeline.
        sources: one video, bag, folder of images or camera; or any number of image files.
        stills: process the images independently, as image files named one by one always are.
        camera_of: the camera of the images, such as ``sources.camera_file.camera_from_file`` gives it; None
            takes the source's own, else assumes ``horizontal_fov_deg``.

    Raises:
        CalibrationError: the images cannot be those of the camera.
        SettingError: ``target_frame`` is set, and the source has no TF.
        SourceError: a source cannot be opened or read, or several are not all image files.
        TransformError: TF is not known at the time of any image.
    """
    pipeline = Pipeline(estimator, settings, time.perf_counter)
    index = 0
    for path in sources:
        still = is_still(path)
        if len(sources) > 1 and not still:
            raise SourceError(
                f"{printable(path)}: several sources must all be image files; name one video or folder, or "
                "have a file for each: frankmocap_ros process SOURCE SOURCE --out-dir DIR"
            )
        asked = CameraSettings(source=path, loop=False, rectified=settings.rectified)
        with contextlib.closing(open_source(asked, moving=False)) as source:
            total = len(sources) if still else source.frames
            placements = Placements(settings.target_frame, source.name)
            while (image := source.read()) is not None:
                number, index = index, index + 1
                if number % settings.process_every_n:
                    continue
                if still or stills:
                    pipeline.reset()
                bitmap = Bitmap(image.pixels)
                camera = source.camera if camera_of is None else camera_of(bitmap.size_px)
                depth = image.depth if image.depth and image.depth_measured else _no_depth
                frame = pipeline.process(CameraImage(bitmap, image.time_s, camera, depth))
                time_s = frame.time_s if image.stamp_s is None else image.stamp_s
                frame = replace(frame, index=number, time_s=time_s)
                placed = placements.placed(frame, image)
                if placed is not None:
                    yield ProcessedImage(placed, image.name, total, camera is not None)
            placements.end()


def process(
    *sources: str, settings: Settings | None = None, camera_of: CameraOf | None = None
) -> Iterator[Frame]:
    """All people in a video, a folder of images, a camera, or in image files, frame by frame.

    Args:
        sources: as for ``processed_images``.
        settings: of estimator and pipeline; None for the defaults.
        camera_of: as for ``processed_images``.

    Raises:
        CalibrationError: the images cannot be those of the camera.
        EstimatorError: the estimator that is asked for cannot be made.
        SourceError: a source cannot be opened or read, or several are not all image files.
    """
    settings = repeatable(settings or Settings(), sources)
    with contextlib.closing(make_estimator(settings, _LOG.info)) as estimator:
        estimator.warm_up()
        for image in processed_images(estimator, settings, sources, camera_of=camera_of):
            yield image.frame


def _require_bgr(image: NDArray[np.uint8]) -> None:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        shown = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise ImageError("bad_image", f"image is {shown}; allowed: uint8 of shape (H, W, 3), BGR")
    if not image.size:
        raise ImageError("bad_size", f"image has shape {image.shape}; it must not be empty")
