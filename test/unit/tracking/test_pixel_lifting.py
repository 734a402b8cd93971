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

"""An estimator that gives pixels only, without a depth camera: lengths, distance and signs."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.bench.lifting import COCO, errors_of, figure_views, lift
from frankmocap_ros.body import proportions
from frankmocap_ros.body.pose import JointState, KeypointPose, Observation, PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import BODY, KEYPOINTS
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import PLUMB_BOB, Distortion
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.synthetic.keypoints import keypoints_of
from frankmocap_ros.synthetic.render_depth import render_depth
from frankmocap_ros.tracking.depth_scale import KEPT_S, DepthView
from frankmocap_ros.tracking.person_filter import PersonFilter
from frankmocap_ros.tracking.pipeline import Pipeline
from frankmocap_ros.tracking.pixel_lifting import PixelLifting
from support.pixels_only import PixelsOnly

CAMERA = Camera.from_fov(640, 480, 60.0)
K = {name: i for i, name in enumerate(KEYPOINTS)}
J = BODY.index
RATE_HZ = 30.0
WRIST = J["left_wrist"]


class Person:
    """One person who is followed, of whom only pixels of COCO's 17 keypoints are seen.

    Args:
        camera: that sees them.
        noise_px: of each pixel, standard deviation.
        config: of the mocap node.
    """

    def __init__(self, camera=CAMERA, noise_px=1.0, **config):
        self.camera, self.noise_px = camera, noise_px
        self.config = Settings(**config)
        self.filter = PersonFilter(1, "pixels")
        self.random = np.random.default_rng(0)

    def see(self, points, time_s, depth=None, **confidence):
        """The body of keypoints (21, 3) [m]."""
        pixels = self.camera.project(points) + self.random.normal(0.0, self.noise_px, (len(points), 2))
        sure = np.where(COCO, 0.9, 0.0)
        for name, value in confidence.items():
            sure[K[name]] = value
        pixels[sure == 0.0] = 0.0
        box, scale = np.array([0.0, 0.0, 99.0, 99.0]), ScaleSource.ASSUMED_HEIGHT
        seen = Observation(PixelPose(pixels, sure), box, 0.9, scale)
        return self.filter.update(seen, self.camera, time_s, self.config, depth)

    def watch(self, motion="wave", seconds=2.0, start_s=0.0):
        """The last body of the figure after so long."""
        for i in range(round(seconds * RATE_HZ)):
            body = self.see(keypoints_of(scene(motion, start_s + i / RATE_HZ)[0]), start_s + i / RATE_HZ)
        return body


def state(body, name):
    return JointState(body.states[J[name]])


# -- accuracy


@pytest.mark.parametrize(
    ("motion", "person", "seconds"),
    [("wave", 0, 8.0), ("walk_out", 0, 3.5), ("cross", 0, 8.0), ("cross", 1, 8.0)],
)
def test_the_figure_is_within_5_cm_of_the_truth(motion, person, seconds, record_property):
    found = errors_of(lift(list(figure_views(motion, person, seconds))), scaled=False)
    record_property("errors", str(found))
    print(motion, person, found)
    assert found.both_cm[0] < 5.0, "elbows and wrists relative to the neck, median"
    assert found.absolute_cm[0] < 5.0, "all joints before the camera, median"
    assert found.both_cm[1] < 25.0 and found.absolute_cm[1] < 20.0
    assert found.jump_cm < 25.0, "nothing flips"


def test_a_person_takes_less_than_a_millisecond():
    """The fastest quarter of the images: other processes run meanwhile."""
    lifting, spent_s = PixelLifting(), []
    for view in figure_views("wave", 0, 4.0):
        seen = DepthView(None, view.camera, view.time_s, 0.3, None)
        began_s = time.perf_counter()
        lifting.lifted(view.pose, seen, view.height_m)
        spent_s.append(time.perf_counter() - began_s)
    assert np.percentile(spent_s, 25) < 1e-3


def test_behind_a_lens_it_is_the_same():
    camera = replace(CAMERA, distortion=Distortion(PLUMB_BOB, (-0.3, 0.1, 0.001, -0.001, 0.0)))
    views = [replace(v, camera=camera) for v in figure_views("wave", 0, 2.0)]
    views = [replace(v, pose=replace(v.pose, pixels=camera.project(v.truth.points))) for v in views]
    assert errors_of(lift(views), scaled=False).absolute_cm[0] < 5.0


# -- what the metres rest on


@pytest.mark.parametrize(
    ("camera", "scale"), [(None, ScaleSource.ASSUMED_HEIGHT), (CAMERA, ScaleSource.CAMERA_INFO)]
)
def test_the_body_says_where_its_metres_come_from(camera, scale):
    """Whether the camera is calibrated is known where pixels become metres, not in the estimator."""
    image = CameraImage(Bitmap(np.zeros((480, 640, 3), np.uint8)), 0.0, camera)
    (body,) = Pipeline(PixelsOnly(), Settings(), itertools.count().__next__).process(image).bodies
    assert body.has_3d and body.has_orientation
    assert body.scale_source == scale


def test_distances_are_those_of_the_assumed_height():
    def root(height_m):
        return Person(noise_px=0.0, assumed_height_m=height_m).watch().positions[0]

    adult = root(0.0)
    assert adult == pytest.approx(root(proportions.ADULT_HEIGHT_M))
    assert root(0.85) == pytest.approx(0.5 * adult, abs=0.02)
    assert adult[2] == pytest.approx(2.5, abs=0.1)


def test_lengths_of_bones_are_learned_while_somebody_moves():
    """Somebody whose forearms are a fifth shorter than an adult's."""
    person = Person()
    shorter = 0.8

    def points(t):
        points = keypoints_of(scene("wave", t)[0])
        for side in ("left", "right"):
            elbow, wrist = K[f"{side}_elbow"], K[f"{side}_wrist"]
            points[wrist] = points[elbow] + shorter * (points[wrist] - points[elbow])
        return points

    def forearm(body):
        return np.linalg.norm(body.positions[J["right_wrist"]] - body.positions[J["right_elbow"]])

    true_m = np.linalg.norm(points(0.0)[K["right_wrist"]] - points(0.0)[K["right_elbow"]])
    first = [forearm(person.see(points(i / RATE_HZ), i / RATE_HZ)) for i in range(10)]
    for i in range(10, 360):
        body = person.see(points(i / RATE_HZ), i / RATE_HZ)
    assert first[0] > 1.1 * true_m
    assert forearm(body) == pytest.approx(true_m, rel=0.08)


