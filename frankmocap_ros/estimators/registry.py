"""Names of the estimators. Each is imported when it is chosen."""

from collections.abc import Callable

from frankmocap_ros.config import MocapConfig
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.base import Estimator


def _mediapipe(config: MocapConfig) -> Estimator:
    from frankmocap_ros.estimators.mediapipe import MediaPipeEstimator

    if config.device not in ("auto", "cpu"):
        raise EstimatorError(
            f"device: {config.device} is not possible with estimator mediapipe; allowed: auto | cpu"
        )
    return MediaPipeEstimator(hands=config.hands)


def _synthetic(config: MocapConfig) -> Estimator:
    from frankmocap_ros.estimators.synthetic import SyntheticEstimator

    return SyntheticEstimator(config.synthetic_motion, config.hands)


ESTIMATORS: dict[str, Callable[[MocapConfig], Estimator]] = {
    "mediapipe": _mediapipe,
    "synthetic": _synthetic,
}
_AUTO = "mediapipe"


def make_estimator(config: MocapConfig) -> Estimator:
    """The estimator that the settings ask for, not yet warmed up.

    Raises:
        EstimatorError: the request cannot be met.
        MissingDependencyError: a package is missing; the text says what to install.
    """
    return ESTIMATORS[_AUTO if config.estimator == "auto" else config.estimator](config)
