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

"""Every setting of the mocap node and of the camera, declared once (see ``settings/schema.py``)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError, shown
from frankmocap_ros.settings import one_euro
from frankmocap_ros.settings.schema import setting, settings_of

# what drivers call the image itself; what stands before is the camera
_IMAGE_NAMES: Final = re.compile(r"(image|color|rgb)(_\w+)?|compressed")

PRESETS: Final[dict[str, dict[str, object]]] = {
    "fastest": {"resize_short": 256, "variant": "lite"},
    "balanced": {},
    "highest_quality": {"resize_short": 512, "variant": "heavy", "use_smplx": True, "hands": True},
}
"""What differs from the defaults, by name of the preset."""

NODE_ONLY: Final = (
    "image_transport", "max_image_age_s", "joint_topics", "autostart",
    "diagnostics_period_s", "latency_budget_ms", "adapt", "image_topics", "source", "source_width",
    "source_rate_hz", "source_frame_id", "stamps",
)  # fmt: skip
"""Settings that mean nothing without the node."""

MODEL_ESTIMATORS: Final = ("posenet", "movenet", "yolo", "rtmpose", "openpose")
"""Estimators that run a network of the user's own, which the setting ``model`` names."""


@dataclass(frozen=True)
class Settings:
    """Settings of pipeline and mocap node."""

    preset: str = setting(
        "balanced",
        "Values for resize_short, variant, use_smplx and hands; those given explicitly win.",
        choices=tuple(PRESETS),
    )
    estimator: str = setting(
        "auto",
        "Body estimator; auto selects the best one that is installed and has its files.",
        choices=("auto", "frankmocap", "blazepose", *MODEL_ESTIMATORS, "synthetic"),
        renamed={"mediapipe": "blazepose"},
        loads=True,
    )
    model: str = setting(
        "",
        "Network file or folder (ONNX, TFLite, OpenVINO) for "
        f"{', '.join(MODEL_ESTIMATORS)}; empty takes the file of the estimator's name in the models folder. Another estimator empties it, unless both are set together.",
        loads=True,
    )
    variant: str = setting(
        "auto",
        "BlazePose's landmark network, the faster the less exact; auto measures at start and selects the best that keeps the camera's rate.",
        choices=("auto", "lite", "full", "heavy"),
        loads=True,
    )
    assets_dir: str = setting(
        "",
        "Folder with FrankMocap's files (its extra_data); empty uses the environment variable FRANKMOCAP_ASSETS_DIR.",
        loads=True,
    )
    use_smplx: bool = setting(
        False, "Use the body model SMPL-X instead of SMPL in FrankMocap; required for fingers.", loads=True
    )
    detector: str = setting(
        "auto",
        "Person detector for FrankMocap and RTMPose; auto selects blazepose where an engine for it is installed.",
        choices=("auto", "blazepose", "pose2d", "yolo"),
        renamed={"mediapipe": "blazepose"},
        loads=True,
    )
    detector_model: str = setting(
        "",
        "Network file or folder (ONNX, OpenVINO) for detector: yolo; empty takes yolo.onnx in the models folder.",
        loads=True,
    )
    engine: str = setting(
        "auto",
        "Engine for FrankMocap's body regressor or for model; auto selects the fastest one that is installed.",
        choices=("auto", "torch", "onnxruntime", "openvino", "tensorrt"),
        loads=True,
    )
    precision: str = setting(
        "auto",
        "Number format of the networks; auto uses fp32, with FrankMocap until a faster one moves joints by at most 5 mm mean and 20 mm p99 on images of your camera.",
        choices=("auto", "fp32", "bf16", "fp16", "int8"),
        loads=True,
    )
    device: str = setting(
        "auto",
        "Device for the networks; auto selects the fastest available one.",
        choices=("auto", "cpu", "cuda"),
        loads=True,
    )
    image_transport: str = setting(
        "raw",
        "Topic to subscribe to: image (raw) or image/compressed.",
        choices=("raw", "compressed"),
        live=False,
    )
    image_topics: tuple[str, ...] = setting(
        (),
        "Image topics of several cameras, in place of image. Results of left/image go to ~/left/bodies, and so on.",
        live=False,
    )
    source: str = setting(
        "",
        "Image source that the node opens itself instead of subscribing: a video file, an image file, a rosbag2 folder or .mcap file (BAG:/TOPIC names its topic of images), /dev/videoN, or synthetic.",
        live=False,
    )
    source_width: int = setting(
        0,
        "Maximum width of images from source; wider images are downscaled. 0 keeps their width.",
        unit="px",
        minimum=0,
        maximum=7680,
        live=False,
    )
    source_rate_hz: float = setting(
        0.0,
        "Image rate of source; 0 keeps its own rate.",
        unit="Hz",
        minimum=0.0,
        maximum=1000.0,
        live=False,
    )
    source_frame_id: str = setting("camera_optical_frame", "TF frame of the images from source.", live=False)
    resize_short: int = setting(
        384,
        "Short side of the image for person detection; crops are taken from up to three times that size.",
        unit="px",
        minimum=256,
        maximum=1024,
    )
    process_every_n: int = setting(1, "Process every n-th image.", minimum=1, maximum=100)
    detect_every_n: int = setting(
        5,
        "Detect people at least in every n-th processed image while they are tracked; in every 6n-th if "
        "max_people are tracked and the estimator itself tells whether a person is there (BlazePose).",
        minimum=1,
        maximum=1000,
    )
    box_margin: float = setting(
        0.25,
        "Fraction by which a tracked person's box grows for the next image.",
        minimum=0.0,
        maximum=1.0,
    )
    track_bbox: bool = setting(
        True, "Derive boxes from the previous image between detections; false detects people in every image."
    )
    max_people: int = setting(1, "Maximum number of tracked people.", minimum=1, maximum=16)
    hands: bool = setting(False, "Estimate finger joints.", loads=True)
    synthetic_motion: str = setting(
        "wave",
        "Motion of the figure for the estimator synthetic; set the camera's motion to the same.",
        choices=("wave", "walk_out", "cross", "stall", "reach", "grip"),
        loads=True,
    )
    min_confidence: float = setting(
        0.3,
        "Minimum confidence of a TRACKED joint; below half of it the estimate is discarded.",
        minimum=0.0,
        maximum=1.0,
    )
    bones: str = setting(
        "fitted",
        "Bone lengths: fitted learns each person's and fits depths to them; network keeps the estimator's of every image. Estimators with a body model have their own.",
        choices=("fitted", "network"),
    )
    smoothing: str = one_euro.smoothing("Filter for positions and orientations.")
    across_min_cutoff_hz: float = one_euro.min_cutoff_hz(2.5, "positions across the line of sight")
    across_beta: float = one_euro.beta(6.0, "positions across the line of sight")
    depth_min_cutoff_hz: float = one_euro.min_cutoff_hz(0.5, "positions along the line of sight")
    depth_beta: float = one_euro.beta(0.5, "positions along the line of sight")
    one_euro_min_cutoff_hz: float = one_euro.min_cutoff_hz(1.5, "a body model's root and rotations")
    one_euro_beta: float = one_euro.beta(3.0, "a body model's root and rotations")
    one_euro_derivative_cutoff_hz: float = one_euro.derivative_cutoff_hz()
    hold_s: float = setting(
        0.3,
        "Time that a lost joint repeats its last value as HELD before it becomes INVALID.",
        unit="s",
        minimum=0.0,
        maximum=5.0,
    )
    max_image_age_s: float = setting(
        0.5,
        "Maximum age of an image when its processing starts; older images are dropped. 0 disables the check.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    stamps: str = setting(
        "image",
        "Time of an image: its own stamp, or its arrival at the node, for drivers that do not stamp; poses then look younger than they are.",
        choices=("image", "arrival"),
    )
    assumed_height_m: float = setting(
        0.0,
        "Assumed height of every person; 0 keeps the estimator's own scale, and is 1.7 m for estimators that give pixels only.",
        unit="m",
        minimum=0.0,
        maximum=2.5,
    )
    forearm_length_m: float = setting(
        0.0,
        "Length of the operator's forearm from the middle of the elbow to that of the wrist, for ~/calibrate; 0: unknown.",
        unit="m",
        minimum=0.0,
        maximum=0.5,
    )
    depth_wait_ms: float = setting(
        20.0,
        "Maximum time that a result waits for the depth image of its image, while depth images arrive.",
        unit="ms",
        minimum=0.0,
        maximum=200.0,
    )
    horizontal_fov_deg: float = setting(
        60.0,
        "Field of view along the longer side of the image (its height in portrait), used until a CameraInfo arrives.",
        unit="deg",
        minimum=10.0,
        maximum=170.0,
    )
    rectified: str = setting(
        "auto",
        "Whether the images are rectified: then P of CameraInfo holds, else K and the distortion D; auto takes those of a topic such as image_rect or image_rect_color for rectified.",
        choices=("auto", "true", "false"),
    )
    joint_topics: tuple[str, ...] = setting(
        (), "Operator joints that are published on topics of their own.", live=False
    )
    marker_ellipsoids: bool = setting(
        False, "Draw the standard deviations of joints as ellipsoids in ~/markers, where they are known."
    )
    publish_tf: bool = setting(
        False,
        "Publish frames on /tf: `body_<id>` at mid-hips (x forward, z to the head) and `<joint>_<id>`. Needs tf2_msgs.",
    )
    target_frame: str = setting(
        "",
        "TF frame of all poses, looked up at each image's time; empty keeps the image's own frame. For the gate, use its base_frame, or any frame with heading: tf. Needs tf2_ros.",
        live=False,
    )
    transform_wait_ms: float = setting(
        20.0,
        "Maximum time that poses wait for the transform at their image's time before they are dropped, with target_frame.",
        unit="ms",
        minimum=0.0,
        maximum=200.0,
    )
    rep155: bool = setting(
        False,
        "Publish all people per REP 155 below /humans/bodies; publish_tf adds their frames `body_<id>`. Needs hri_msgs.",
        live=False,
    )
    operator: str = setting(
        "nearest",
        "Rule that picks an operator when there is none: the nearest, largest or most central person, or operator_id.",
        choices=("nearest", "largest", "center", "id"),
    )
    operator_id: int = setting(0, "Body id of the operator, with operator: id.", minimum=0, maximum=2**31 - 1)
    autostart: bool = setting(
        True, "Configure and activate at start; false waits for lifecycle transitions.", live=False
    )
    diagnostics_period_s: float = setting(
        1.0, "Time between diagnostics messages.", unit="s", minimum=0.1, maximum=60.0
    )
    latency_budget_ms: float = setting(
        100.0,
        "Age at publication, as 95th percentile, above which diagnostics warn.",
        unit="ms",
        minimum=1.0,
        maximum=10000.0,
    )

    adapt: bool = setting(
        True,
        "Detect people less often, then process fewer images, while the age at publication exceeds latency_budget_ms.",
    )

    @staticmethod
    def expanded(changes: Mapping[str, Any]) -> dict[str, Any]:
        """Changes with what they imply; what is named beside that wins.

        A preset stands for several values. Another estimator or detector has no use for the model of the one
        before.
        """
        for name, its_model in (("estimator", "model"), ("detector", "detector_model")):
            if name in changes:
                changes = {its_model: "", **changes}
        if "preset" not in changes:
            return dict(changes)
        named = {name for values in PRESETS.values() for name in values}
        defaults = {s.name: s.default for s in settings_of(Settings) if s.name in named}
        return {**defaults, **PRESETS[changes["preset"]], **changes}

    def __post_init__(self) -> None:
        """Check values that depend on each other.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        if 0.0 < self.assumed_height_m < 0.5:
            raise SettingError(
                f"assumed_height_m: {self.assumed_height_m} is out of range; allowed: 0 (estimator's own) or 0.5 .. 2.5 m"
            )
        if 0.0 < self.forearm_length_m < 0.1:
            raise SettingError(
                f"forearm_length_m: {self.forearm_length_m} is out of range; allowed: 0 (unknown) or 0.1 .. 0.5 m"
            )
        unknown = [name for name in self.joint_topics if name not in BODY_WITH_HANDS.index]
        if unknown:
            raise SettingError(
                f"joint_topics: unknown joint {', '.join(unknown)}; allowed: {', '.join(BODY_WITH_HANDS.names)}"
            )
        fingers = [name for name in self.joint_topics if BODY_WITH_HANDS.index[name] >= 24]
        if fingers and not self.hands:
            raise SettingError(f"joint_topics: {', '.join(fingers)} needs hands: true")
        if self.model and self.estimator not in MODEL_ESTIMATORS:
            raise SettingError(
                f"model: estimator {self.estimator} takes no model; set it together with estimator: "
                + " | ".join(MODEL_ESTIMATORS)
            )
        if self.detector_model and self.detector != "yolo":
            raise SettingError(
                f"detector_model: detector {self.detector} takes no model; set it together with detector: yolo"
            )
        if self.source and self.image_topics:
            raise SettingError("source and image_topics exclude each other; set one of them")
        camera_names(self.image_topics)
        if self.target_frame.startswith("/"):
            raise SettingError(
                f"target_frame: {shown(self.target_frame)} begins with a slash, which no frame of TF does; "
                f"allowed: such as {shown(self.target_frame.lstrip('/') or 'base_link')}"
            )


def camera_names(topics: Sequence[str]) -> tuple[str, ...]:
    """A name for each camera, from its topic: ``left`` of ``/left/image_raw``.

    Raises:
        SettingError: two are alike, or one is no name.
    """
    names = []
    for topic in topics:
        parts = [part for part in topic.split("/") if part]
        while len(parts) > 1 and _IMAGE_NAMES.fullmatch(parts[-1]):
            parts.pop()
        names.append("_".join(parts))
    wrong = [t for t, name in zip(topics, names, strict=True) if not re.fullmatch(r"[A-Za-z]\w*", name)]
    if wrong:
        raise SettingError(
            f"image_topics: {', '.join(map(repr, wrong))} gives no name for a camera; allowed: such as left/image"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(
            f"image_topics: the cameras {', '.join(twice)} stand for several topics; allowed: topics that "
            "differ in more than the image's own name"
        )
    return tuple(names)
