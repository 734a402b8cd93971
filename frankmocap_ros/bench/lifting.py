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

"""Keypoints in space from pixels alone, beside what is known of the same people."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from frankmocap_ros.bench.footage import Footage
from frankmocap_ros.body.kinematics import solve
from frankmocap_ros.body.pose import JointState, KeypointPose, Observation, PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import BODY, KEYPOINTS
from frankmocap_ros.estimators.blazepose.estimator import LANDMARKS, BlazePoseEstimator, BlazePoseOptions
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.synthetic.keypoints import keypoints_of
from frankmocap_ros.tracking.person_filter import PersonFilter
from frankmocap_ros.tracking.pipeline import Pipeline

ARMS: Final = [BODY.index[f"{side}_{part}"] for part in ("elbow", "wrist") for side in ("left", "right")]
NECK: Final = BODY.index["neck"]
COCO: Final = np.array([not name.endswith(("1", "foot")) for name in KEYPOINTS])
RATE_HZ: Final = 30.0
NOISE_PX: Final = 1.0


@dataclass(frozen=True, eq=False)
class View:
    """One person in one image: pixels, and where the joints are.

    Attributes:
        time_s: the image's time [s].
        pose: what is lifted.
        truth: where the keypoints are, or are said to be.
        filtered: whether the truth goes through the same filter, as where it comes from the same image.
        camera: of the pixels.
        height_m: of the person; 0 where it is not known [m].
    """

    time_s: float
    pose: PixelPose
    truth: KeypointPose
    filtered: bool
    camera: Camera
    height_m: float = 0.0


def figure_views(motion: str, person: int, seconds: float) -> Iterator[View]:
    """The synthetic figure, with noise."""
    random, camera = np.random.default_rng(0), Camera.from_fov(640, 480, 60.0)
    for i in range(round(seconds * RATE_HZ)):
        figure = scene(motion, i / RATE_HZ)[person]
        points = keypoints_of(figure)
        pixels = camera.project(points) + random.normal(0.0, NOISE_PX, (len(points), 2))
        inside = ((pixels >= 0.0) & (pixels < camera.size_px)).all(axis=1)
        pose = PixelPose(pixels, np.where(COCO & inside, 0.9, 0.0))
        truth = KeypointPose(points, COCO * 1.0)
        yield View(i / RATE_HZ, pose, truth, False, camera, figure.height_m)


class _Seen(BlazePoseEstimator):
    """Keeps pixels and meters of what it finds."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.views: list[View] = []

    def _observation(self, image: Any, body: Any, hands: Any) -> Observation:
        seen = super()._observation(image, body, hands)
        pose = seen.pose
        assert isinstance(pose, KeypointPose)
        pixels = PixelPose(body.pixels[LANDMARKS], np.where(COCO, pose.confidence, 0.0))
        self.views.append(View(image.time_s, pixels, pose, True, image.camera))
        return seen


def video_views(source: str, variant: str = "full", images: int = 411) -> list[View]:
    """BlazePose on a video."""
    estimator, footage = _Seen(BlazePoseOptions(variant)), Footage(source, 0)
    pipeline = Pipeline(estimator, Settings(smoothing="none", resize_short=720), time.perf_counter)
    for image in footage.read(images):
        pipeline.process(image)
    footage.close()
    return estimator.views


@dataclass(frozen=True, eq=False)
class Result:
    """What lifting gave, N images.

    Attributes:
        bodies: shape (N, 24, 3) [m].
        truth: shape (N, 24, 3) [m].
        states: shape (N, 24).
        spent_ms: shape (N,).
    """

    bodies: Array
    truth: Array
    states: Array
    spent_ms: Array


def lift(views: Sequence[View], smoothing: str = "one_euro") -> Result:
    """Follow one person through their images."""
    person, same = PersonFilter(1, "pixels"), PersonFilter(1, "meters")
    found: list[Any] = []
    for view in views:
        config = Settings(assumed_height_m=view.height_m, smoothing=smoothing)
        # a network's own meters, not fitted to bones, as quick along the line of sight as lifted ones
        plain = replace(
            config,
            bones="network",
            depth_min_cutoff_hz=config.across_min_cutoff_hz,
            depth_beta=config.across_beta,
        )
        box = np.array([0.0, 0.0, *view.camera.size_px])
        seen = Observation(view.pose, box, 0.9, ScaleSource.ASSUMED_HEIGHT)
        began_s = time.perf_counter()
        body = person.update(seen, view.camera, view.time_s, config)
        spent_ms = 1e3 * (time.perf_counter() - began_s)
        truth = solve(view.truth).positions
        if view.filtered:
            truth = same.update(replace(seen, pose=view.truth), view.camera, view.time_s, plain).positions
        found.append((body.positions, truth, body.states, spent_ms))
    return Result(*(np.array(column) for column in zip(*found, strict=True)))


@dataclass(frozen=True)
class LiftingErrors:
    """Elbows and wrists relative to the neck, where both are known in this image.

    Attributes:
        scale: that brings what was lifted to the truth's size.
        elbow_cm, wrist_cm, both_cm: median and 95th percentile of the error [cm].
        absolute_cm: the same of all joints before the camera [cm].
        depth_jump_cm, jump_cm, true_jump_cm: the largest step between neighboring images along the optical
            axis, in all, and of the truth [cm].
        predicted: share of PREDICTED elbows and wrists.
        spent_ms: median time of an image [ms].
    """

    scale: float
    elbow_cm: tuple[float, float]
    wrist_cm: tuple[float, float]
    both_cm: tuple[float, float]
    absolute_cm: tuple[float, float]
    depth_jump_cm: float
    jump_cm: float
    true_jump_cm: float
    predicted: float
    spent_ms: float


def errors_of(result: Result, scaled: bool) -> LiftingErrors:
    """How far lifting was off.

    Args:
        result: what it gave.
        scaled: whether one scale for all images is taken out first.
    """
    known = (result.states == JointState.TRACKED) | (result.states == JointState.PREDICTED)
    rows = known[:, ARMS] & known[:, NECK, None]
    arms, true_arms = (100.0 * (p[:, ARMS] - p[:, NECK, None]) for p in (result.bodies, result.truth))
    scale = float((arms[rows] * true_arms[rows]).sum() / (arms[rows] ** 2).sum()) if scaled else 1.0
    error = np.linalg.norm(scale * arms - true_arms, axis=2)
    absolute = 100.0 * np.linalg.norm(scale * result.bodies - result.truth, axis=2)
    both = rows[1:] & rows[:-1]
    step, true_step = (np.diff(p, axis=0)[both] for p in (arms, true_arms))
    return LiftingErrors(
        scale,
        _middle(error[:, :2][rows[:, :2]]),
        _middle(error[:, 2:][rows[:, 2:]]),
        _middle(error[rows]),
        _middle(absolute[known]),
        float(np.abs(step[:, 2]).max()),
        float(np.linalg.norm(step, axis=1).max()),
        float(np.linalg.norm(true_step, axis=1).max()),
        float((result.states[:, ARMS] == JointState.PREDICTED)[rows].mean()),
        float(np.median(result.spent_ms)),
    )


def _middle(values: Array) -> tuple[float, float]:
    """Median and 95th percentile."""
    p50, p95 = np.percentile(values, (50, 95))
    return float(p50), float(p95)
