"""Turns rates, ages and faults into one status: OK, WARN or ERROR with a text that says what to do."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

DROP_OVERWRITTEN = "overwritten"  # a newer image came before this one's turn: normal when images come fast
DROP_TOO_OLD = "too_old"  # older than max_image_age_s when its turn came
DROP_NO_TRANSFORM = "no_transform"  # TF did not know the camera in target_frame at the image's time
DROP_OUT_OF_ORDER = "out_of_order"  # stamped a little earlier than an image that came before it
# every other reason to drop an image is a malformed image's, ``ImageError.reason``

SILENT_WARN_S = 1.0
SILENT_ERROR_S = 3.0
CLOCKS_APART_MS = 1.0  # a stamp that is less ahead comes from a clock that is read in steps, as /clock is

Percentiles = tuple[float, float, float]


class Level(IntEnum):
    """How it goes; same numbers as in ``diagnostic_msgs/DiagnosticStatus``."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3  # nothing was heard; for whoever listens, ``assess`` does not give it


@dataclass(frozen=True)
class Health:
    """One status.

    Attributes:
        level: the worst of all findings.
        text: all findings, the worst first.
        values: name -> text, for people and plots.
    """

    level: Level
    text: str
    values: dict[str, str]


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
        no_transform: which transform was not known last, and why; empty for none.
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
    no_transform: str = ""


Finding = tuple[Level, str]


def _estimator_fails(s: Snapshot) -> Finding | None:
    if s.last_error is None:
        return None
    return Level.ERROR, f"estimator {s.estimator} failed: {s.last_error}"


def _of_no_use(s: Snapshot) -> Finding | None:
    return (Level.WARN, s.warning) if s.warning else None


def _no_image(s: Snapshot) -> Finding | None:
    never = s.since_image_s is None
    silent_s = s.active_s if s.since_image_s is None else s.since_image_s
    if not s.active or (silent_s < SILENT_WARN_S and not never):
        return None
    level = Level.ERROR if silent_s >= SILENT_ERROR_S else Level.WARN
    if never:
        return level, (
            f"no image yet on {s.image_topic} after {silent_s:.1f} s: start the camera or remap image; "
            f"list publishers with: ros2 topic info --verbose {s.image_topic}"
        )
    return level, (
        f"no image on {s.image_topic} for {silent_s:.1f} s: check that the camera still runs; "
        f"show its rate with: ros2 topic hz {s.image_topic}"
    )


def _clocks_disagree(s: Snapshot) -> Finding | None:
    if not s.active or s.age_min_ms is None or s.age_min_ms > -CLOCKS_APART_MS:
        return None
    return Level.WARN, (
        f"clocks disagree: image stamps are up to {-s.age_min_ms:.1f} ms in the future; synchronize the "
        "clocks of camera and node (chrony, PTP) or check use_sim_time"
    )


def _malformed(s: Snapshot) -> Finding | None:
    reasons = {
        r: n
        for r, n in s.dropped_in_period.items()
        if n and r not in (DROP_OVERWRITTEN, DROP_TOO_OLD, DROP_NO_TRANSFORM, DROP_OUT_OF_ORDER)
    }
    if not s.active or not reasons:
        return None
    return Level.WARN, (
        f"malformed images dropped: {_counts(reasons)}; check encoding, step and size of the "
        f"images on {s.image_topic}"
    )


def _bad_depth(s: Snapshot) -> Finding | None:
    if not s.active or not s.depth_error:
        return None
    return Level.WARN, f"depth is not used: {s.depth_error}"


def _too_old(s: Snapshot) -> Finding | None:
    n = s.dropped_in_period.get(DROP_TOO_OLD, 0)
    if not s.active or not n:
        return None
    return Level.WARN, (
        f"{n} images dropped for exceeding max_image_age_s ({s.max_image_age_s:g} s): check the clocks of "
        "camera and node, lower resize_short or raise max_image_age_s"
    )


def _out_of_order(s: Snapshot) -> Finding | None:
    n = s.dropped_in_period.get(DROP_OUT_OF_ORDER, 0)
    if not s.active or not n:
        return None
    return Level.WARN, (
        f"{n} images dropped because their stamps are out of order: check that only one driver "
        f"publishes {s.image_topic} (ros2 topic info --verbose {s.image_topic}), and that it sends images in "
        "the order of their stamps"
    )


