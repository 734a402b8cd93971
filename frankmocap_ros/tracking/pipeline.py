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

"""Image in, frame out: the only place that orders the steps."""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from frankmocap_ros.body.pose import Body, Frame, Observation, PixelPose, ScaleSource
from frankmocap_ros.body.validation import body_is_finite, observation_is_finite
from frankmocap_ros.estimators.base import Estimator, estimate_views
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.camera_image import CameraImage, ScaledImage
from frankmocap_ros.runtime.timing import StageTimer
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.background_detection import BackgroundDetection
from frankmocap_ros.tracking.detection_schedule import Detection, DetectionSchedule
from frankmocap_ros.tracking.person_filter import PersonFilter
from frankmocap_ros.tracking.person_size import RAMP_S
from frankmocap_ros.tracking.size_calibration import Outcome, SizeCalibration
from frankmocap_ros.tracking.track import Candidate, Track, confirmed
from frankmocap_ros.tracking.tracker import Tracker, choose_operator

_CROP_DETAIL = 3  # people are cropped from an image of up to this many times ``resize_short``
_RESET_GAP_S = 2.0  # after a longer pause nobody can be taken for who was there before


@dataclass(eq=False)
class _Calibration:
    """A calibration under way; its outcome is known from ``decided_s`` on, and told when it is in force."""

    watch: SizeCalibration
    done: Callable[[Outcome], None]
    outcome: Outcome | None = None
    decided_s: float = 0.0


@dataclass(frozen=True, eq=False)
class _PendingFrame:
    """An image before its people are estimated: where to look, and what was in force when it began."""

    camera_image: CameraImage
    config: Settings
    camera: Camera
    image: ScaledImage
    detection: Detection
    candidates: list[Candidate]

    @property
    def regions(self) -> list[Region]:
        """Where people are to be estimated; empty for estimators that find them by themselves."""
        return [candidate.region for candidate in self.candidates]


