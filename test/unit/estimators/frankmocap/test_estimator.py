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

"""The estimator frankmocap: the original's numbers, and everything around them on stand-in files."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from frankmocap_ros.assets.layout import ASSETS, STANDIN_WARNING
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.body.kinematics import solve
from frankmocap_ros.body.pose import JointState, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.estimators import registry
from frankmocap_ros.estimators.availability import chosen_detector
from frankmocap_ros.estimators.frankmocap import estimator as frankmocap
from frankmocap_ros.estimators.frankmocap.body_crop import crop_to_image, root_offset, weak_perspective
from frankmocap_ros.estimators.frankmocap.estimator import FrankMocapEstimator, FrankMocapOptions
from frankmocap_ros.estimators.frankmocap.hand_crop import HandParameters
from frankmocap_ros.estimators.frankmocap.hands import Hands
from frankmocap_ros.estimators.frankmocap.networks.smpl import SMPLX
from frankmocap_ros.geometry.boxes import Region, box_center, box_iou
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_to_matrix
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage, ScaledImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.person_filter import PersonFilter
from frankmocap_ros.tracking.pipeline import Pipeline
from support.paths import TAIJI

PLAIN = {"engine": "torch", "precision": "fp32"}  # nothing to measure or to translate
FRAME = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
IMAGE = ScaledImage(Bitmap(FRAME), Camera.from_fov(640, 480, 60.0), True, 0.0)


class NoDetector:
    name = "none"

    def detect(self, image, max_people):
        return []

    def close(self):
        pass


def make(folder, **options):
    """The estimator in float32, without what finds people."""
    options = {**PLAIN, **options}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frankmocap, "make_detector", lambda *_: NoDetector())
        return FrankMocapEstimator(FrankMocapOptions(folder, **options))


@pytest.fixture(scope="module")
def smplx_hands(standin):
    return make(standin, use_smplx=True, hands=True)


@pytest.fixture
def original(monkeypatch, golden_weights, synth, golden_seed):
    """On the weights of the golden values."""
    model = synth.smpl_model(golden_seed)
    files = {
        "body_smpl": golden_weights("body"), "mean_params": synth.smpl_mean_params(), "smpl": model,
        "extra_regressor": {"array": model["J_regressor_extra"]},
    }  # fmt: skip

    class Store:
        is_standin = False
        folder = Path("unused")
        stamps = staticmethod(lambda keys: None)
        missing = staticmethod(lambda keys: [])
        load = staticmethod(lambda key, names=None: files[key])
        digest = staticmethod(lambda key: "golden")

    monkeypatch.setattr(frankmocap, "AssetStore", lambda *_, **__: Store)
    return make(Path("unused"))


def test_people_are_the_originals(original, golden, relative_error):
    """From frame and boxes to rotations, shape and joints in the image, through the whole estimator."""
    ok = np.flatnonzero(golden["body_crop_ok"])
    boxes = golden["body_boxes_xywh"]
    frame = golden["frame_bgr"]
    camera = Camera.from_fov(frame.shape[1], frame.shape[0], 50.0)
    # fed as RGB: the order of channels is undone after the crop
    image = ScaledImage(Bitmap(np.ascontiguousarray(frame[..., ::-1]), "rgb"), camera, False, 0.0)
    found = original.estimate(image, [Region(box_center(b), 1.2 * b[2:].max()) for b in boxes])
    assert [o is not None for o in found] == golden["body_crop_ok"].tolist()
    people = [found[row] for row in ok]
    rotations = quat_to_matrix(np.array([p.pose.local_rotations for p in people]))
    assert relative_error(rotations, golden["body_rotmat"][ok]) < 1e-4
    assert relative_error([p.betas for p in people], golden["body_betas"][ok]) < 1e-4
    for k, (row, person) in enumerate(zip(ok, people, strict=True)):
        posed = solve(person.pose)
        joints = golden["smpl_joints24"][k].astype(float)
        scale, corner = golden["body_scale_o2n"][row], golden["body_top_left"][row].astype(float)
        side = 224 / scale
        origin = root_offset(
            golden["body_camera"][row].astype(float),
            side,
            corner + side / 2,
            camera,
        )
        assert np.abs(posed.positions - joints - origin).max() < 1e-4 * max(1.0, origin[2])
        seen = weak_perspective(joints[None], golden["body_camera"][row : row + 1].astype(float))
        pixels = crop_to_image(seen, np.array([scale]), corner[None])[0, :, :2]
        assert np.abs(person.box_xywh[:2] - pixels.min(axis=0)).max() < 0.05
        assert np.abs(person.box_xywh[2:] - np.ptp(pixels, axis=0)).max() < 0.05


def test_the_mesh_of_a_published_body(original, golden, relative_error):
    """Vertices and 49 joints lie around the joints that were published, also at another size."""
    row = int(np.flatnonzero(golden["body_crop_ok"])[0])
    frame = golden["frame_bgr"]
    camera = Camera.from_fov(frame.shape[1], frame.shape[0], 50.0)
    box = golden["body_boxes_xywh"][row]
    image = ScaledImage(Bitmap(frame), camera, False, 0.0)
    (person,) = original.estimate(image, [Region(box_center(box), 1.2 * box[2:].max())])
    config = Settings(smoothing="none", min_confidence=0.0)
    # everything in view, so that every joint is known
    pose = replace(person.pose, root_position=np.array([0.0, 0.0, 30.0]), confidence=np.full(24, 0.9))
    body = PersonFilter(1, "frankmocap").update(replace(person, pose=pose), camera, 0.0, config)
    assert (body.states == JointState.TRACKED).all()
    mesh = original.mesh_of(body)
    assert np.abs(mesh.joints[0] - body.positions).max() < 1e-5
    shift = body.positions[0] - golden["smpl_joints24"][0, 0]
    assert np.abs(mesh.vertices[0, ::689] - shift - golden["smpl_vertices_every_689"][0]).max() < 2e-3
    assert np.abs(mesh.joints49[0] - shift - golden["smpl_joints49"][0]).max() < 2e-3
    larger = replace(body, positions=body.positions * 1.3)
    assert np.abs(original.mesh_of(larger).joints[0] - larger.positions).max() < 1e-4


def test_smpl_on_standin_files(smpl):
    smpl.warm_up()
    assert smpl.capabilities.warning == STANDIN_WARNING
    assert not smpl.capabilities.sees_absence
    (person,) = smpl.estimate(IMAGE, [Region(np.array([320.0, 240.0]), 400.0)])
    assert (person.pose.confidence == 0.9).all()
    assert person.scale_source == ScaleSource.CAMERA_INFO
    # the stand-in body stands in its crop
    assert np.abs(box_center(person.box_xywh) - (320, 240)).max() < 0.03 * 400
    assert person.box_xywh[3] == pytest.approx(400 / 1.25, rel=0.05)
    positions = solve(person.pose).positions
    rows = IMAGE.camera.project(positions)[:, 1]
    assert abs(0.5 * (rows.min() + rows.max()) - 240) < 20
    index = BODY.index
    assert positions[index["head"], 1] < positions[index["pelvis"], 1] < positions[index["left_foot"], 1]
    assert positions[index["left_wrist"], 0] > positions[index["right_wrist"], 0]  # looking into the camera


def test_people_in_one_batch(smpl):
    regions = [Region(np.array([200.0 + 60 * n, 240.0]), 250.0 + 40 * n) for n in range(4)]
    regions.insert(2, Region(np.array([5000.0, 240.0]), 200.0))
    together = smpl.estimate(IMAGE, regions)
    alone = [smpl.estimate(IMAGE, [region])[0] for region in regions]
    assert together[2] is None
    assert alone[2] is None
    for one, other in zip(together, alone, strict=True):
        if one is not None:
            assert np.allclose(one.pose.local_rotations, other.pose.local_rotations, atol=1e-4)
            assert np.allclose(one.pose.root_position, other.pose.root_position, atol=1e-3)
    assert smpl.estimate(IMAGE, []) == []


def test_joints_beside_the_crop_are_guesses(smpl, monkeypatch):
    """A body larger than its crop: who stands close to the camera."""
    parameters = smpl._parameters

    def closer(values):
        found = parameters(values)
        return replace(found, camera=found.camera * [2.0, 1.0, 1.0])

    monkeypatch.setattr(smpl, "_parameters", closer)
    (person,) = smpl.estimate(IMAGE, [Region(np.array([320.0, 240.0]), 200.0)])
    sure = dict(zip(BODY.names, person.pose.confidence, strict=True))
    assert sure["pelvis"] == 0.9
    assert sure["left_foot"] == sure["head"] == pytest.approx(0.225)


@pytest.mark.parametrize("order", ["gray", "bgra", "rgba", "rgb"])
def test_channel_orders(smpl, order):
    gray = cv2.cvtColor(FRAME, cv2.COLOR_BGR2GRAY)
    code = {"gray": None, "bgra": cv2.COLOR_GRAY2BGRA, "rgba": cv2.COLOR_GRAY2RGBA, "rgb": cv2.COLOR_GRAY2RGB}
    pixels = gray if order == "gray" else cv2.cvtColor(gray, code[order])
    region = [Region(np.array([320.0, 240.0]), 400.0)]
    (found,) = smpl.estimate(replace(IMAGE, bitmap=Bitmap(pixels, order)), region)
    (same,) = smpl.estimate(replace(IMAGE, bitmap=Bitmap(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR))), region)
    assert np.allclose(found.pose.local_rotations, same.pose.local_rotations)


def test_half_precision(standin, smpl, capsys):
    half = make(standin, precision="bf16")
    regions = [Region(np.array([x, 240.0]), s) for x, s in ((200.0, 300.0), (320.0, 420.0), (450.0, 240.0))]
    pairs = zip(half.estimate(IMAGE, regions), smpl.estimate(IMAGE, regions), strict=True)
    relative = [
        np.linalg.norm(a - a[0] - (b - b[0]), axis=1)
        for a, b in ((solve(h.pose).positions, solve(f.pose).positions) for h, f in pairs)
    ]
    mean, worst = 1e3 * np.mean(relative), 1e3 * np.max(relative)
    with capsys.disabled():
        print(f" bf16 against fp32, joints from the pelvis: mean {mean:.2f}, max {worst:.2f} mm ", end="")
    assert 0.0 < worst < 5.0


def test_smplx_with_hands(smplx_hands):
    smplx_hands.warm_up()
    assert smplx_hands.capabilities.hands
    (person,) = smplx_hands.estimate(IMAGE, [Region(np.array([320.0, 240.0]), 440.0)])
    sure = dict(zip(BODY_WITH_HANDS.names, person.pose.confidence, strict=True))
    assert [name for name, value in sure.items() if value == 0.0] == ["left_hand", "right_hand"]
    assert sum(value == 0.9 for value in sure.values()) == 22 + 2 * 15
    posed = solve(person.pose)
    index = BODY_WITH_HANDS.index
    for side in ("left", "right"):
        fingers = posed.positions[[index[f"{side}_{name}"] for name in ("index3", "middle2", "thumb3")]]
        assert np.linalg.norm(fingers - posed.positions[index[f"{side}_wrist"]], axis=1).max() < 0.25
    assert posed.positions[index["left_index1"], 0] > posed.positions[index["right_index1"], 0]


def test_smplx_without_hands(standin):
    (person,) = make(standin, use_smplx=True).estimate(IMAGE, [Region(np.array([320.0, 240.0]), 440.0)])
    assert (person.pose.confidence > 0).tolist() == [True] * 22 + [False] * 2


class Reflecting:
    """In place of the hand network: rotations that follow from what is in the crop."""

    def __call__(self, crops):
        values = crops.reshape(len(crops), -1, 48).mean(axis=1) / 128.0 - 1.0
        return HandParameters(
            np.ones((len(crops), 3)), values[:, :3], values[:, 3:].reshape(-1, 15, 3), values
        )


REFLECTING = {
    "_engine": lambda crops: crops,
    "_network": SimpleNamespace(head=lambda crops: crops),
    "_parameters": Reflecting(),
}


def test_left_hands_are_right_hands_mirrored(smplx_hands):
    """A mirrored image gives the mirrored rotations, of the other hand."""
    hands = smplx_hands._hands
    stand = Hands.__new__(Hands)
    vars(stand).update(vars(hands), **REFLECTING, _mean={"left": 0.0, "right": 0.0})
    body = quat_to_matrix(quat_from_rotvec(np.random.default_rng(2).normal(0, 0.4, (1, 55, 3))))
    mirror = np.diag([-1.0, 1.0, 1.0])
    swap = [SMPLX.index[_other(name)] for name in SMPLX.names]
    mirrored_body = mirror @ body[:, swap] @ mirror
    joints = np.random.default_rng(3).uniform(0, 8, (1, 55, 2)).round()
    for side, x in (("left", 400.0), ("right", 150.0)):
        rows = [row for row, name in enumerate(SMPLX.names) if name.startswith(side)]
        joints[0, rows] = joints[0, rows] * 4 + (x, 200.0)
        joints[0, rows[-1]] = (x + 40, 240.0)  # a box of whole numbers: mirroring keeps its pixels
        joints[0, rows[-2]] = (x, 200.0)
    mirrored_joints = joints[:, swap] * (-1.0, 1.0) + (640.0, 0.0)
    (one,) = stand.estimate([Bitmap(FRAME)], body, joints)
    (other,) = stand.estimate([Bitmap(np.ascontiguousarray(FRAME[:, ::-1]))], mirrored_body, mirrored_joints)
    assert one.seen.all()
    assert other.seen.all()
    rows = [20, 21, *range(25, 55)]
    assert np.allclose(other.rotations[rows], (mirror @ one.rotations[swap] @ mirror)[rows], atol=1e-6)
    assert np.abs(one.rotations[rows] - body[0, rows]).max() > 0.01


def _other(name):
    sides = {"left": "right", "right": "left"}
    side, _, rest = name.partition("_")
    return f"{sides[side]}_{rest}" if side in sides else name


def test_the_wrist_keeps_its_rotation_in_the_camera(smplx_hands):
    stand = Hands.__new__(Hands)
    vars(stand).update(vars(smplx_hands._hands), **REFLECTING)
    body = quat_to_matrix(quat_from_rotvec(np.random.default_rng(5).normal(0, 0.5, (1, 55, 3))))
    joints = np.tile([300.0, 200.0], (1, 55, 1))
    joints[0, ::2] = (340.0, 240.0)
    (seen,) = stand.estimate([Bitmap(np.full((480, 640, 3), 200, np.uint8))], body, joints)
    value = 200 / 128.0 - 1.0
    for wrist, sign in (("right_wrist", 1.0), ("left_wrist", -1.0)):
        rotation, joint = np.eye(3), SMPLX.index[wrist]
        while joint >= 0:
            rotation, joint = seen.rotations[joint] @ rotation, SMPLX.parents[joint]
        expected = quat_to_matrix(quat_from_rotvec(value * np.array([1.0, sign, sign])))
        assert np.allclose(rotation, expected, atol=1e-9)


def test_hands_out_of_the_image_are_not_seen(smplx_hands):
    (person,) = smplx_hands.estimate(IMAGE, [Region(np.array([0.0, 240.0]), 440.0)])
    sure = dict(zip(BODY_WITH_HANDS.names, person.pose.confidence, strict=True))
    assert sure["right_index1"] == 0.0  # the person's right is the image's left
    assert sure["left_index1"] == 0.9


@pytest.fixture(scope="module")
def taiji():
    """Pictures of a real person, and BlazePose's box in each."""
    if not TAIJI.exists():
        pytest.skip(f"{TAIJI} is not there")
    video, estimator = (
        cv2.VideoCapture(str(TAIJI)),
        registry.make_estimator(Settings(estimator="blazepose")),
    )
    pictures = [CameraImage(Bitmap(cv2.resize(video.read()[1], (640, 360))), n / 24) for n in range(50)]
    pipeline = Pipeline(estimator, Settings(), lambda: 0.0)
    boxes = [pipeline.process(picture).bodies[0].box_xywh for picture in pictures]
    estimator.close()
    return list(zip(pictures, boxes, strict=True))