# -- states


def test_what_the_keypoint_set_lacks_is_not_known():
    body = Person().watch(seconds=0.5)
    for side in ("left", "right"):
        assert state(body, f"{side}_hand") == state(body, f"{side}_foot") == JointState.INVALID
        for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
            assert state(body, f"{side}_{part}") != JointState.INVALID


def test_absent_feet_do_not_turn_the_legs():
    """A straight leg's second axis is the foot's direction: a foot that is nowhere must not count."""
    truth = keypoints_of(scene("wave", 0.0)[0])
    with_feet = Person(noise_px=0.0).see(truth, 0.0, left_foot=0.9, right_foot=0.9)
    without = Person(noise_px=0.0).see(truth, 0.0)
    for name in ("left_hip", "right_hip", "left_knee", "right_knee"):
        alike = abs(np.dot(with_feet.orientations_xyzw[J[name]], without.orientations_xyzw[J[name]]))
        assert 2.0 * np.degrees(np.arccos(min(alike, 1.0))) < 25.0, name


def reaching(share):
    """Somebody who stands and reaches forward with the left arm, by a share of a right angle."""
    points = keypoints_of(scene("wave", 0.0)[0])
    shoulder, elbow, wrist = (K[f"left_{part}"] for part in ("shoulder", "elbow", "wrist"))
    angle = 0.5 * np.pi * share
    along = np.array([0.1, np.cos(angle), -np.sin(angle)])
    along /= np.linalg.norm(along)
    upper = np.linalg.norm(points[elbow] - points[shoulder])
    lower = np.linalg.norm(points[wrist] - points[elbow])
    points[elbow] = points[shoulder] + upper * along
    points[wrist] = points[elbow] + lower * along
    return points


