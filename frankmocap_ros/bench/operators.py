"""What is seen of an operator over time: somebody who exercises, or a person in a video."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from frankmocap_ros.body.kinematics import forward_kinematics
from frankmocap_ros.body.pose import Frame, Hand, JointState
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.geometry.rotation import Array, quat_from_rotvec, quat_multiply
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.operator_state import OperatorState, Poses

RATE_HZ = 30.0
STILL_S = 2.0
"""The exercise begins from a standstill of so long."""
_GROW_S = 2.0  # how long its movements take to become as large as they are
_PERIODS_S = {"left": (4.1, 6.3, 3.1), "right": (4.7, 5.6, 3.4)}  # of swing, lift and bend


@dataclass(frozen=True, eq=False)
class Sight:
    """One image's operator.

    Attributes:
        time_s: the image's time [s].
        operator_id: 0 for nobody.
        names: of the joints.
        positions: shape (J, 3), in the optical frame [m].
        orientations: shape (J, 4), x y z w.
        confidence: shape (J,), of the positions.
        oriented: shape (J,), whether orientations are known.
        states: shape (J,), values of ``JointState``.
        hands: the operator's.
    """

    time_s: float
    operator_id: int
    names: tuple[str, ...]
    positions: Array
    orientations: Array
    confidence: Array
    oriented: Array
    states: Array
    hands: tuple[Hand, ...] = ()

    def state(self, watched: Sequence[str]) -> OperatorState:
        """What it says of some joints."""
        rows = [self.names.index(name) for name in watched if name in self.names]
        at = [i for i, name in enumerate(watched) if name in self.names]
        n = len(watched)
        positions, confidence = np.zeros((n, 3)), np.zeros(n)
        orientations = np.tile((0.0, 0.0, 0.0, 1.0), (n, 1))
        valid, oriented, tracked = (np.zeros(n, dtype=bool) for _ in range(3))
        positions[at], orientations[at] = self.positions[rows], self.orientations[rows]
        confidence[at] = self.confidence[rows]
        states = self.states[rows]
        tracked[at] = states == JointState.TRACKED
        valid[at] = (states == JointState.TRACKED) | (states == JointState.PREDICTED)
        oriented[at] = valid[at] & (self.oriented[rows] > 0.0)
        poses = Poses(positions, orientations, confidence, valid, oriented)
        return OperatorState(self.time_s, self.operator_id, poses, tracked, hands=self.hands)

    def at(self) -> dict[str, tuple[float, float, float]]:
        """Where the joints are that are seen: name -> position [m]."""
        seen = (self.states == JointState.TRACKED) | (self.states == JointState.PREDICTED)
        return {
            name: (float(p[0]), float(p[1]), float(p[2]))
            for name, p, is_seen in zip(self.names, self.positions, seen, strict=True)
            if is_seen
        }


def exercise(seconds: float) -> list[Sight]:
    """Somebody who swings, lifts and bends both arms, each in its own time, as large as arms go [s]."""
    figure = scene("wave", 0.0)[0]
    found = []
    for n in range(round(seconds * RATE_HZ)):
        time_s = n / RATE_HZ
        share = min(max((time_s - STILL_S) / _GROW_S, 0.0), 1.0)
        share *= share * (3.0 - 2.0 * share)
        local = figure.local_rotations_xyzw.copy()
        for side, sign in (("left", 1.0), ("right", -1.0)):
            swing, lift, bend = (
                0.5 * share * (1.0 - math.cos(math.tau * (time_s - STILL_S) / period))
                for period in _PERIODS_S[side]
            )
            shoulder = _product((-1.2 * swing, 0.0, 0.0), (0.0, 0.0, sign * (1.1 * lift - 1.25)))
            local[BODY_WITH_HANDS.index[f"{side}_shoulder"]] = shoulder
            local[BODY_WITH_HANDS.index[f"{side}_elbow"]] = _product((0.0, -sign * (0.3 + 1.2 * bend), 0.0))
        positions, orientations = forward_kinematics(
            BODY_WITH_HANDS, figure.positions[0], local, figure.offsets
        )
        n_joints = len(BODY)
        # nobody is so still that no joint moves at all: an image that is would count as frozen
        trembling = 2e-4 * np.sin(37.0 * time_s + np.arange(3 * n_joints)).reshape(n_joints, 3)
        seen = np.full(n_joints, float(JointState.TRACKED))
        sure = np.ones(n_joints)
        found.append(
            Sight(time_s, 1, BODY.names, positions[:n_joints] + trembling, orientations[:n_joints],
                  sure, sure, seen)
        )  # fmt: skip
    return found


def _product(*turns: tuple[float, float, float]) -> Array:
    """Rotations as one; the last of them is applied first [rad]."""
    result = quat_from_rotvec(np.array(turns[0]))
    for turn in turns[1:]:
        result = quat_multiply(result, quat_from_rotvec(np.array(turn)))
    return result


def to_and_fro(seen: Sequence[Sight], seconds: float) -> list[Sight]:
    """A recorded operator forwards and backwards, again and again, for so long [s].

    Args:
        seen: the recording; its first image is at 0 s or later.
        seconds: how long.
    """
    step_s = (seen[-1].time_s - seen[0].time_s) / (len(seen) - 1)
    order = [*range(len(seen)), *range(len(seen) - 2, 0, -1)]
    count = round(seconds / step_s)
    return [replace(seen[order[n % len(order)]], time_s=n * step_s) for n in range(count)]


def sights(frames: Iterable[Frame]) -> list[Sight]:
    """The operator in the frames of a video."""
    found = []
    for frame in frames:
        body = next((b for b in frame.bodies if b.id == frame.operator_id and b.has_3d), None)
        if body is None:
            empty = np.zeros(0)
            found.append(Sight(frame.time_s, 0, (), np.zeros((0, 3)), np.zeros((0, 4)), empty, empty, empty))
            continue
        oriented = body.orientation_confidence * body.has_orientation
        found.append(
            Sight(frame.time_s, body.id, body.skeleton.names, body.positions, body.orientations_xyzw,
                  body.confidence, oriented, body.states.astype(float), body.hands)
        )  # fmt: skip
    return found
