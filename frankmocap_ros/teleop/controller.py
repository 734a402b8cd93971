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

"""From what is seen of the operator to commands: gate, clutch, prediction and limits put together.

The caller gives messages as they come (``observe``) and lets time pass at the rate of the commands
(``tick``); times are of one steady clock, in seconds. Nothing here knows ROS or reads a clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from frankmocap_ros.body.frames import level_from_settings
from frankmocap_ros.body.pose import Hand
from frankmocap_ros.body.posture import BodyPosture
from frankmocap_ros.errors import RetargetError, RobotLostError, SettingError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array
from frankmocap_ros.runtime.stamp_order import Arrival
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.base_motion import BaseMotion
from frankmocap_ros.teleop.body_follower import BodyFollower
from frankmocap_ros.teleop.command import Command, Robot
from frankmocap_ros.teleop.command_limiter import limits_of
from frankmocap_ros.teleop.engagement import Engagement
from frankmocap_ros.teleop.gate import BY_GESTURE, Gate, State
from frankmocap_ros.teleop.gesture import RaisedHands
from frankmocap_ros.teleop.hands.grip_calibration import OperatorRanges
from frankmocap_ros.teleop.hands.operator_grips import OperatorGrips
from frankmocap_ros.teleop.hands.robot_sides import robot_hands
from frankmocap_ros.teleop.message_reception import MessageReception
from frankmocap_ros.teleop.objections import Objections
from frankmocap_ros.teleop.operator_state import OperatorState, Target
from frankmocap_ros.teleop.operator_tracker import OperatorTracker
from frankmocap_ros.teleop.size_request import CALIBRATING, SizeRequest
from frankmocap_ros.teleop.tracking_quality import TrackingQuality
from frankmocap_ros.teleop.wording import numbered


class Controller:
    """Everything between what is seen and what is commanded.

    Attributes:
        tracking_quality: lag and jitter of the commands.
        grips: what opens and shuts grippers; replaced by ``configure``.
        level: rotation from the optical frame to a level frame, or why it is not known, in words. Set from
            the settings; what knows better (gravity: imu, heading: tf) sets it.
        config: the settings.
        reception: which messages are taken.
        objections: what forbids to follow, whatever the operator does.
        size: asks for the operator's size while arming.

    Args:
        config: settings.
        targets: what the robot follows.
        robot: where it is, and what it is sent.
        time_s: now [s].
        on_change: called after every change of the gate's state or reason.
    """

    def __init__(
        self,
        config: GateSettings,
        targets: Sequence[Target],
        robot: Robot,
        time_s: float,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._targets = tuple(targets)
        self._robot = robot
        self._gate = Gate(config, time_s, on_change)
        self.tracking_quality = TrackingQuality()
        self.reception = MessageReception(config.bodies)
        self._gate.why_unseen = self.reception.why_unseen
        self.objections = Objections(self._gate, self.reception.run)
        self.size = SizeRequest(self._gate)
        self._body = BodyFollower()  # its posture outlasts changes of settings
        self._grip_ranges: OperatorRanges = {}  # as these do
        self.configure(config)
        self._tick_s = time_s

    @property
    def watched(self) -> tuple[str, ...]:
        """Names of the joints that an ``OperatorState`` is to hold."""
        return self._operator.watched

    @property
    def state(self) -> State:
        """State of the gate."""
        return self._gate.state

    @property
    def reason(self) -> str:
        """Why the gate is in this state, in words."""
        return self._gate.reason

    @property
    def operator_id(self) -> int:
        """Who is in control, or about to be; 0 for nobody."""
        return self._gate.operator_id

    @property
    def idle(self) -> bool:
        """Whether nobody is in control, nor about to be: DISENGAGED or FAULT."""
        return self._gate.state in (State.DISENGAGED, State.FAULT)

    def age_s(self, time_s: float) -> float:
        """Age of what was seen last [s]; infinite before anything was."""
        return self._gate.age_s(time_s)

    def arming_left_s(self, time_s: float) -> float:
        """How long the operator has still to hold still until commands flow [s]; 0 unless ARMING."""
        return self._gate.arming_left_s(time_s)

    def configure(self, config: GateSettings) -> None:
        """Take other settings; only while nothing is engaged."""
        self.config = config
        self._gate.config = config
        for stop in self.objections.stops:
            stop.configure(config)
        limits_of(config, self._targets)  # refuses a workspace that leaves nothing
        self._operator = OperatorTracker(config, self._targets)
        self._base = BaseMotion(config)
        self.grips = OperatorGrips(config, self._grip_ranges)
        self._hands = RaisedHands(config.gesture_s)
        self._fingers: tuple[Hand, ...] = ()  # the operator's hands, as seen last
        self._engagement: Engagement | None = None
        self._body.end()
        self._limits_hit: tuple[str, ...] = ()
        radians = np.radians((config.camera_roll_deg, config.camera_pitch_deg, config.camera_yaw_deg))
        self.level: Array | str = level_from_settings(*radians)

    def request(self, time_s: float) -> str:
        """Ask for control; returns why it is refused, or nothing."""
        refusal = self.refusal(time_s) or self._gate.request(time_s)
        if not refusal:
            self._forget()
            self._operator.reset()
            self.grips.arm()
            refusal = self.size.begin(time_s)
        return refusal

    def _grips_asked(self, time_s: float) -> str:
        """What the operator has to do to calibrate hands; nothing after half of the time: it is optional."""
        config = self.config
        until_s = min(0.5 * config.arming_timeout_s, config.arming_timeout_s - 2.0 * config.arming_s)
        return self.grips.asked(self._robot.openings()) if time_s - self._gate.entered_s < until_s else ""

    def refusal(self, time_s: float) -> str:
        """Why a request would be refused now, with the next step; empty where it would be taken."""
        if self._gate.state in (State.FAULT, State.ARMING, State.ENGAGED):
            return self._gate.refusal(time_s)
        level = self.level if isinstance(self.level, str) else ""
        objections = self.objections
        refusals = [objections.conflict(time_s), self._gate.refusal(time_s), level]
        refusals += [objections.stop_refusal(time_s), *objections.refusals]
        if any(refusals):
            return numbered((*refusals, self._robot.unknown()))
        robot = self._robot.begin()
        return robot if isinstance(robot, str) else ""

    def obstacles(self, time_s: float) -> tuple[str, ...]:
        """Why nothing could be engaged now, besides what the operator can see to; each with the next step.

        While something is engaged, only what ends it.
        """
        objections = self.objections
        stamps = "" if self._gate.fresh(time_s) else self.reception.stamp_problem(time_s)
        found = [objections.conflict(time_s) or stamps]
        if self.idle:
            found += [objections.stop_refusal(time_s), *objections.refusals, self._robot.unknown()]
        return tuple(text for text in found if text)

    def release(self, reason: str, time_s: float) -> None:
        """Give control back: DISENGAGED, unless it is FAULT."""
        self._gate.release(reason, time_s)

    def fault(self, reason: str, time_s: float) -> None:
        """Something broke: no commands until ``reset``."""
        self._gate.fault(reason, time_s)

    def reset(self, time_s: float) -> None:
        """Leave FAULT."""
        self._gate.reset(time_s)

    def deadman(self, pressed: bool, time_s: float) -> None:
        """Take a message of the deadman's switch."""
        self._gate.deadman(pressed, time_s)

    def follows(self, run_id: int, time_s: float) -> bool:
        """Whether a message of this run counts; if so, give what it shows to ``observe``.

        While a run is followed another one is left out, and ends following.
        """
        if not self.reception.follows(run_id, time_s, may_change=self.idle):
            self.objections.check_conflict(time_s)
            return False
        if self.reception.changes_run(run_id):
            self._operator.reset()
            self.grips.forget()
        return True

    def observe(self, seen: OperatorState, time_s: float) -> None:
        """Take what a message of the followed run shows."""
        if not self._takes(seen.captured_s, time_s):
            return
        level = self.level
        if isinstance(level, str):
            level = IDENTITY_XYZW  # nothing is engaged without it
        status = self._operator.update(seen, level)
        calibrating = self.size.pending
        self.grips.observe(seen)
        if calibrating:
            status = replace(status, missing=CALIBRATING)
        elif self._gate.state is State.ARMING and not status.missing:
            status = replace(status, missing=self._grips_asked(time_s))
        self._base.observe(self._operator.torso())
        self._gate.observe(status, time_s)
        is_operator = seen.operator_id == self._gate.operator_id
        self._fingers = robot_hands(seen.hands, self.config) if is_operator else ()
        if self._gate.state is State.ARMING and not calibrating:
            self._operator.measure_limbs()
        elif self._gate.following and self._engagement is not None:
            self._engagement.observe()
            measured = self._engagement.measured(seen.captured_s)
            if measured is not None:
                self.tracking_quality.measure(measured.positions, measured.velocities, seen.captured_s)
        if self.config.gesture and self._hands.update(self._operator.above_head(), seen.captured_s):
            self._gesture(time_s)

    def unsent(self) -> None:
        """The last command was not sent, and what takes velocities was told to stand still."""
        self._base.stop()
        self.grips.unsent()

    def tick(self, time_s: float) -> Command | None:
        """Let time pass; the command for now, or None where there is to be none."""
        dt = time_s - self._tick_s
        if not dt > 0.0:
            return None
        self._tick_s = time_s
        self._gate.tick(time_s)
        self.objections.check_stops(time_s)
        if self._gate.state not in (State.ENGAGED, State.HOLD):
            self._forget()
            return None
        if self._engagement is None and self._gate.following:
            self._engage(time_s)
        engagement = self._engagement
        if engagement is None:
            return None
        following = self._gate.following
        engagement.step(following, time_s, dt)
        if not self._gate.fresh(time_s):
            self._forget()  # silence: what was held is not taken up again after it
            return None
        governor, held = engagement.governor, not following
        self._limits_hit = engagement.limits_hit()
        self.tracking_quality.command(governor.positions, time_s)
        command = Command(
            time_s,
            governor.positions,
            governor.orientations,
            held,
            twists=governor.twists,
            base=self._base.step(dt, following),
            grips=self.grips.step(following, time_s, dt),
            hands=self._fingers,
        )
        sent = self._driven(command)
        if sent is None:
            self.unsent()
        return sent

    def whole_body(self, time_s: float) -> BodyPosture | None:
        """The operator's whole body within the limits; for a time at which ``tick`` gave a command.

        The first one of an engagement is the last one of the engagement before.

        Returns:
            None before every joint has been seen once, and where nothing is commanded.
        """
        if self._engagement is None:
            return None
        return self._body.follow(self._operator.whole_body(), self._gate.following, self.config, time_s)

    @property
    def limits_hit(self) -> tuple[str, ...]:
        """What keeps the robot from where the operator is, in words; nothing where there are no commands."""
        if self._engagement is None:
            return ()
        return (
            *self._limits_hit,
            *self._base.limits(),
            *self.grips.limits(),
            *self._robot.limits(),
            *(self._body.limits(self._operator.whole_body()) if self.config.whole_body else ()),
        )

    def _driven(self, command: Command) -> Command | None:
        """The command as it is to be sent to the robot, or None.

        Whether operator or robot is lost, the robot is sent nowhere that it is not. An operator who is lost
        is no danger to a robot that follows: it brakes. One that does not follow would leap to what is held
        for it.
        """
        try:
            return self._robot.drive(command)
        except RobotLostError as error:
            self._forget()
            self._gate.release(str(error), command.time_s)
        except RetargetError as error:
            self._gate.hold(str(error), command.time_s)
            if not command.held:  # at once: it is to brake
                base = self._base.step(0.0, following=False)
                self.grips.unsent()
                grips = self.grips.step(following=False, time_s=command.time_s, dt=0.0)
                return self._driven(replace(command, held=True, base=base, grips=grips))
        return None

    def _takes(self, captured_s: float, time_s: float) -> bool:
        """Whether a message's stamp lets it count as seen."""
        arrival = self.reception.arrival(captured_s, time_s, may_restart=self.idle)
        if arrival is Arrival.RESTART:
            if self.idle:
                self._operator.reset()
                return True
            # what was seen before stays, so that a held command can brake
            self._gate.lose(
                "stamps went back: a clock was set or a recording restarted; engage again", time_s
            )
        return arrival is Arrival.NEXT

    def _gesture(self, time_s: float) -> None:
        if self._gate.state in (State.DISENGAGED, State.HOLD):
            self.request(time_s)
        else:
            self._gate.release(BY_GESTURE, time_s)

    def _forget(self) -> None:
        """End an engagement."""
        self._engagement = None
        self._base.disengage()
        self.grips.disengage()
        self._body.end()
        self.tracking_quality.reset()

    def _engage(self, time_s: float) -> None:
        """Take hold of operator and robot as they are now; gives control back where that cannot be."""
        try:
            found = Engagement(self._operator, self._robot, self._targets, self.config, time_s)
        except SettingError as error:
            self._gate.release(str(error), time_s)
            return
        self._base.engage(self._operator.torso(), found.facing_forward)
        self.grips.engage(self._robot.openings())
        self._engagement = found