def test_a_joint_whose_sign_is_open_is_predicted_and_one_that_is_not_tracked():
    hanging = Person(noise_px=0.3)
    for i in range(15):
        sure = hanging.see(reaching(0.0), i / RATE_HZ)
    reached = Person(noise_px=0.3)
    for i in range(15):
        open_ = reached.see(reaching(0.22), i / RATE_HZ)
    assert state(sure, "left_wrist") == JointState.TRACKED
    assert state(open_, "left_wrist") == JointState.PREDICTED
    least = Settings().min_confidence
    assert 0.5 * least <= open_.confidence[WRIST] < least <= sure.confidence[WRIST]
    assert state(open_, "right_wrist") == JointState.TRACKED, "only where it is open"


def test_a_hand_that_is_raised_forward_is_before_the_chest_and_nothing_jumps():
    """From hanging to reaching and back, twice in either direction of time."""
    person, depths = Person(), []
    for i in range(240):
        share = 0.45 * (1.0 - np.cos(2.0 * np.pi * i / 120.0))
        body = person.see(reaching(share), i / RATE_HZ)
        depths.append(body.positions[WRIST, 2] - body.positions[J["neck"], 2])
        true = reaching(share)[K["left_wrist"], 2] - 2.5
        if i % 120 == 60:
            assert depths[-1] < 0.5 * true < 0.0, "before the chest"
    assert np.abs(np.diff(depths)).max() < 0.25


def test_the_side_to_which_somebody_is_turned_is_known():
    """In profile only the nose tells which shoulder is the nearer one."""
    body = Person().watch("walk_out", seconds=2.0)
    truth = keypoints_of(scene("walk_out", 2.0 - 1.0 / RATE_HZ)[0])
    depth = body.positions[J["left_shoulder"], 2] - body.positions[J["right_shoulder"], 2]
    true = truth[K["left_shoulder"], 2] - truth[K["right_shoulder"], 2]
    assert abs(true) > 0.3
    assert depth == pytest.approx(true, abs=0.1)


# -- what is missing


def test_a_torso_that_is_not_seen_gives_only_pixels():
    truth = keypoints_of(scene("wave", 0.0)[0])
    body = Person().see(truth, 0.0, left_hip=0.1)
    assert not body.has_3d and body.scale_source == ScaleSource.NONE
    assert (body.states == JointState.INVALID).all()
    assert body.pixels[J["left_elbow"]] == pytest.approx(CAMERA.project(truth)[K["left_elbow"]], abs=5.0)


def test_a_torso_that_is_hidden_for_a_moment_is_held():
    person = Person()
    person.watch(seconds=0.5)
    held = person.see(keypoints_of(scene("wave", 0.5)[0]), 0.5, left_hip=0.1)
    assert set(held.states) <= {JointState.HELD, JointState.INVALID}
    assert state(held, "left_wrist") == JointState.HELD
    assert held.scale_source == ScaleSource.ASSUMED_HEIGHT


def test_a_hidden_wrist_is_not_known_and_comes_back():
    person = Person()
    person.watch(seconds=0.5)
    for i in range(15, 30):
        body = person.see(keypoints_of(scene("wave", i / RATE_HZ)[0]), i / RATE_HZ, left_wrist=0.0)
    assert state(body, "left_wrist") == JointState.INVALID
    assert state(body, "left_elbow") != JointState.INVALID
    back = person.see(keypoints_of(scene("wave", 1.0)[0]), 1.0)
    truth = keypoints_of(scene("wave", 1.0)[0])[K["left_wrist"]]
    assert back.positions[WRIST] == pytest.approx(truth, abs=0.2)


