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

"""The operator's joints as they are seen: believed or not, smoothed, measured, and told to the gate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from frankmocap_ros.body.frames import BASE_FROM_REST
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.rotation import Array, Mask, dot, quat_conjugate, quat_multiply, quat_rotate
from frankmocap_ros.one_euro import filter_of
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.base_motion import TORSO
from frankmocap_ros.teleop.body_follower import BodyView
from frankmocap_ros.teleop.body_measurement import BodyMeasurement
from frankmocap_ros.teleop.depth_mode import FollowedTargets
from frankmocap_ros.teleop.gate import ArmingStatus
from frankmocap_ros.teleop.operator_state import OperatorState, Poses, Target
from frankmocap_ros.teleop.outlier_rejection import OutlierRejection
from frankmocap_ros.teleop.pose_filter import PoseFilter
from frankmocap_ros.teleop.setpoint import Setpoint
from frankmocap_ros.teleop.uncertainty import depth_shares, followed_stddev, speed_shares, too_uncertain

_SHOULDERS = ("left_shoulder", "right_shoulder")
_GESTURE = ("head", "left_wrist", "right_wrist")
_NEAREST = 1e-3  # m: who is nearer to the camera is in no direction from it
_MOST = 1e6  # m: beyond this a position is as wrong as an infinite one

_WHOLE = tuple(
    name
    for name in BODY.names
    if name.rpartition("_")[2] in ("pelvis", "hip", "knee", "ankle", "elbow", "wrist")
)


def _tracked_whole(config: GateSettings) -> tuple[str, ...]:
    """Joints without which a robot that copies the whole body must not follow."""
    return (*_SHOULDERS, *_WHOLE) if config.sonic_endpoint else ()


class OperatorTracker:
    """The watched joints of the operator, in a level frame.

    Positions are relative to the joint ``relative_to``; orientations are the identity where the joint is as
    in the rest pose of somebody who faces forward.

    Attributes:
        watched: names of the joints, in the order of every array here.

    Args:
        config: settings.
        targets: what the robot follows.
    """

    def __init__(self, config: GateSettings, targets: Sequence[Target]) -> None:
        self._config = config
        self._targets = tuple(t.mirrored() for t in targets) if config.mirror else tuple(targets)
        origin = () if config.relative_to == "camera" else (config.relative_to,)
        chains = [
            name for t in self._targets for name in (t.joint, *t.chain, *((t.origin,) * bool(t.origin)))
        ]
        torso = TORSO if config.base_command != "off" else ()
        body = BODY.names if config.whole_body else ()
        self._required_names = tuple(dict.fromkeys((*config.required_joints, *_tracked_whole(config))))
        wanted = (*origin, *_SHOULDERS, *_GESTURE, *self._required_names, *chains, *torso, *body)
        self.watched = tuple(dict.fromkeys(wanted))
        index = {name: i for i, name in enumerate(self.watched)}
        self._index = index
        self._origin = index[config.relative_to] if origin else None
        self._required = np.array([index[name] for name in self._required_names], dtype=np.intp)
        arming = tuple(dict.fromkeys((*self._required_names, *torso)))
        self._arming, self._arming_at = arming, np.array([index[name] for name in arming], dtype=np.intp)
        self._torso_at = np.array([index[name] for name in torso], dtype=np.intp)
        self._joint_at = np.array([index[t.joint] for t in self._targets], dtype=np.intp)
        self._origin_at = np.array([index.get(t.origin, -1) for t in self._targets], dtype=np.intp)
        self._own = self._origin_at >= 0
        self._chains = [np.array([index[name] for name in t.chain], dtype=np.intp) for t in self._targets]
        self._body = BodyMeasurement(self.watched, filter_of(config)) if body else None
        n = len(self.watched)
        self._filter = PoseFilter(n, filter_of(config))
        self._outliers = OutlierRejection(
            np.full(n, config.reject_speed), np.full(n, config.reject_angular_speed)
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything, as for another person."""
        self._filter.reset()
        self._outliers.reset()
        self._id = 0
        n = len(self.watched)
        self._rejected, self._uncertain = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        self._off = np.full(n, np.nan)
        self._depth_shares = np.ones(n)
        self._sights = np.zeros((n, 3))
        self._last = np.zeros((0, 3))
        self._moved_s = 0.0
        self._lengths = np.zeros(len(self._targets))
        self._lengths_seen = 0
        self._origin_position = np.zeros(3)
        self._tracked = np.zeros(len(self.watched), dtype=bool)
        if self._body is not None:
            self._body.reset()

    def update(self, seen: OperatorState, level: Array) -> ArmingStatus:
        """Take what a message shows.

        Args:
            seen: of the watched joints.
            level: rotation from the optical frame to a level frame, x y z w.
        """
        if seen.operator_id != self._id:
            self.reset()
            self._id = seen.operator_id
        poses = self._sound(seen.poses)
        frozen = self._frozen(poses, seen.captured_s)
        poses = self._certain(poses, seen.stddev)
        poses = poses.rotated(level)
        self._look(poses, quat_rotate(level, seen.camera_position))
        relative = self._relative(poses)
        if not relative.oriented.all():  # those keep their last orientation
            known = relative.oriented[:, None]
            relative = replace(
                relative, orientations=np.where(known, relative.orientations, self._filter.orientations)
            )
        # the origin itself is judged by where it is before the camera: who leaps there is not believed either
        judged = relative.positions
        if self._origin is not None:
            judged = judged.copy()
            judged[self._origin] = poses.positions[self._origin]
        believed = self._outliers.inliers(judged, relative.orientations, seen.captured_s, relative.valid)
        self._rejected = relative.valid & ~believed
        if self._origin is not None and self._rejected[self._origin]:
            believed = np.zeros_like(believed)
        self._filter.measure(replace(relative, valid=believed), seen.captured_s)
        self._tracked = believed & seen.tracked
        if self._origin is not None and believed[self._origin]:
            self._origin_position = poses.positions[self._origin]
        if self._body is not None:
            self._body.measure(poses.positions, self._filter)
        return self._arming_status(seen, frozen)

    def _sound(self, poses: Poses) -> Poses:
        """The poses with everything that is no pose at all not valid, and zero or identity."""
        with np.errstate(invalid="ignore", over="ignore"):
            length = np.sum(poses.orientations * poses.orientations, axis=-1)
            fine = (np.abs(poses.positions) < _MOST).all(axis=-1) & (np.abs(length - 1.0) < 1e-3)
        valid = poses.valid & fine & (poses.confidence >= self._config.min_confidence)
        mask = valid[:, None]
        return Poses(
            np.where(mask, poses.positions, 0.0),
            np.where(mask, poses.orientations, (0.0, 0.0, 0.0, 1.0)),
            np.clip(np.where(valid, poses.confidence, 0.0), 0.0, 1.0),
            valid,
            valid & poses.oriented,
        )

    def _certain(self, poses: Poses, stddev: Array | None) -> Poses:
        """The poses with those that are too uncertain to be followed not valid."""
        if stddev is None:
            stddev = np.full((len(self.watched), 2), np.nan)
        self._depth_shares = depth_shares(stddev, self._config)
        self._off = np.where(poses.valid, followed_stddev(stddev, self._config), np.nan)
        self._uncertain = too_uncertain(self._off, self._config)
        return replace(poses, valid=poses.valid & ~self._uncertain) if self._uncertain.any() else poses

    def _look(self, poses: Poses, camera: Array) -> None:
        """Take the lines of sight of the joints that are seen now; the others keep theirs."""
        ways = poses.positions - camera
        lengths = np.sqrt(dot(ways, ways))
        known = poses.valid & (lengths > _NEAREST)
        sights = ways / np.where(known, lengths, 1.0)[:, None]
        self._sights = np.where(known[:, None], sights, self._sights)

    def _frozen(self, poses: Poses, time_s: float) -> bool:
        """Whether no joint has moved at all for too long: no camera is that still."""
        seen = poses.positions[poses.valid]
        if not np.array_equal(seen, self._last):
            self._last, self._moved_s = seen, time_s
        longest_s = self._config.max_frozen_s
        return bool(longest_s > 0.0 and len(seen) and time_s - self._moved_s > longest_s)

    def _relative(self, poses: Poses) -> Poses:
        positions, valid = poses.positions, poses.valid
        if self._origin is not None:
            positions = positions - positions[self._origin]
            valid = valid & valid[self._origin]
        mask = valid[:, None]
        orientations = quat_multiply(poses.orientations, quat_conjugate(BASE_FROM_REST))
        return Poses(
            np.where(mask, positions, 0.0),
            np.where(mask, orientations, (0.0, 0.0, 0.0, 1.0)),
            poses.confidence,
            valid,
            poses.oriented,
        )

    def _arming_status(self, seen: OperatorState, frozen: bool) -> ArmingStatus:
        valid = self._filter.valid[self._required]
        lost = self._lost(valid)
        if frozen:
            lost = f"no joint has moved for {self._config.max_frozen_s:g} s: the image is frozen"
        unsure = [
            name for name, at in zip(self._arming, self._arming_at, strict=True) if not self._tracked[at]
        ]
        missing = lost or (f"not TRACKED: {', '.join(unsure)}" if unsure else "")
        speed = np.linalg.norm(self._filter.velocities[self._required], axis=-1)
        calm = bool((speed < self._config.calm_speed).all())
        return ArmingStatus(seen.captured_s, seen.operator_id, missing, calm, lost)

    def _lost(self, valid: Mask) -> str:
        """What of the required joints is missing, in words."""
        if valid.all():
            return ""
        if self._origin is not None and not self._filter.valid[self._origin]:
            what = "moved faster than people move" if self._rejected[self._origin] else "not seen"
            what = "too uncertain (hold_stddev_m)" if self._uncertain[self._origin] else what
            return f"{what}: {self._config.relative_to}"
        uncertain = self._uncertain[self._required]
        if uncertain.any():
            off = float(np.max(self._off[self._required][uncertain]))
            limit = f"above hold_stddev_m {self._config.hold_stddev_m:g}"
            return f"uncertain by {off:.2f} m, {limit}: {self._names(uncertain)}"
        leapt = self._rejected[self._required]
        if leapt.any():
            return f"moved faster than people move: {self._names(leapt)}"
        return f"not seen: {self._names(~valid)}"

    def _names(self, which: Mask) -> str:
        names = zip(self._required_names, which, strict=True)
        return ", ".join(name for name, is_it in names if is_it)

    def measure_limbs(self) -> None:
        """Take the lengths of the operator's limbs into account, as seen now."""
        positions, valid = self._filter.positions, self._filter.valid
        if not all(valid[chain].all() for chain in self._chains):
            return
        lengths = [
            float(np.linalg.norm(np.diff(positions[chain], axis=0), axis=-1).sum()) for chain in self._chains
        ]
        self._lengths += lengths
        self._lengths_seen += 1

    def scales(self) -> Array:
        """What one meter of the operator is for each target, shape (N,)."""
        scales = np.full(len(self._targets), self._config.motion_scale)
        for i, target in enumerate(self._targets):
            length = self._lengths[i] / max(1, self._lengths_seen)
            if target.robot_length > 0.0 and length > 0.05:
                scales[i] *= target.robot_length / length
        return scales

    def shoulders(self) -> tuple[Array, Array]:
        """Where the left and the right shoulder are, shape (3,) each."""
        left, right = (self._filter.positions[self._index[name]] for name in _SHOULDERS)
        return left, right

    def torso(self) -> Array | None:
        """Positions of ``TORSO`` before the camera, in a level frame, shape (4, 3) [m].

        None unless all of it is TRACKED in the last message. Only with ``base_command``.
        """
        if not self._tracked[self._torso_at].all():
            return None
        return np.asarray(self._filter.positions[self._torso_at] + self._origin_position)

    def above_head(self) -> tuple[float, float] | None:
        """How far the left and the right wrist are above the head [m]; None where that is not known."""
        at = [self._index[name] for name in _GESTURE]
        if not self._filter.valid[at].all():
            return None
        head, left, right = self._filter.positions[at, 2].tolist()
        return left - head, right - head

    def whole_body(self) -> BodyView | str:
        """All joints of the operator, or which ones have never been seen, in words.

        With ``mirror`` they are those of the operator's image in a mirror.
        """
        if self._body is None:
            return "the whole body is not read"
        view = self._body.view(self._filter)
        return view.mirrored() if self._config.mirror and not isinstance(view, str) else view

    @property
    def time_s(self) -> float:
        """When the joints were measured last; NaN before the first time [s]."""
        return self._filter.time_s

    def followed(self) -> FollowedTargets:
        """What the targets follow, relative to each one's own origin, in the level frame."""
        m, at, origin = self._filter, self._joint_at, self._origin_at
        own = self._own[:, None]
        setpoint = Setpoint(
            positions=m.positions[at] - np.where(own, m.positions[origin], 0.0),
            velocities=m.velocities[at] - np.where(own, m.velocities[origin], 0.0),
            orientations=m.orientations[at],
            angular_velocities=m.angular_velocities[at],
            follow=m.valid[at] & (m.valid[origin] | ~self._own),
        )
        off = np.fmax(self._off[at], np.where(self._own, self._off[origin], np.nan))
        if self._origin is not None:
            off = np.fmax(off, self._off[self._origin])
        return FollowedTargets(
            setpoint,
            confidence=np.minimum(m.confidence[at], np.where(self._own, m.confidence[origin], 1.0)),
            sights=self._sights[at],
            depth_shares=self._depth_shares[at],
            speed_shares=speed_shares(off, self._config),
        )

    def rejected_targets(self) -> Mask:
        """Which targets' joints were not believed in the last message, shape (N,)."""
        return self._rejected[self._joint_at]
