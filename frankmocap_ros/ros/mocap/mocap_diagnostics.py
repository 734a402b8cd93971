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

"""The statuses of a mocap node: one for each camera, and one for a camera that it opened itself."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from frankmocap_ros.ros.common.diagnostics_messages import Monitor
from frankmocap_ros.ros.mocap.inputs import OwnCamera, Subscriptions
from frankmocap_ros.ros.mocap.stream import Stream
from frankmocap_ros.runtime.diagnostic_rules import SILENT_WARN_S
from frankmocap_ros.runtime.diagnostics import Health, assess
from frankmocap_ros.runtime.snapshot import Snapshot
from frankmocap_ros.settings.mocap import Settings


def healths(
    streams: Sequence[Stream],
    inputs: Sequence[Subscriptions | OwnCamera],
    config: Settings,
    problem: str | None,
) -> Iterator[tuple[Health, str]]:
    """Each health with what it is of.

    Args:
        streams: the cameras; none where the node is not configured.
        inputs: where their images come from; none where the node is not active.
        config: the settings.
        problem: which lifecycle transition failed and why, None where none did.
    """
    now_s = time.perf_counter()
    if not streams:
        monitor = Monitor()
        monitor.reset(now_s)
        if problem is not None:
            monitor.failed(problem)
        health = assess(monitor.snapshot(now_s, False, None, "image", config))
        yield health if problem is None else replace(health, text=problem), "body tracking"
    for slot, stream in enumerate(streams):
        active = slot < len(inputs)  # each begins by itself
        topic = inputs[slot].topic if active else stream.image
        snapshot = stream.monitor.snapshot(now_s, active, stream.pipeline.estimator, topic, config)
        if active:
            snapshot = _with_inputs(snapshot, stream, inputs[slot], now_s)
        yield assess(snapshot), f"body tracking {stream.name}".rstrip()
    for one in inputs:
        if isinstance(one, OwnCamera):
            yield one.loop.health(now_s), "images"


def _with_inputs(
    snapshot: Snapshot, stream: Stream, source: Subscriptions | OwnCamera, now_s: float
) -> Snapshot:
    """A snapshot with what is known of the camera's topics; the graph is asked about what is missing."""
    snapshot = replace(snapshot, stamp_fault=stream.stamp_fault)
    if isinstance(source, OwnCamera):
        known = (
            "the source's own" if stream.calibrated else "the source has none; horizontal_fov_deg is assumed"
        )
        return replace(snapshot, calibration=known)
    unheard = [*source.unheard(now_s), source.misplaced()]
    silent = snapshot.since_image_s is None or snapshot.since_image_s >= SILENT_WARN_S
    return replace(
        snapshot,
        no_image=source.silence() if silent else "",
        unheard=tuple(words for words in unheard if words),
        calibration=source.calibration(),
        calibration_fault=stream.calibration.fault,
    )