@pytest.mark.parametrize(
    ("options", "frames"), [({}, 50), ({"use_smplx": True, "hands": True}, 15)], ids=["smpl", "smplx"]
)
def test_the_box_follows_a_real_person(standin, taiji, options, frames):
    """Against BlazePose's box, on stand-in files: the regressor sees nothing, so tracking does it all."""
    config = Settings(estimator="frankmocap", assets_dir=str(standin), **PLAIN, **options)
    estimator = registry.make_estimator(config)
    pipeline = Pipeline(estimator, config, lambda: 0.0)
    overlaps, searched = [], 0
    for picture, box in taiji[:frames]:
        frame = pipeline.process(picture)
        searched += frame.detected
        overlaps.append(box_iou(frame.bodies[0].box_xywh, box) if frame.bodies else 0.0)
        states = frame.bodies[0].states
        assert np.count_nonzero(states == JointState.TRACKED) >= (0.9 if options else 0.8) * 24
    assert np.mean(np.array(overlaps) >= 0.6) >= 0.95
    assert searched <= frames / 5 + 1
    estimator.close()


def test_by_the_2d_pose_network(standin):
    """It runs; with random weights it finds nobody, and nobody is reported."""
    config = Settings(estimator="frankmocap", assets_dir=str(standin), detector="pose2d", **PLAIN)
    estimator = registry.make_estimator(config)
    assert estimator.detect(IMAGE, 4) == []
    assert Pipeline(estimator, config, lambda: 0.0).process(CameraImage(IMAGE.bitmap, 0.0)).bodies == ()
    assert chosen_detector("auto") == "blazepose"


