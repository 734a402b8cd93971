"""Image in, frame out: the only place that orders the steps."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from frankmocap_ros.bitmap import Bitmap
from frankmocap_ros.body import Body, Frame, KeypointPose, Observation, Region
from frankmocap_ros.boxes import scaled_region
from frankmocap_ros.config import MocapConfig
from frankmocap_ros.estimators.base import Estimator, Image
from frankmocap_ros.geometry import Camera
from frankmocap_ros.person import Person
from frankmocap_ros.search import BackgroundSearch
from frankmocap_ros.timing import StageTimer
from frankmocap_ros.tracking import Tracker, choose_operator
from frankmocap_ros.tracks import Track, confirmed

_CROP_DETAIL = 3  # people are cropped from an image of up to this many times ``resize_short``
_RESET_GAP_S = 2.0  # after a longer pause nobody can be taken for who was there before


@dataclass(frozen=True, eq=False)
class Picture:
    """One image to process.

    Attributes:
        bitmap: the pixels; not written to.
        time_s: the image's own time [s].
        camera: calibrated camera of exactly these pixels, or None to assume a field of view.
    """

    bitmap: Bitmap
    time_s: float
    camera: Camera | None = None


@dataclass(frozen=True, eq=False)
class _Look:
    """What person detection says: nothing, or regions; ``late`` where it looked at an earlier image."""

    found: list[Region] | None
    late: bool = False


class Pipeline:
    """Runs an estimator on images of one camera and follows the people in them.

    Args:
        estimator: what estimates; the pipeline does not close it.
        config: settings to begin with.
        clock: steady clock in seconds, for the stages' times.
        tracker: gives the ids; one that is used again gives none of them twice.
        search: looks for people in the background while somebody is followed; the pipeline does not close
            it. None looks for them in line, so that results do not depend on the machine's speed.
    """

    def __init__(
        self,
        estimator: Estimator,
        config: MocapConfig,
        clock: Callable[[], float],
        tracker: Tracker | None = None,
        search: BackgroundSearch | None = None,
    ) -> None:
        self._estimator = estimator
        self._config = config
        self._timer = StageTimer(clock)
        self._tracker = tracker or Tracker()
        self._search = search
        self._searched_px = (1, 1)
        self._persons: dict[int, Person] = {}
        self._operator_id = 0
        self._last_s: float | None = None
        self._index = 0
        self._not_finite = 0

    @property
    def not_finite(self) -> int:
        """How many bodies were withheld because some number in them was not finite."""
        return self._not_finite

    @property
    def estimator(self) -> Estimator:
        """The estimator in use."""
        return self._estimator

    @property
    def config(self) -> MocapConfig:
        """Settings of the next frame. Set it from any thread; a frame under way keeps its own."""
        return self._config

    @config.setter
    def config(self, config: MocapConfig) -> None:
        self._config = config

    def reset(self) -> None:
        """Forget everybody: ids, filters, regions. Ids are not used again."""
        self._tracker.reset()
        if self._search is not None:
            self._search.forget()
        self._persons.clear()
        self._operator_id = 0
        self._last_s = None

    def process(self, picture: Picture) -> Frame:
        """Everybody in one image.

        Time that goes back or pauses for more than 2 s forgets everybody first.

        Raises:
            EstimatorError: the estimator is broken. What was known of people stays as it was.
        """
        config = self._config
        time_s = picture.time_s
        if self._last_s is not None and not 0.0 <= time_s - self._last_s <= _RESET_GAP_S:
            self.reset()
        self._last_s = time_s
        try:
            with self._timer.stage("decode"):
                camera = picture.camera or Camera.from_fov(*picture.bitmap.size_px, config.horizontal_fov_deg)
                image = _reduced(picture, camera, _CROP_DETAIL * config.resize_short)
            seen, detected = self._seen(picture, image, config)
            with self._timer.stage("post"):
                bodies = self._bodies(seen, image, camera, config)
                operator_id = self._operator(bodies, camera, config)
                bodies.sort(key=lambda body: (body.id != operator_id, body.id))
                detected |= self._begin_search(picture, image, config)
        finally:
            stages_ms = self._timer.finish()
        self._index += 1
        return Frame(self._index - 1, time_s, tuple(bodies), operator_id, stages_ms, camera, detected)

    def _seen(
        self, picture: Picture, image: Image, config: MocapConfig
    ) -> tuple[list[tuple[Observation, Track | None]], bool]:
        """Observations with whose they are, and whether the whole image was searched."""
        estimator = self._estimator
        limit = self._limit(config)
        if not estimator.capabilities.needs_regions:
            with self._timer.stage("regress"):
                found = [o for o in self._sound(estimator.estimate(image, ())) if o is not None]
            found.sort(key=lambda o: -o.score)
            seen = list(zip(found, self._tracker.match(found, image.time_s), strict=True))
            # whoever is followed comes before somebody new, also when less sure in this one image
            seen.sort(key=lambda s: s[1].id if s[1] is not None else math.inf)
            return seen[:limit], True
        look = self._look(picture, image, limit, config)
        blind = not estimator.capabilities.sees_absence
        candidates = self._tracker.candidates(look.found, config, limit, blind, look.late)
        with self._timer.stage("regress"):
            observations = self._sound(estimator.estimate(image, [c.region for c in candidates]))
        if blind:
            size_px = image.bitmap.size_px
            observations = [
                o and confirmed(o, c, image.time_s, size_px)
                for o, c in zip(observations, candidates, strict=True)
            ]
        seen = [(o, c.track) for o, c in zip(observations, candidates, strict=True) if o is not None]
        return seen, look.found is not None and not look.late

    def _look(self, picture: Picture, image: Image, limit: int, config: MocapConfig) -> "_Look":
        """Search the image now, or take what a search in the background found in an earlier one."""
        search, follows = self._search, self._tracker.follows(config)
        if search is not None and (search.busy or follows):
            # with nobody to follow there is nothing better to do than to wait
            found = search.take(wait=not follows)
            if found is not None:
                return _Look(self._tracker.brought_up(self._in_pixels_of(image, found)), late=True)
            if follows:
                return _Look(None)
        if not self._tracker.detection_due(config):
            return _Look(None)
        with self._timer.stage("detect"):
            small = self._to_search(picture, image, config)
            return _Look(self._in_pixels_of(image, self._estimator.detect(small, limit)))

    def _limit(self, config: MocapConfig) -> int:
        """How many people at most."""
        return min(config.max_people, self._estimator.capabilities.max_people)

    def _to_search(self, picture: Picture, image: Image, config: MocapConfig) -> Image:
        """The image in which people are looked for; its size is remembered for what is found."""
        small = _reduced(picture, image.camera, config.resize_short)
        self._searched_px = small.bitmap.size_px
        return small

    def _in_pixels_of(self, image: Image, found: Sequence[Region]) -> list[Region]:
        """Regions of the searched image in the pixels of ``image``."""
        scale = np.array(image.bitmap.size_px) / self._searched_px
        return [scaled_region(region, scale) for region in found]

    def _begin_search(self, picture: Picture, image: Image, config: MocapConfig) -> bool:
        """Search the image that was just processed in the background, if it is time."""
        search, tracker = self._search, self._tracker
        if search is None or search.busy or not tracker.follows(config):
            return False
        if not tracker.detection_due(config, done=True):
            return False
        search.begin(self._to_search(picture, image, config), self._limit(config))
        tracker.search_began()
        return True

    def _sound(self, observations: Sequence[Observation | None]) -> list[Observation | None]:
        """None in place of whoever has a number that is not finite: it would spoil filters and boxes."""
        sound = [o if o is None or _is_sound(o) else None for o in observations]
        self._not_finite += sum(o is not s for o, s in zip(observations, sound, strict=True))
        return sound

    def _bodies(
        self,
        seen: list[tuple[Observation, Track | None]],
        image: Image,
        camera: Camera,
        config: MocapConfig,
    ) -> list[Body]:
        tracks = self._tracker.update(seen, image.time_s, config.hold_s)
        # the reduced image's sides are whole pixels: the two axes scale a little differently
        scale = np.array(camera.size_px) / image.camera.size_px
        bodies = []
        for track in tracks:
            if track.id not in self._persons:
                self._persons[track.id] = Person(track.id, self._estimator.name)
            person = self._persons[track.id]
            body = person.update(track.observation, image.camera, image.time_s, config)
            if image.camera is not camera:
                body = replace(body, pixels=body.pixels * scale, box_xywh=body.box_xywh * np.tile(scale, 2))
            if _is_finite(body):
                bodies.append(body)
            else:  # never let such numbers reach a robot; begin anew with this person
                del self._persons[track.id]
                self._not_finite += 1
        followed = self._tracker.ids
        self._persons = {i: p for i, p in self._persons.items() if i in followed}
        return bodies

    def _operator(self, bodies: Sequence[Body], camera: Camera, config: MocapConfig) -> int:
        """Id of the operator, 0 where nobody is or the operator is not in this image."""
        missed = self._tracker.ids.difference(body.id for body in bodies)
        if config.operator != "id" and self._operator_id in missed:
            return 0  # only just lost: nobody takes over because of one missed image
        self._operator_id = choose_operator(bodies, self._operator_id, config, camera.width, camera.height)
        return self._operator_id


def _reduced(picture: Picture, camera: Camera, short_px: int) -> Image:
    """The image with its short side reduced to ``short_px``, and its camera; as it is where it is smaller."""
    bitmap = picture.bitmap.resized(short_px)
    if bitmap.size_px != camera.size_px:
        camera = camera.scaled_to(*bitmap.size_px)
    return Image(bitmap, camera, calibrated=picture.camera is not None, time_s=picture.time_s)


def _is_sound(observation: Observation) -> bool:
    """Whether every number that an estimator gives is one."""
    pose, region = observation.pose, observation.region
    arrays = [pose.confidence, observation.box_xywh]
    if isinstance(pose, KeypointPose):
        arrays += [pose.points]
    else:
        arrays += [pose.root_position, pose.local_rotations, pose.offsets]
    if observation.betas is not None:
        arrays += [observation.betas]
    numbers = [observation.score]
    if region is not None:
        numbers += [*region.center_px.tolist(), region.side_px, region.rotation_rad]
    return all(map(math.isfinite, numbers)) and all(bool(np.isfinite(a).all()) for a in arrays)


def _is_finite(body: Body) -> bool:
    """Whether every number of a body is one, and every rotation is of unit length within 1e-6."""
    rotations = np.concatenate([body.orientations_xyzw, body.local_rotations_xyzw])
    squares = np.einsum("ni,ni->n", rotations, rotations)
    return bool(
        np.isfinite(body.positions).all()
        and np.isfinite(body.pixels).all()
        and np.isfinite(body.box_xywh).all()
        and np.all(np.abs(squares - 1.0) < 1e-6)
    )
