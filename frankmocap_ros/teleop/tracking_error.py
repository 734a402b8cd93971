"""How far a robot is from its commands: what may be sent to it, and when it does not follow any more.

A controller that takes a command goes there from where the robot is. The further that is, the more it is a
leap, and a command that is held still is one as well. So nothing is sent that is further from the robot than
``max_error``, and what leads it waits for it before that. A robot that lags is no more than that far behind,
and arrives where it was sent; one that does not arrive is not followed any further.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from frankmocap_ros.errors import RobotLostError
from frankmocap_ros.geometry import Array

LEASH: Final = 0.95
"""Commands lead the robot by this share of ``max_error`` at most: what it tells of itself trembles."""

ARRIVE_S: Final = 0.3
"""A robot that is at the end of its leash must come to where it was sent then within this time."""

LAG_S: Final = 0.15
"""What a robot does in this time it does anyway: so late its answer may be."""

_FAR: Final = 0.9  # of max_error: the end of the leash
_ARRIVED: Final = 0.5  # of max_error: where it was sent to
_PEAK: Final = 1.5  # of the mean speed: a cubic from rest to rest


class TrackingError:
    """Watches how far K values of a robot, its joints or its targets, are from what was sent.

    Args:
        names: of the values.
        distance: how far apart two states are, each with K rows, shape (K,) [rad] or [m].
    """

    def __init__(self, names: Sequence[str], distance: Callable[[Array, Array], Array]) -> None:
        self._names, self._distance = tuple(names), distance
        self.begin()

    def begin(self) -> None:
        """Forget everything."""
        self._since_s = np.full(len(self._names), np.nan)
        self._sent: Array | None = None

    @property
    def waiting(self) -> tuple[str, ...]:
        """Names of what the commands wait for."""
        waiting = np.flatnonzero(~np.isnan(self._since_s))
        return tuple(self._names[i] for i in waiting.tolist())

    def check(self, wanted: Array, measured: Array, max_error: float, time_s: float) -> bool:
        """Whether a state may be sent.

        Args:
            wanted: the state, K rows.
            measured: where the robot is, the same shape.
            max_error: how far apart they may be [rad] or [m], above 0.
            time_s: now [s].

        Raises:
            RobotLostError: the robot does not go along.
        """
        off = self._distance(wanted, measured)
        far = off > _FAR * max_error
        if self._sent is None or not far.any():
            self._since_s[:] = np.nan
            self._sent = wanted.copy()
        begins = far & np.isnan(self._since_s)
        due = far & (time_s - self._since_s >= ARRIVE_S)
        lost = due & (self._distance(self._sent, measured) > _ARRIVED * max_error)
        if lost.any():
            raise RobotLostError(self._in_words(np.where(lost, off, -1.0), max_error))
        begins |= due  # it has arrived where it was, and lags on
        self._since_s[~far] = np.nan
        self._since_s[begins] = time_s
        self._sent[begins] = wanted[begins]
        return bool((off <= max_error).all())

    def _in_words(self, off: Array, max_error: float) -> str:
        worst = int(np.argmax(off))
        return (
            f"the robot does not follow: {self._names[worst]} is {off[worst]:.2f} from its command, and has "
            f"been for {ARRIVE_S:g} s (max_tracking_error is {max_error:g}); see whether its controller is "
            "active, and what it refuses, then engage again"
        )


class ReachTime:
    """How long joints need from where they are to a posture, so that no controller has them leap there.

    What they do anyway is left out: joints that follow with a lag are on their way, and would only lag more.
    Whatever stood still a moment ago has the whole way before it.

    Args:
        max_speed: shape (J,), of the joints [1/s].
    """

    def __init__(self, max_speed: Array) -> None:
        self._max_speed = max_speed
        self._past: deque[tuple[float, Array]] = deque()

    def begin(self) -> None:
        """Forget everything."""
        self._past.clear()

    def least_s(self, positions: Array, measured: Array, time_s: float) -> float:
        """The time [s].

        Args:
            positions: of the posture, shape (J,) [rad] or [m].
            measured: where the joints are, shape (J,).
            time_s: now; later than at the last call [s].
        """
        past = self._past
        past.append((time_s, measured))
        while past[0][0] < time_s - LAG_S:
            past.popleft()
        lately = next(joints for then_s, joints in past if then_s >= time_s - LAG_S / 3.0)
        way = positions - measured
        # on its way for long enough, and not at rest again
        done = np.minimum(np.sign(way) * (measured - past[0][1]), 3.0 * np.sign(way) * (measured - lately))
        left = np.abs(way) - np.maximum(done, 0.0)
        return _PEAK * max(0.0, float((left / self._max_speed).max(initial=0.0)))