def test_what_a_model_that_runs_has_is_not_read_again(standin, monkeypatch):
    pytest.importorskip("openvino")
    options = {"use_smplx": True, "hands": True, "engine": "openvino"}
    first = make(standin, **options)
    monkeypatch.setattr(AssetStore, "load", pytest.fail)
    another = make(standin, max_people=2, **options)
    assert another._network is first._network
    assert another._model is first._model
    regions = [Region(np.array([320.0, 240.0]), 300.0)]
    before = first.estimate(IMAGE, regions)[0].pose.local_rotations
    assert np.array_equal(another.estimate(IMAGE, regions)[0].pose.local_rotations, before)
    another.close()
    assert np.array_equal(first.estimate(IMAGE, regions)[0].pose.local_rotations, before)
    first.close()


def test_weights_that_change_while_they_are_read(as_if_real, monkeypatch):
    """The head is of one file; the trunk must not be of another."""
    digests = iter(["one", "another"])
    monkeypatch.setattr(
        AssetStore, "digest", lambda _, key: next(digests) if key == "body_smpl" else "of that"
    )
    with pytest.raises(AssetError, match="changes while it is read"):
        make(as_if_real)


WITHOUT_TORCH = """
import json, sys, time
import numpy as np
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.geometry.camera_model import Camera

options = json.loads(sys.argv[1])
if options.pop("absent"):
    sys.modules["torch"] = None
else:  # on a busy machine torch could be the fastest, and be taken; without it the choice would begin anew
    from frankmocap_ros.engines.torch import TorchEngine

    features = TorchEngine._features
    TorchEngine._features = lambda engine, crops: time.sleep(0.2) or features(engine, crops)
told = []
estimator = make_estimator(Settings(estimator="frankmocap", **options), told.append)
estimator.warm_up()
frame = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
image = ScaledImage(Bitmap(frame), Camera.from_fov(640, 480, 60.0), True, 0.0)
(person,) = estimator.estimate(image, [Region(np.array([320.0, 240.0]), 440.0)])
measured = sum("ms p50" in text and "measured before" not in text for text in told)
rotations = person.pose.local_rotations.tolist()
print(json.dumps([sys.modules.get("torch") is not None, measured, rotations]))
"""


