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

"""What is known of a mocap node's camera at one moment, to be judged by ``health``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

DROP_OVERWRITTEN = "overwritten"  # a newer image came before this one's turn: normal when images come fast
DROP_TOO_OLD = "too_old"  # older than max_image_age_s when its turn came
DROP_NO_TRANSFORM = "no_transform"  # TF did not know the camera in target_frame at the image's time
DROP_OUT_OF_ORDER = "out_of_order"  # stamped a little earlier than an image that came before it
# every other reason to drop an image is a malformed image's, ``ImageError.reason``


Percentiles = tuple[float, float, float]


class Level(IntEnum):
    """How it goes; same numbers as in ``diagnostic_msgs/DiagnosticStatus``."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3  # nothing was heard; set by subscribers, ``assess`` does not give it


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What is known at one moment. "Period" is the time since the last snapshot.

    Attributes:
        active: whether the node processes images.
        estimator: name of the estimator.
        device: where it runs.
        image_topic: full name of the topic that images come from.
        active_s: time since images are awaited [s].
        since_image_s: time since the last image arrived [s], None where none did.
        input_rate_hz: images that arrive [Hz].
        output_rate_hz: results that leave [Hz].
        latency_budget_ms: largest p95 of the age that is fine [ms].
        max_image_age_s: older images are dropped [s].
        dropped: images dropped since activation, by reason (``DROP_*``, ``ImageError.reason``).
        dropped_in_period: the same of the last period only.
        skipped: images left out on purpose since activation.
        withheld: people left out since activation, as the estimator gave a number that was not finite.
        withheld_in_period: the same of the last period only.
        age_ms: p50, p95, p99 of the age at publication [ms], None where nothing was published.
        age_min_ms: the smallest such age [ms], None where nothing was published.
        stages_ms: p50, p95, p99 of the time of each stage [ms].
        body_ids: who is tracked.
        operator_id: who the operator is, None for nobody.
        detector_ratio: share of the processed images in which person detection ran, 0..1.
        last_error: text of an exception of the estimator in the last period, None for none.
        warning: what users of the estimator's results must know; empty for none.
        deadline_level: how many steps are taken so that results come in time, 0 for none.
        deadline_measures: what is left out for it, in words; empty for nothing.
        depth: images with people by whether depth was found for them: paired, missing, malformed; depth
            images left out as out_of_order; empty where no depth comes.
        depth_error: what was wrong with a depth image in the last period, empty for nothing.
        depth_in_period: the same of the last period only.
        depth_offset_s: how much later than its image the nearest depth was stamped, where depth was missing
            in the last period [s], the median; None where none was near or missing.
        no_image: why no image comes, with the next step; empty where it was not asked.
        unheard: what is offered beside the images and does not come, each with the next step.
        calibration: where the camera's numbers come from; empty where that is not known.
        calibration_fault: why a CameraInfo is no calibration of the images; empty for nothing.
        stamps: what an image's time is: image or arrival.
        stamp_fault: what is wrong with the images' stamps, with the next step; empty for nothing.
        no_transform: which transform was not known last, and why; empty for none.
        precisions: for each network what is known of the numbers that it runs in.
        undecided: whether the camera's images are still to tell more of that.
    """

    active: bool
    estimator: str
    device: str
    image_topic: str
    active_s: float
    since_image_s: float | None
    input_rate_hz: float
    output_rate_hz: float
    latency_budget_ms: float
    max_image_age_s: float
    dropped: Mapping[str, int] = field(default_factory=dict)
    dropped_in_period: Mapping[str, int] = field(default_factory=dict)
    skipped: int = 0
    withheld: int = 0
    withheld_in_period: int = 0
    age_ms: Percentiles | None = None
    age_min_ms: float | None = None
    stages_ms: Mapping[str, Percentiles] = field(default_factory=dict)
    body_ids: tuple[int, ...] = ()
    operator_id: int | None = None
    detector_ratio: float = 0.0
    last_error: str | None = None
    warning: str = ""
    deadline_level: int = 0
    deadline_measures: str = ""
    depth: Mapping[str, int] = field(default_factory=dict)
    depth_error: str = ""
    depth_in_period: Mapping[str, int] = field(default_factory=dict)
    depth_offset_s: float | None = None
    no_image: str = ""
    unheard: tuple[str, ...] = ()
    calibration: str = ""
    calibration_fault: str = ""
    stamps: str = "image"
    stamp_fault: str = ""
    no_transform: str = ""
    precisions: Mapping[str, str] = field(default_factory=dict)
    undecided: bool = False
