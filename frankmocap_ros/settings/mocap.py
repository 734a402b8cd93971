"""Every setting of the mocap node and of the camera, declared once (see ``settings/schema.py``)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
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


@dataclass(frozen=True)
class Settings:
    """Settings of pipeline and mocap node."""

    preset: str = setting(
        "balanced",
        "Sets resize_short, variant, use_smplx and hands; what else is given along with it wins.",
        choices=tuple(PRESETS),
    )
    estimator: str = setting(
        "auto",
        "What estimates bodies; auto takes the best one that is installed and whose files are there.",
        choices=("auto", "frankmocap", "blazepose", "synthetic"),
        renamed={"mediapipe": "blazepose"},
        loads=True,
    )
    variant: str = setting(
        "auto",
        "BlazePose's landmark network, the faster the less exact; auto measures at start and takes the best that keeps the camera's rate.",
        choices=("auto", "lite", "full", "heavy"),
        loads=True,
    )
    assets_dir: str = setting(
        "",
        "Folder with FrankMocap's files (its extra_data); empty takes the environment variable FRANKMOCAP_ASSETS_DIR.",
        loads=True,
    )
    use_smplx: bool = setting(
        False, "FrankMocap with the body model SMPL-X instead of SMPL; fingers need it.", loads=True
    )
    detector: str = setting(
        "auto",
        "What finds people for FrankMocap; auto takes blazepose where an engine for it is installed.",
        choices=("auto", "blazepose", "pose2d"),
        renamed={"mediapipe": "blazepose"},
        loads=True,
    )
    engine: str = setting(
        "auto",
        "What runs FrankMocap's body regressor; auto measures what is installed and takes the fastest.",
        choices=("auto", "torch", "onnxruntime", "openvino", "tensorrt"),
        loads=True,
    )
    precision: str = setting(
        "auto",
        "Numbers in FrankMocap's networks; auto takes fp32, and the fastest that moves joints by at most 5 mm mean and 20 mm p99 once that was seen on your camera's images.",
        choices=("auto", "fp32", "bf16", "fp16", "int8"),
        loads=True,
    )
    device: str = setting(
        "auto",
        "Where networks run; auto takes the fastest that is there.",
        choices=("auto", "cpu", "cuda"),
        loads=True,
    )
    image_transport: str = setting(
        "raw", "Subscribe to image or to image/compressed.", choices=("raw", "compressed"), live=False
    )
    image_topics: tuple[str, ...] = setting(
        (),
        "Topics of several cameras, in place of image; results of left/image go to ~/left/bodies, and so on.",
        live=False,
    )
    source: str = setting(
        "",
        "Camera that the node opens by itself, in place of subscribing: video file, image file, /dev/videoN or synthetic.",
        live=False,
    )
    source_width: int = setting(
        0,
        "Wider images of source are reduced to this width; 0 keeps them.",
        unit="px",
        minimum=0,
        maximum=7680,
        live=False,
    )
    source_rate_hz: float = setting(
        0.0,
        "Images of source per second; 0 keeps its own rate.",
        unit="Hz",
        minimum=0.0,
        maximum=1000.0,
        live=False,
    )
    source_frame_id: str = setting("camera_optical_frame", "Frame of the images of source.", live=False)
    resize_short: int = setting(
        384,
        "People are looked for in the image reduced to this short side, and cropped from up to three times as much.",
        unit="px",
        minimum=256,
        maximum=1024,
    )
    process_every_n: int = setting(1, "Process one image in so many.", minimum=1, maximum=100)
    detect_every_n: int = setting(
        5,
        "Detect people at least once in so many processed images while they are tracked.",
        minimum=1,
        maximum=1000,
    )
    box_margin: float = setting(
        0.25,
        "Share by which the box around a tracked person is grown for the next image.",
        minimum=0.0,
        maximum=1.0,
    )
    track_bbox: bool = setting(
        True, "Take boxes from the previous image between detections; false detects in every image."
    )
    max_people: int = setting(1, "How many people are followed at most.", minimum=1, maximum=16)
    hands: bool = setting(False, "Estimate finger joints.", loads=True)
    synthetic_motion: str = setting(
        "wave",
        "What the figure of estimator synthetic does; the camera's motion should be the same.",
        choices=("wave", "walk_out", "cross", "stall"),
        loads=True,
    )
    min_confidence: float = setting(
        0.3,
        "A joint below this confidence is not TRACKED; below half of it the estimator's guess is not used.",
        minimum=0.0,
        maximum=1.0,
    )
    smoothing: str = one_euro.smoothing("Filter for positions and orientations.")
    one_euro_min_cutoff_hz: float = one_euro.min_cutoff_hz(1.5)
    one_euro_beta: float = one_euro.beta(3.0)
    one_euro_derivative_cutoff_hz: float = one_euro.derivative_cutoff_hz()
    hold_s: float = setting(
        0.3,
        "How long a joint that is lost repeats its last value as HELD before it is INVALID.",
        unit="s",
        minimum=0.0,
        maximum=5.0,
    )
    max_image_age_s: float = setting(
        0.5,
        "Images older than this when their turn comes are dropped; 0 takes any.",
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
        0.0, "Height of the person; 0 keeps the estimator's own scale.", unit="m", minimum=0.0, maximum=2.5
    )
    depth_wait_ms: float = setting(
        20.0,
        "How long a result waits at most for the depth of its image, while depth images come.",
        unit="ms",
        minimum=0.0,
        maximum=200.0,
    )
    horizontal_fov_deg: float = setting(
        60.0,
        "Camera's field of view along the longer side of the image (the height of a portrait image), used until a CameraInfo arrives.",
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
        (), "Joints of the operator that get topics of their own.", live=False
    )
    publish_tf: bool = setting(
        False,
        "Publish on /tf: `body_<id>` at mid-hips (x forward, z to the head), and `<joint>_<id>`; needs tf2_msgs.",
    )
    target_frame: str = setting(
        "",
        "Frame of all poses, by TF at each image's time; empty leaves them in the image's own frame. For the gate: its base_frame, or any other with heading: tf. Needs tf2_ros.",
        live=False,
    )
    transform_wait_ms: float = setting(
        20.0,
        "With target_frame: how long poses wait for the transform at their image's time before they are dropped.",
        unit="ms",
        minimum=0.0,
        maximum=200.0,
    )
    rep155: bool = setting(
        False,
        "Publish everybody as REP 155 says, below /humans/bodies; with publish_tf also their frames `body_<id>`. Needs hri_msgs.",
        live=False,
    )
    operator: str = setting(
        "nearest",
        "Who the operator is when nobody is: the nearest, largest or most central person, or operator_id.",
        choices=("nearest", "largest", "center", "id"),
    )
    operator_id: int = setting(0, "Body id of the operator with operator: id.", minimum=0, maximum=2**31 - 1)
    autostart: bool = setting(
        True, "Configure and activate at start; false waits for lifecycle commands.", live=False
    )
    diagnostics_period_s: float = setting(
        1.0, "Time between two diagnostics messages.", unit="s", minimum=0.1, maximum=60.0
    )
    latency_budget_ms: float = setting(
        100.0,
        "Diagnostics warn when the 95th percentile of the age at publication exceeds this.",
        unit="ms",
        minimum=1.0,
        maximum=10000.0,
    )

    adapt: bool = setting(
        True,
        "Detect less often, and then process fewer images, while the age at publication exceeds latency_budget_ms.",
    )

    @staticmethod
    def expanded(changes: Mapping[str, Any]) -> dict[str, Any]:
        """Changes with what their preset stands for; what is named beside it wins."""
        if "preset" not in changes:
            return dict(changes)
        named = {name for values in PRESETS.values() for name in values}
        defaults = {s.name: s.default for s in settings_of(Settings) if s.name in named}
        return {**defaults, **PRESETS[changes["preset"]], **changes}

    def __post_init__(self) -> None:
        """Check what concerns more than one number.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        if 0.0 < self.assumed_height_m < 0.5:
            raise SettingError(
                f"assumed_height_m: {self.assumed_height_m} is out of range; allowed: 0 (estimator's own) or 0.5 .. 2.5 m"
            )
        unknown = [name for name in self.joint_topics if name not in BODY_WITH_HANDS.index]
        if unknown:
            raise SettingError(
                f"joint_topics: unknown joint {', '.join(unknown)}; allowed: {', '.join(BODY_WITH_HANDS.names)}"
            )
        fingers = [name for name in self.joint_topics if BODY_WITH_HANDS.index[name] >= 24]
        if fingers and not self.hands:
            raise SettingError(f"joint_topics: {', '.join(fingers)} needs hands: true")
        if self.source and self.image_topics:
            raise SettingError("source and image_topics exclude each other; set one of them")
        camera_names(self.image_topics)
        if self.target_frame.startswith("/"):
            raise SettingError(
                f"target_frame: {self.target_frame!r} begins with a slash, which no frame of TF does; "
                f"allowed: such as {self.target_frame.lstrip('/') or 'base_link'!r}"
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