@pytest.mark.parametrize("engine", ["openvino", "auto"])
def test_a_network_that_was_translated_runs_without_torch(standin, engine, tmp_path, monkeypatch):
    """Once a network is translated, and its engine chosen, torch is not imported: half the memory and time.

    The first process makes what is kept; the second would not find torch, and gives the same numbers.
    """
    pytest.importorskip("openvino")
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path))
    found = []
    for absent in (False, True):
        options = {"assets_dir": str(standin), "engine": engine, "use_smplx": True, "hands": True}
        command = [sys.executable, "-c", WITHOUT_TORCH, json.dumps({**options, "absent": absent})]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout.splitlines()[-1]))
    assert [has_torch for has_torch, *_ in found] == [True, False]
    assert [measured for _, measured, _ in found] == [2, 0]  # body and hands, once
    np.testing.assert_allclose(found[1][2], found[0][2], atol=1e-6)


GONE = """
import gc, json, sys, weakref
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.estimators.registry import make_estimator

gc.disable()
config = Settings(estimator="frankmocap", **json.loads(sys.argv[1]))
for _ in range(2):
    estimator = make_estimator(config)
    estimator.warm_up()
    parts = [estimator, estimator._network, estimator._engine, estimator._detector, estimator._model]
    if config.engine == "torch":
        parts.append(estimator._engine._run)
    if config.hands:
        parts += [estimator._hands, estimator._hands._engine]
    alive = [weakref.ref(part) for part in parts]
    estimator.review(lambda _, held=estimator: None)
    estimator.close()
    del estimator, parts
    print(len(alive), *(type(one()).__name__ for one in alive if one() is not None))
"""


