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

"""What the node knows about itself, gathered from both threads and told in diagnostics."""

import threading
from collections import deque
from collections.abc import Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from frankmocap_ros.body.pose import Frame
from frankmocap_ros.estimators.base import Estimator
from frankmocap_ros.runtime.diagnostics import Health
from frankmocap_ros.runtime.snapshot import Snapshot
from frankmocap_ros.runtime.timing import Counters, RateMeter, RollingPercentiles
from frankmocap_ros.settings.mocap import Settings

_WINDOW = 300  # frames that percentiles are taken over
_RATE_WINDOW_S = 3.0
_PERCENTS = (50.0, 95.0, 99.0)


class Monitor:
    """Counts, rates and times of one camera since activation. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset(0.0)

    def reset(self, now_s: float) -> None:
        """Restart at the steady time ``now_s``."""
        with self._lock:
            self._dropped, self._skipped, self._withheld = Counters(), Counters(), Counters()
            self._input, self._output = RateMeter(_RATE_WINDOW_S), RateMeter(_RATE_WINDOW_S)
            self._ages: RollingPercentiles = RollingPercentiles(_WINDOW)
            self._stages: dict[str, RollingPercentiles] = {}
            self._active_since_s = now_s
            self._image_s: float | None = None
            self._ids: tuple[int, ...] = ()
            self._operator_id = 0
            self._detected: deque[bool] = deque(maxlen=_WINDOW)
            self._last_error: str | None = None
            self._no_transform = ""
            self._measures = (0, "")
            self._depth, self._depth_error = Counters(), ""
            self._depth_offsets_s: deque[float] = deque(maxlen=_WINDOW)  # of this period

    @property
    def dropped(self) -> int:
        """Images dropped since activation."""
        return self._dropped.total()

    @property
    def skipped(self) -> int:
        """Images left out on purpose since activation."""
        return self._skipped.total()

    def arrived(self, now_s: float) -> None:
        """An image came."""
        self._image_s = now_s
        self._input.tick(now_s)

    def drop(self, reason: str) -> None:
        """An image was dropped."""
        self._dropped.add(reason)

    def skip(self) -> None:
        """An image was left out on purpose."""
        self._skipped.add("skipped")

    def failed(self, text: str) -> None:
        """The estimator raised an exception."""
        self._last_error = text

    def depth(self, outcome: str, error: str = "", offset_s: float | None = None) -> None:
        """Depth was looked for, or came.

        Args:
            outcome: paired, missing or malformed; or out_of_order for one that came so.
            error: what is malformed.
            offset_s: how much later than the image the nearest depth was stamped, where it is missing [s].
        """
        self._depth.add(outcome)
        if offset_s is not None:
            self._depth_offsets_s.append(offset_s)
        self._depth_error = error or self._depth_error

    def not_placed(self, words: str) -> None:
        """An image's people could not be brought into ``target_frame``."""
        self._no_transform = words

    def adapted(self, level: int, measures: str) -> None:
        """This level of load shedding is in force now; ``measures`` says what they leave out."""
        self._measures = (level, measures)

    def published(self, frame: Frame, stages_ms: Mapping[str, float], age_ms: float, now_s: float) -> None:
        """A frame went out."""
        self._output.tick(now_s)
        self._ages.add(age_ms)
        for name, ms in stages_ms.items():
            self._stages.setdefault(name, RollingPercentiles(_WINDOW)).add(ms)
        self._withheld.add("withheld", frame.withheld)
        self._detected.append(frame.detected)
        self._ids = tuple(body.id for body in frame.bodies)
        self._operator_id = frame.operator_id

    def snapshot(
        self, now_s: float, active: bool, estimator: Estimator | None, topic: str, config: Settings
    ) -> Snapshot:
        """Everything at the steady time ``now_s``; begins a new period."""
        error, self._last_error = self._last_error, None
        depth_error, self._depth_error = self._depth_error, ""
        ages = self._ages.percentiles((*_PERCENTS, 0.0))
        shares = {n: p for n, r in dict(self._stages).items() if (p := r.percentiles(_PERCENTS))}
        detected = list(self._detected)
        offsets_s, self._depth_offsets_s = sorted(self._depth_offsets_s), deque(maxlen=_WINDOW)
        level, measures = self._measures
        precisions = estimator.capabilities.precisions if estimator else ()
        return Snapshot(
            active=active,
            estimator=estimator.name if estimator else config.estimator,
            device=estimator.capabilities.device if estimator else config.device,
            image_topic=topic,
            active_s=now_s - self._active_since_s,
            since_image_s=None if self._image_s is None else now_s - self._image_s,
            input_rate_hz=self._input.rate_hz(now_s),
            output_rate_hz=self._output.rate_hz(now_s),
            latency_budget_ms=config.latency_budget_ms,
            max_image_age_s=config.max_image_age_s,
            dropped=self._dropped.counts(),
            dropped_in_period=self._dropped.take_new(),
            skipped=self._skipped.total(),
            withheld=self._withheld.total(),
            withheld_in_period=sum(self._withheld.take_new().values()),
            age_ms=(ages[0], ages[1], ages[2]) if ages else None,
            age_min_ms=ages[3] if ages else None,
            stages_ms={n: (p[0], p[1], p[2]) for n, p in shares.items()},
            body_ids=self._ids,
            operator_id=self._operator_id or None,
            detector_ratio=sum(detected) / max(1, len(detected)),
            last_error=error,
            warning=estimator.capabilities.warning if estimator else "",
            deadline_level=level,
            deadline_measures=measures,
            depth=self._depth.counts(),
            depth_error=depth_error,
            depth_in_period=self._depth.take_new(),
            depth_offset_s=offsets_s[len(offsets_s) // 2] if offsets_s else None,
            stamps=config.stamps,
            no_transform=self._no_transform,
            precisions={p.network: p.text for p in precisions},
            undecided=any(p.undecided for p in precisions),
        )


def status_message(health: Health, name: str, hardware_id: str) -> DiagnosticStatus:
    """A status for one entry of ``/diagnostics``."""
    return DiagnosticStatus(
        level=bytes([health.level]),
        name=name,
        message=health.text,
        hardware_id=hardware_id,
        values=[KeyValue(key=key, value=value) for key, value in health.values.items()],
    )


def diagnostics(stamp: object, *statuses: DiagnosticStatus) -> DiagnosticArray:
    """The message for ``/diagnostics``."""
    msg = DiagnosticArray(status=list(statuses))
    msg.header.stamp = stamp
    return msg