def _no_transform(s: Snapshot) -> Finding | None:
    n = s.dropped_in_period.get(DROP_NO_TRANSFORM, 0)
    if not s.active or not n:
        return None
    return Level.ERROR, (
        f"{n} images were not published: no transform {s.no_transform}; check that a node publishes it "
        "on /tf or /tf_static with the images' clock, or raise transform_wait_ms if it arrives late"
    )


def _late(s: Snapshot) -> Finding | None:
    if not s.active or s.age_ms is None or s.age_ms[1] <= s.latency_budget_ms:
        return None
    return Level.WARN, (
        f"age p95 {s.age_ms[1]:.1f} ms exceeds the budget of {s.latency_budget_ms:.1f} ms: "
        "lower resize_short or the image rate, or raise latency_budget_ms"
    )


def _leaves_out(s: Snapshot) -> Finding | None:
    if not s.active or not s.deadline_level:
        return None
    return Level.WARN, (
        f"reduces processing to keep the budget of {s.latency_budget_ms:.1f} ms: {s.deadline_measures}; to "
        "process everything in time, use a faster preset, estimator or engine, or raise latency_budget_ms"
    )


# in the order in which findings of the same level are told
_RULES: tuple[Callable[[Snapshot], Finding | None], ...] = (
    _estimator_fails,
    _of_no_use,
    _no_image,
    _clocks_disagree,
    _malformed,
    _bad_depth,
    _too_old,
    _out_of_order,
    _no_transform,
    _late,
    _leaves_out,
)


def assess(snapshot: Snapshot) -> Health:
    """Status of the node: every rule speaks, the worst level wins and its text stands first."""
    findings = [f for rule in _RULES if (f := rule(snapshot)) is not None]
    findings.sort(key=lambda f: -f[0])  # stable: the rules' order within a level
    if not findings:
        findings = [(Level.OK, _fine(snapshot))]
    return Health(findings[0][0], "; ".join(text for _, text in findings), dict(_values(snapshot)))


def _fine(s: Snapshot) -> str:
    """What there is to say when nothing is wrong."""
    if not s.active:
        return "inactive: no images are processed until the node is activated"
    if not s.body_ids:
        return "running, nobody in view"
    people = "1 person" if len(s.body_ids) == 1 else f"{len(s.body_ids)} people"
    return f"tracking {people}" + ("" if s.operator_id is None else f", operator {s.operator_id}")


def _values(s: Snapshot) -> Iterator[tuple[str, str]]:
    """Every number as (name, text)."""
    yield "state", "active" if s.active else "inactive"
    yield "estimator", s.estimator
    yield "device", s.device
    yield "image_topic", s.image_topic
    yield "input_rate_hz", f"{s.input_rate_hz:.2f}"
    yield "output_rate_hz", f"{s.output_rate_hz:.2f}"
    yield "since_image_s", "never" if s.since_image_s is None else f"{s.since_image_s:.2f}"
    yield "dropped", str(sum(s.dropped.values()))
    for reason, n in sorted(s.dropped.items()):
        yield f"dropped/{reason}", str(n)
    yield "skipped", str(s.skipped)
    yield "latency_budget_ms", f"{s.latency_budget_ms:.1f}"
    if s.age_ms is not None:
        yield from _percentiles("age", s.age_ms)
    for stage, percentiles in s.stages_ms.items():
        yield from _percentiles(stage, percentiles)
    yield "tracked_ids", " ".join(map(str, s.body_ids)) or "none"
    yield "operator_id", "none" if s.operator_id is None else str(s.operator_id)
    for outcome, n in sorted(s.depth.items()):
        yield f"depth/{outcome}", str(n)
    yield "deadline_level", str(s.deadline_level)
    yield "deadline_measures", s.deadline_measures or "none"
    yield "detector_ratio", f"{s.detector_ratio:.3f}"
    yield "last_error", s.last_error or "none"


def _percentiles(name: str, p: Percentiles) -> Iterator[tuple[str, str]]:
    """Three percentiles as three numbers, so that they can be plotted."""
    for percent, ms in zip((50, 95, 99), p, strict=True):
        yield f"{name}_ms/p{percent}", f"{ms:.2f}"


def _counts(counts: Mapping[str, int]) -> str:
    """Counts in words, the largest first: ``bad_step 3, truncated 1``."""
    return ", ".join(f"{name} {n}" for name, n in sorted(counts.items(), key=lambda c: (-c[1], c[0])))