@pytest.mark.parametrize(
    "options",
    [{**PLAIN, "use_smplx": True, "hands": True}, {"engine": "openvino", "precision": "auto"}],
    ids=["torch", "openvino"],
)
def test_closed_it_is_gone_without_the_collector(standin, options):
    """A node keeps the collector away from all that is there while a model loads: cycles would stay forever.

    In a process of its own, in which libraries are imported for the first time. Nobody quantized these
    weights, so that there is an error of one engine to be told.
    """
    if options["engine"] == "openvino":
        pytest.importorskip("openvino")
    done = subprocess.run(
        [sys.executable, "-c", GONE, json.dumps({"assets_dir": str(standin), **options})],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines == (["8", "8"] if "hands" in options else ["5", "5"])


def test_what_cannot_be(standin, monkeypatch):
    with pytest.raises(EstimatorError, match="use_smplx: true"):
        make(standin, hands=True)
    with pytest.raises(EstimatorError, match="precision: fp16 is not what torch has on device cpu"):
        make(standin, precision="fp16", device="cpu")
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EstimatorError, match="cuda is not there"):
        make(standin, device="cuda")


def test_missing_files(as_if_real):
    (as_if_real / ASSETS["body_smpl"].path).unlink()
    with pytest.raises(AssetError) as caught:
        make(as_if_real)
    for word in (ASSETS["body_smpl"].path, "CC BY-NC", ASSETS["body_smpl"].url, "frankmocap_ros doctor"):
        assert word in str(caught.value)