def test_a_hidden_elbow_leaves_its_wrist_open():
    person = Person()
    person.watch(seconds=0.5)
    body = person.see(keypoints_of(scene("wave", 0.5)[0]), 0.5, left_elbow=0.0)
    assert state(body, "left_wrist") == JointState.PREDICTED
    assert state(body, "right_wrist") == JointState.TRACKED


def test_a_pause_begins_anew():
    """What was known of the posture does not count after a second."""
    person = Person()
    person.watch(seconds=1.0)
    later = person.watch(seconds=1.0, start_s=3.0)
    truth = keypoints_of(scene("wave", 4.0 - 1.0 / RATE_HZ)[0])
    assert later.positions[WRIST] == pytest.approx(truth[K["left_wrist"]], abs=0.15)


# -- with depth


def larger(t, by):
    """The figure by a factor larger and as much further away: all pixels are the same."""
    figure = scene("wave", t)[0]
    return replace(figure, positions=figure.positions * by, height_m=figure.height_m * by)


def test_lengths_are_measured_while_there_is_depth():
    """Somebody of 1.95 m; without depth an adult of 1.70 m is assumed, who would be nearer."""
    by, random = 1.147, np.random.default_rng(0)
    measured, assumed = Person(), Person()
    for i in range(30):
        t = i / RATE_HZ
        figure = larger(t, by)
        depth = DepthImage(render_depth([figure], CAMERA, 0.0, 0.0, random))
        body = measured.see(keypoints_of(figure), t, depth)
    assert body.scale_source == ScaleSource.DEPTH
    for i in range(30, 75):
        t = i / RATE_HZ
        points = keypoints_of(larger(t, by))
        alone, other = measured.see(points, t), assumed.see(points, t)
    assert alone.scale_source == other.scale_source == ScaleSource.ASSUMED_HEIGHT
    assert alone.positions[0, 2] == pytest.approx(2.5 * by, rel=0.05)
    assert other.positions[0, 2] == pytest.approx(2.5, rel=0.05)


def test_nobody_is_moved_because_depth_images_are_missing():
    person, random = Person(), np.random.default_rng(0)
    for i in range(10):
        figure = scene("wave", i / RATE_HZ)[0]
        depth = DepthImage(render_depth([figure], CAMERA, 0.0, 0.0, random))
        last = person.see(keypoints_of(figure), i / RATE_HZ, depth)
    held = person.see(keypoints_of(scene("wave", 0.4)[0]), 0.4)
    assert state(held, "left_wrist") == JointState.HELD
    assert held.scale_source == ScaleSource.DEPTH
    assert held.positions == pytest.approx(last.positions)
    later = 0.3 + KEPT_S + 0.1
    assert person.see(keypoints_of(scene("wave", later)[0]), later).scale_source == ScaleSource.ASSUMED_HEIGHT


def test_nothing_is_ever_infinite():
    """Keypoints that coincide, lie in a corner, or come at the same time twice."""
    person = Person(noise_px=0.0)
    truth = KeypointPose(keypoints_of(scene("wave", 0.0)[0]), np.ones(21))
    for i, pixels in enumerate((np.full((21, 2), 320.0), np.zeros((21, 2)), CAMERA.project(truth.points))):
        for time_s in (i / RATE_HZ, i / RATE_HZ):
            seen = Observation(PixelPose(pixels, np.full(21, 0.9)), np.zeros(4), 0.9, ScaleSource.CAMERA_INFO)
            body = person.filter.update(seen, CAMERA, time_s, person.config)
            assert np.isfinite(body.positions).all() and np.isfinite(body.orientations_xyzw).all()