class Pipeline:
    """Runs an estimator on images of one camera and follows the people in them.

    Args:
        estimator: what estimates; the pipeline does not close it.
        config: settings to begin with.
        clock: steady clock in seconds, for the stages' times.
        tracker: gives the ids; one that is used again gives none of them twice.
        search: looks for people in the background, so that no image waits for it; the pipeline does not close
            it. None looks for them in line, so that results do not depend on the machine's speed.
    """

    def __init__(
        self,
        estimator: Estimator,
        config: Settings,
        clock: Callable[[], float],
        tracker: Tracker | None = None,
        search: BackgroundDetection | None = None,
    ) -> None:
        self._estimator = estimator
        self._config = config
        self._timer = StageTimer(clock)
        self._tracker = tracker or Tracker()
        self._detection_schedule = DetectionSchedule(estimator, search, self._tracker, self._timer)
        self._persons: dict[int, PersonFilter] = {}
        self._operator_id = 0
        self._last_s: float | None = None
        self._index = 0
        self._withheld = 0  # of the image under way
        self._calibration: _Calibration | None = None

    @property
    def estimator(self) -> Estimator:
        """The estimator in use."""
        return self._estimator

    @property
    def config(self) -> Settings:
        """Settings of the next frame. Set it from any thread; a frame under way keeps its own."""
        return self._config

    @config.setter
    def config(self, config: Settings) -> None:
        self._config = config

    def reset(self) -> None:
        """Forget all people: ids, filters, regions. Ids are never reused."""
        self._tracker.reset()
        self._detection_schedule.forget()
        self._persons.clear()
        self._operator_id = 0
        self._last_s = None

    def calibrate(self, done: Callable[[Outcome], None]) -> None:
        """Measure the operator's size from the next image on; ends one that is under way.

        For the thread that processes.

        Args:
            done: is given the outcome once, when the size is in force or it is clear that it stays unknown.
        """
        self._calibration = _Calibration(SizeCalibration(), done)

    def replace(self, estimator: Estimator, search: BackgroundDetection | None) -> None:
        """Go on with another estimator from the next image on; the old ones are for the caller to close.

        Where it is the same kind, and tells the same joints, everybody stays who they are. Otherwise what
        positions mean has changed, so that everybody gets a new id: nobody steers a robot across that.
        """
        old, new = self._estimator, estimator
        same = (old.name, old.capabilities.hands) == (new.name, new.capabilities.hands)
        self._estimator = estimator
        self._detection_schedule = DetectionSchedule(estimator, search, self._tracker, self._timer)
        if not same:
            self.reset()

    def process(self, camera_image: CameraImage) -> Frame:
        """Everybody in one image.

        Time that goes back or pauses for more than 2 s forgets all people first.

        Raises:
            EstimatorError: the estimator is broken. What was known of people stays as it was.
        """
        return process_together([self], [camera_image])[0]

    def _begin(self, camera_image: CameraImage) -> _PendingFrame:
        """Everything before the people are estimated."""
        config = self._config
        time_s = camera_image.time_s
        if self._last_s is not None and not 0.0 <= time_s - self._last_s <= _RESET_GAP_S:
            self.reset()
        self._last_s = time_s
        self._timer.finish()  # of an image that was given up
        with self._timer.stage("decode"):
            camera = camera_image.camera or Camera.from_fov(
                *camera_image.bitmap.size_px, config.horizontal_fov_deg
            )
            image = camera_image.reduced(camera, _CROP_DETAIL * config.resize_short)
        capabilities = self._estimator.capabilities
        if not capabilities.needs_regions:
            return _PendingFrame(camera_image, config, camera, image, Detection(None), [])
        limit = self._limit(config)
        detection = self._detection_schedule.detect(camera_image, image, limit, config)
        blind = not capabilities.sees_absence
        candidates = self._tracker.candidates(detection.found, config, limit, blind, detection.late)
        if capabilities.hands:
            candidates = self._operators_hands(candidates, config)
        return _PendingFrame(camera_image, config, camera, image, detection, candidates)

    def _operators_hands(self, candidates: list[Candidate], config: Settings) -> list[Candidate]:
        """Hands are looked for on the operator alone; while there is none, on the best candidate."""
        by_id = config.operator == "id"
        operator_id = config.operator_id if by_id else self._operator_id
        followed = [c.track.id if c.track is not None else 0 for c in candidates]
        wanted = (
            followed.index(operator_id) if operator_id in followed and operator_id else -1 if by_id else 0
        )
        return [replace(c, region=replace(c.region, hands=i == wanted)) for i, c in enumerate(candidates)]

    def _finish(self, begun: _PendingFrame, observations: Sequence[Observation | None]) -> Frame:
        """Everything after the people are estimated."""
        camera_image, config, camera, image = begun.camera_image, begun.config, begun.camera, begun.image
        with self._timer.stage("post"):
            seen, detected = self._seen(begun, self._sound(observations))
            bodies = self._bodies(seen, begun)
            operator_id = self._operator(bodies, camera, config)
            self._calibrate(operator_id, camera_image.time_s, config)
            bodies.sort(key=lambda body: (body.id != operator_id, body.id))
            detected |= self._detection_schedule.detect_in_background(
                camera_image, image, self._limit(config), config
            )
        stages_ms = self._timer.finish()
        self._index += 1
        return Frame(
            self._index - 1,
            camera_image.time_s,
            tuple(bodies),
            operator_id,
            stages_ms,
            camera,
            detected,
            withheld=self._withheld,
        )

    def _seen(
        self, begun: _PendingFrame, observations: Sequence[Observation | None]
    ) -> tuple[list[tuple[Observation, Track | None]], bool]:
        """Observations with whose they are, and whether the whole image was searched."""
        capabilities, time_s = self._estimator.capabilities, begun.camera_image.time_s
        if not capabilities.needs_regions:
            found = sorted((o for o in observations if o is not None), key=lambda o: -o.score)
            seen = list(zip(found, self._tracker.match(found, time_s), strict=True))
            # whoever is followed comes before somebody new, also when less sure in this one image
            seen.sort(key=lambda s: s[1].id if s[1] is not None else math.inf)
            return seen[: self._limit(begun.config)], True
        pairs = list(zip(observations, begun.candidates, strict=True))
        if not capabilities.sees_absence:
            size_px = begun.image.bitmap.size_px
            pairs = [(o and confirmed(o, c, time_s, size_px), c) for o, c in pairs]
        detection = begun.detection
        return [
            (o, c.track) for o, c in pairs if o is not None
        ], detection.found is not None and not detection.late

    def _limit(self, config: Settings) -> int:
        """How many people at most."""
        return min(config.max_people, self._estimator.capabilities.max_people)

    def _sound(self, observations: Sequence[Observation | None]) -> list[Observation | None]:
        """None in place of a person with a number that is not finite: it would spoil filters and boxes."""
        sound = [o if o is None or observation_is_finite(o) else None for o in observations]
        self._withheld = sum(o is not s for o, s in zip(observations, sound, strict=True))
        return sound

    def _bodies(self, seen: list[tuple[Observation, Track | None]], begun: _PendingFrame) -> list[Body]:
        image, camera, config = begun.image, begun.camera, begun.config
        tracks = self._tracker.update(seen, image.time_s, config.hold_s)
        # the reduced image's sides are whole pixels: the two axes scale a little differently
        scale = np.array(camera.size_px) / image.camera.size_px
        depth = begun.camera_image.depth() if tracks else None
        bodies = []
        for track in tracks:
            if track.id not in self._persons:
                self._persons[track.id] = PersonFilter(track.id, self._estimator.name)
            person = self._persons[track.id]
            observation = _with_scale_source(track.observation, image.calibrated)
            body = person.update(observation, image.camera, image.time_s, config, depth)
            if image.camera is not camera:
                body = replace(body, pixels=body.pixels * scale, box_xywh=body.box_xywh * np.tile(scale, 2))
            if body_is_finite(body):
                bodies.append(body)
            else:  # never let such numbers reach a robot; start again with this person
                del self._persons[track.id]
                self._withheld += 1
        followed = self._tracker.ids
        self._persons = {i: p for i, p in self._persons.items() if i in followed}
        return bodies

    def _calibrate(self, operator_id: int, time_s: float, config: Settings) -> None:
        """Take a calibration that is under way a step further."""
        calibration, person = self._calibration, self._persons.get(operator_id)
        if calibration is None:
            return
        outcome = calibration.outcome
        if outcome is None:
            outcome = calibration.watch.observe(person.measured if person else None, time_s, config)
            if outcome is None:
                return
            if outcome.success and person is not None:
                person.resize(outcome, time_s)
                calibration.outcome, calibration.decided_s = outcome, time_s
        if not outcome.success or not 0.0 <= time_s - calibration.decided_s < RAMP_S:
            self._calibration = None
            calibration.done(outcome)

    def _operator(self, bodies: Sequence[Body], camera: Camera, config: Settings) -> int:
        """Id of the operator, 0 where nobody is or the operator is not in this image."""
        missed = self._tracker.ids.difference(body.id for body in bodies)
        if config.operator != "id" and self._operator_id in missed:
            return 0  # only just lost: nobody takes over because of one missed image
        self._operator_id = choose_operator(bodies, self._operator_id, config, camera.width, camera.height)
        return self._operator_id


def _with_scale_source(observation: Observation, calibrated: bool) -> Observation:
    """An estimator of pixels knows no meters: what they rest on without depth is the camera's to say."""
    if not isinstance(observation.pose, PixelPose):
        return observation
    source = ScaleSource.CAMERA_INFO if calibrated else ScaleSource.ASSUMED_HEIGHT
    return replace(observation, scale_source=source)


def process_together(pipelines: Sequence[Pipeline], camera_images: Sequence[CameraImage]) -> list[Frame]:
    """Everybody in one image each of several cameras, in one batch where the estimator has that.

    Args:
        pipelines: one a camera, all with the same estimator.
        camera_images: the image of each.

    Raises:
        EstimatorError: the estimator is broken. What was known of people stays as it was.
    """
    estimator = pipelines[0].estimator
    begun = [p._begin(camera_image) for p, camera_image in zip(pipelines, camera_images, strict=True)]
    with ExitStack() as stages:
        for p in pipelines:
            stages.enter_context(p._timer.stage("regress"))
        observations = estimate_views(estimator, [(b.image, b.regions) for b in begun])
    return [p._finish(b, o) for p, b, o in zip(pipelines, begun, observations, strict=True)]
