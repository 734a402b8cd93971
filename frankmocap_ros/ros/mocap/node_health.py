"""The statuses of a mocap node: one for each camera, and one for a camera that it opened itself."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from frankmocap_ros.ros.common.monitor import Monitor
from frankmocap_ros.ros.mocap.stream import OwnCamera, Stream, Subscriptions
from frankmocap_ros.runtime.health import Health, assess
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
        yield assess(snapshot), f"body tracking {stream.name}".rstrip()
    for one in inputs:
        if isinstance(one, OwnCamera):
            yield one.loop.health(now_s), "images"
