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

"""Quantizes FrankMocap's networks by images of people, and keeps what moves the joints little.

Only the trunks run in 8 bits. What that does is measured where it counts: in millimeters at the joints, on
crops that took no part in the quantization.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.body.joint_error import MEAN_LIMIT_MM, JointError, limits_text
from frankmocap_ros.engines import int8
from frankmocap_ros.engines.available import Option
from frankmocap_ros.engines.base import Engine, EngineOptions
from frankmocap_ros.engines.measuring import measure
from frankmocap_ros.engines.openvino import OpenVinoEngine
from frankmocap_ros.engines.torch import load_torch
from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.estimators.availability import chosen_detector
from frankmocap_ros.estimators.detectors import make_detector
from frankmocap_ros.estimators.frankmocap.augmented_crops import BodyForHands
from frankmocap_ros.estimators.frankmocap.int8_crops import CalibrationImages, Crops, gather
from frankmocap_ros.estimators.frankmocap.int8_notes import NETWORKS, error_text, networks_here
from frankmocap_ros.estimators.frankmocap.joint_error import joint_error, joints_of
from frankmocap_ros.estimators.frankmocap.regressors import body_regressor, joint_model_of, regressor_of

_BATCH: Final = 8  # crops at a time

Tell = Callable[[str], None]


@dataclass(frozen=True)
class CalibrationOptions:
    """How to quantize.

    Attributes:
        limit_mm: the largest mean error of the joints; its 99th percentile may be four times that [mm].
        any_error: keep the network whatever its error is.
        again: quantize also what was quantized before.
        engine: threads and cache.
    """

    limit_mm: float = MEAN_LIMIT_MM
    any_error: bool = False
    again: bool = False
    engine: EngineOptions = field(default_factory=lambda: EngineOptions(device="cpu"))


@dataclass(frozen=True)
class Outcome:
    """What became of one network.

    Attributes:
        key: ``body_smpl``, ``body_smplx`` or ``hand``.
        state: kept; refused, so that nothing changed; or already there from before.
        text: one line for people.
        error: of the joints, where it was measured now.
        speed: how many times as fast as OpenVINO in float32, None where that was not measured.
    """

    key: str
    state: Literal["kept", "refused", "already"]
    text: str
    error: JointError | None = None
    speed: float | None = None


def _check(store: AssetStore, keys: Sequence[str]) -> None:
    """Refuse networks that are not known or not here, and a machine without torch."""
    unknown = [key for key in keys if key not in NETWORKS]
    if unknown:
        raise EstimatorError(f"network {unknown[0]!r} is not known; allowed: {' | '.join(NETWORKS)}")
    wanted = [file for key in keys or ("body_smpl",) for file in NETWORKS[key]]
    lacking = store.missing(list(dict.fromkeys(wanted)))
    if lacking:
        names = ", ".join(asset.path for asset in lacking)
        raise AssetError(
            f"{', '.join(keys or NETWORKS)} cannot be quantized, as {names} is missing in {store.folder}; "
            "put it there, and look with: frankmocap_ros doctor"
        )
    load_torch()


def _already(key: str, notes: Mapping[str, Any]) -> Outcome:
    return Outcome(key, "already", f"ok: {key} INT8: quantized before{error_text(notes)}; again with --force")


def _crops(
    store: AssetStore, images: CalibrationImages, hands: bool, tell: Tell, options: CalibrationOptions
) -> dict[str, Crops]:
    """Crops of people, and of hands where they are wanted."""
    with contextlib.ExitStack() as stack:
        body = None
        if hands:
            regressor = body_regressor(store, use_smplx=True)
            engine = stack.enter_context(
                contextlib.closing(OpenVinoEngine(regressor.trunk, "fp32", options.engine))
            )
            body = BodyForHands(regressor, engine, joint_model_of(store, "smplx"))
        detector = make_detector(chosen_detector("auto"), store)
        stack.enter_context(contextlib.closing(detector))
        crops = gather(images, detector, body, tell)
    crops["body"].check("people", images.name)
    return crops


def _quantized(store: AssetStore, key: str, crops: Crops, tell: Tell, options: CalibrationOptions) -> Outcome:
    """Quantize one network, look at its error, and keep it or not."""
    try:
        crops.check("hands" if key == "hand" else "people", "these images")
    except EstimatorError as few:
        return Outcome(key, "refused", f"REFUSED: {key} INT8: {few}")
    regressor, to_joints = regressor_of(store, key), joints_of(store, key)
    tell(f"{key}: quantizing with {len(crops.calibration)} crops; this takes a minute or two")
    quantized = int8.quantize(regressor.trunk, crops.calibration, options.engine)
    exact = OpenVinoEngine(regressor.trunk, "fp32", options.engine)
    with contextlib.closing(quantized.engine), contextlib.closing(exact):
        joints = [
            to_joints(regressor.head(_features(engine, crops.held_out)))
            for engine in (quantized.engine, exact)
        ]
        error, speed = joint_error(*joints), _speed(quantized.engine, exact, crops.held_out[:1])
    text = f"{error.text}{'' if crops.apart else ' of the same images'}{_speed_text(speed)}"
    too_far = not error.within(options.limit_mm)
    if too_far and not options.any_error:
        return Outcome(key, "refused", f"REFUSED: {key} INT8: {text}; {_refusal(options)}", error, speed)
    quantized.keep({"network": key, "joints": asdict(error), "speed": speed, "standin": store.is_standin})
    warning = "" if error.within() else f"; auto does not take it, as it allows {limits_text()}"
    return Outcome(key, "kept", f"ok: {key} INT8: {text}{warning}", error, speed)


def _features(engine: Engine, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    parts = [engine(crops[first : first + _BATCH]) for first in range(0, len(crops), _BATCH)]
    return np.concatenate(parts)


def _speed(quantized: Engine, exact: Engine, crops: NDArray[np.uint8]) -> float | None:
    """How many times as fast one is as the other; None where one of them gives nonsense."""
    engines = {Option(engine.name, engine.precision, engine.device): engine for engine in (quantized, exact)}
    times_ms = {row.option.precision: row.p50_ms for row in measure(engines, crops)}
    speed = times_ms["fp32"] / times_ms["int8"]
    return speed if 0.0 < speed < float("inf") else None


def _speed_text(speed: float | None) -> str:
    if speed is None:
        return ""
    slow = "" if speed > 1.0 else ", so that auto does not take it"
    return f"; {speed:.1f} times as fast as fp32{slow}"


def _refusal(options: CalibrationOptions) -> str:
    return (
        f"allowed are {limits_text(options.limit_mm)}, so nothing changed; take a longer "
        "video of several people and places with --calibration, or allow more with --limit-mm or --any-error"
    )


def quantize_networks(
    store: AssetStore,
    images: CalibrationImages,
    tell: Tell,
    keys: Sequence[str] | None = None,
    options: CalibrationOptions | None = None,
) -> list[Outcome]:
    """Quantize networks, and keep those whose joints stay where they are.

    Takes a minute or two a network.

    Args:
        store: FrankMocap's files.
        images: of people; read once, and only where something is to be done.
        tell: told how it goes, and of each outcome in one line.
        keys: which networks of ``NETWORKS``; by default all whose files are there.
        options: how.

    Raises:
        AssetError: a network's files are missing or damaged, or the cache cannot be written.
        EstimatorError: too few people are in the images.
        MissingDependencyError: OpenVINO, NNCF or torch is not installed.
        SourceError: the images cannot be read.
    """
    options = options or CalibrationOptions()
    keys = networks_here(store) if keys is None else keys
    _check(store, keys)
    int8.check_installed()
    outcomes, waiting = [], []
    for key in keys:
        notes = None if options.again else int8.notes(regressor_of(store, key).trunk, options.engine)
        if notes is None:
            waiting.append(key)
        else:
            outcomes.append(_already(key, notes))
            tell(outcomes[-1].text)
    if not waiting:
        return outcomes
    crops = _crops(store, images, "hand" in waiting, tell, options)
    for key in waiting:
        outcomes.append(_quantized(store, key, crops["hand" if key == "hand" else "body"], tell, options))
        tell(outcomes[-1].text)
    if store.is_standin:
        measured = [outcome.error for outcome in outcomes if outcome.error is not None]
        moves = ", ".join(f"{error.moves_mm:.2g} mm" for error in measured)
        if measured:
            tell(
                f"stand-in weights: the joints move by only {moves} from crop to crop, so these errors say "
                "little of real weights"
            )
    return outcomes
