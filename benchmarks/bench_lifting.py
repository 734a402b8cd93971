"""Keypoints in space from pixels alone, against what is known of the same people.

Subjects: a video, lifted from BlazePose's pixels and compared with BlazePose's own meters through the same
filter, after one scale for the whole video; and the synthetic figure with 1 px of noise, compared with the
truth. Only the 17 keypoints of COCO are given.

Run: ``python benchmarks/bench_lifting.py [VIDEO]``
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from frankmocap_ros.bench.footage import Footage
from frankmocap_ros.body.kinematics import solve
from frankmocap_ros.body.pose import JointState, KeypointPose, Observation, PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import BODY, KEYPOINTS
from frankmocap_ros.estimators.blazepose.estimator import BlazePoseEstimator, BlazePoseOptions
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.synthetic.human import PERIOD_S, scene
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
        pose = PixelPose(pixels, 0.9 * (COCO & inside))
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
        pixels = PixelPose(body.pixels[_ROWS], np.where(COCO, pose.confidence, 0.0))
        self.views.append(View(image.time_s, pixels, pose, True, image.camera))
        return seen


_ROWS: Final = np.array(
    [0, 7, 8, 11, 12, 13, 14, 15, 16, 19, 20, 17, 18, 23, 24, 25, 26, 27, 28, 31, 32]
)  # BlazePose's landmark of each keypoint


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
        box = np.array([0.0, 0.0, *view.camera.size_px])
        seen = Observation(view.pose, box, 0.9, ScaleSource.ASSUMED_HEIGHT)
        began_s = time.perf_counter()
        body = person.update(seen, view.camera, view.time_s, config)
        spent_ms = 1e3 * (time.perf_counter() - began_s)
        truth = solve(view.truth).positions
        if view.filtered:
            truth = same.update(replace(seen, pose=view.truth), view.camera, view.time_s, config).positions
        found.append((body.positions, truth, body.states, spent_ms))
    return Result(*(np.array(column) for column in zip(*found, strict=True)))


def report(name: str, result: Result, scaled: bool) -> None:
    """One line: errors and jumps [cm], share of PREDICTED, time [ms]."""
    known = (result.states != JointState.INVALID) & (result.states != JointState.HELD)
    bodies, truth = result.bodies, result.truth
    rows = known[:, ARMS] & known[:, NECK, None]
    arms = bodies[:, ARMS] - bodies[:, NECK, None]
    true_arms = truth[:, ARMS] - truth[:, NECK, None]
    scale = 1.0
    if scaled:
        scale = float((arms[rows] * true_arms[rows]).sum() / (arms[rows] ** 2).sum())
    error = 100.0 * np.linalg.norm(scale * arms - true_arms, axis=2)
    both = rows[1:] & rows[:-1]
    jump = 100.0 * np.abs(np.diff(arms[..., 2], axis=0))
    full = 100.0 * np.linalg.norm(np.diff(arms, axis=0), axis=2)
    true_full = 100.0 * np.linalg.norm(np.diff(true_arms, axis=0), axis=2)
    predicted = (result.states[:, ARMS] == JointState.PREDICTED)[rows].mean()
    columns = [f"{name:22s} scale {scale:.2f}"]
    for joint, which in (("elbow", slice(0, 2)), ("wrist", slice(2, 4))):
        p50, p95 = np.percentile(error[:, which][rows[:, which]], (50, 95))
        columns.append(f"{joint} p50 {p50:4.1f} p95 {p95:4.1f}")
    p50, p95 = np.percentile(error[rows], (50, 95))
    columns.append(f"both p50 {p50:4.1f} p95 {p95:4.1f} cm")
    if not scaled:
        absolute = 100.0 * np.linalg.norm(bodies - truth, axis=2)
        p50, p95 = np.percentile(absolute[known], (50, 95))
        columns.append(f"absolute p50 {p50:4.1f} p95 {p95:4.1f} cm")
    columns.append(f"jump in depth {jump[both].max():.0f}, in all {full[both].max():.0f}")
    columns.append(f"(truth {true_full[both].max():.0f}) cm")
    columns.append(f"predicted {predicted:.2f}")
    columns.append("p50 {:.2f} p95 {:.2f} ms".format(*np.percentile(result.spent_ms, (50, 95))))
    print("  ".join(columns))


def main() -> None:
    """Print one line a subject."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", nargs="?", default="../shared/data/taiji.mp4")
    source = parser.parse_args().source
    for variant in ("full", "heavy"):
        report(f"video {variant}", lift(video_views(source, variant)), scaled=True)
    for motion, person in (("wave", 0), ("walk_out", 0), ("cross", 0), ("cross", 1)):
        report(
            f"{motion} {person}",
            lift(list(figure_views(motion, person, 2.0 * PERIOD_S[motion]))),
            scaled=False,
        )


if __name__ == "__main__":
    main()