def told(config):
    """What ``make_estimator`` makes and says."""
    info, warnings = [], []
    estimator = registry.make_estimator(config, info.append, warnings.append)
    estimator.close()
    return estimator.name, info, warnings


def test_auto(as_if_real, standin, monkeypatch, tmp_path):
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)
    name, info, warnings = told(Settings())
    assert (name, warnings) == ("blazepose", [])
    assert "estimator: auto selects blazepose; for FrankMocap's networks: frankmocap_ros doctor --all" in info

    assert told(Settings(assets_dir=str(as_if_real), **PLAIN))[0] == "frankmocap"
    monkeypatch.setenv("FRANKMOCAP_ASSETS_DIR", str(as_if_real))
    assert told(Settings(**PLAIN))[0] == "frankmocap"
    assert told(Settings(hands=True))[0] == "blazepose"

    name, _, warnings = told(Settings(assets_dir=str(standin)))
    assert name == "blazepose"
    assert "stand-in" in warnings[0]
    name, _, warnings = told(Settings(assets_dir=str(tmp_path / "nowhere")))
    assert name == "blazepose"
    assert "Missing" in warnings[0]

    damaged = as_if_real / ASSETS["body_smpl"].path
    whole = damaged.read_bytes()
    damaged.unlink()
    damaged.write_bytes(whole[: len(whole) // 2])
    name, _, warnings = told(Settings())
    assert name == "blazepose"
    assert damaged.name in warnings[-1]
    with pytest.raises(AssetError, match=damaged.name):
        registry.make_estimator(Settings(estimator="frankmocap"))


def test_without_a_folder(monkeypatch):
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)
    with pytest.raises(AssetError, match="assets_dir"):
        registry.make_estimator(Settings(estimator="frankmocap"))
