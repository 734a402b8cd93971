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

"""Stand-in files: whole, in the original's formats, near the mean pose, and never taken for real ones."""

import hashlib
import io
import json
import pickletools
import struct
import subprocess
import sys

import numpy as np
import pytest

from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.frankmocap.body_crop import CROP_PX, crop_to_image, weak_perspective
from frankmocap_ros.estimators.frankmocap.networks import body_head
from frankmocap_ros.estimators.frankmocap.networks.smpl import SMPLX, joint_model
from frankmocap_ros.geometry.rotation import (
    quat_from_matrix,
    quat_from_rotvec,
    quat_to_matrix,
    quat_to_rotvec,
)
from frankmocap_ros.standin import (
    body_models as standin_body,
)
from frankmocap_ros.standin import extra_data as writing
from frankmocap_ros.standin import (
    skeleton as standin_skeleton,
)
from frankmocap_ros.standin import (
    weights as standin_weights,
)
from frankmocap_ros.standin.published_formats import Chumpy, Csc, write_checkpoint, write_pickle
from frankmocap_ros.standin.tubes import Tube, skin
from support.paths import SHARED

torch = pytest.importorskip("torch")
smplx = pytest.importorskip("smplx")
SMALL = ("mean_params", "extra_regressor", "mean_mano")


@pytest.fixture(scope="session", name="folder")
def _folder(standin):
    return standin


@pytest.fixture(scope="session")
def store(folder):
    return AssetStore(folder)


@pytest.fixture(scope="session")
def models(store):
    """Body model -> its arrays, joints, and the matrix of extra joints."""
    names = {"smpl": "extra_regressor", "smplx": "extra_regressor_smplx"}
    loaded = {name: store.load(name) for name in names}
    return {
        name: (loaded[name], joint_model(loaded[name], name), store.load(extra)["array"])
        for name, extra in names.items()
    }


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# ---------------------------------------------------------------- files


def test_every_file_is_there_and_is_read_as_the_users_own(folder, store):
    assert store.missing(tuple(ASSETS)) == []
    assert store.is_standin
    for key in ASSETS:
        arrays = store.load(key)
        assert arrays, key
        assert all(np.isfinite(array).all() for array in arrays.values()), key
        assert store.state(key).status == "converted"
    assert "meaningless" in (folder / STANDIN_MARKER).read_text()
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < writing.SIZE_BYTES


def test_checkpoints_have_the_formats_of_their_time(folder):
    """Torch wrote no archives before 1.6, from after which only the hand encoder may be."""
    for key in ("body_smpl", "body_smplx", "pose2d"):
        assert (folder / ASSETS[key].path).read_bytes()[:2] == b"\x80\x02"
    assert (folder / ASSETS["hand"].path).read_bytes()[:2] == b"PK"
    for key, under in (("body_smpl", "model"), ("pose2d", "state_dict"), ("hand", None)):
        content = torch.load(folder / ASSETS[key].path, weights_only=True)
        state = content[under] if under else content
        expected = standin_weights.state_dict(key)
        assert state.keys() == expected.keys()
        assert all(np.array_equal(state[name].numpy(), array) for name, array in expected.items())


def test_checkpoints_have_the_keys_and_shapes_of_the_published_ones(store):
    path = SHARED / "golden/frankmocap_shapes.json"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    shapes = json.loads(path.read_text())
    for key, name in (("body_smpl", "body"), ("body_smplx", "body"), ("hand", "hand"), ("pose2d", "pose2d")):
        found = {name: list(array.shape) for name, array in store.load(key).items()}
        assert found == shapes[name], key


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(folder, tmp_path):
    again, other = tmp_path / "again", tmp_path / "other"
    keys = ("mean_params", "hand_info")  # all of them: the command's test
    writing.write_standin(again, 0, keys)
    writing.write_standin(other, 1, ("pose2d", "smpl"))
    first = digests(folder)
    assert first.items() >= digests(again).items()
    assert len(digests(again)) == len(keys) + 1
    different = digests(other)
    assert all(first[ASSETS[key].path] != different[ASSETS[key].path] for key in ("pose2d", "smpl"))


def test_the_smpl_file_is_one_of_python_2_with_chumpys_and_scipys_arrays(folder):
    data = (folder / ASSETS["smpl"].path).read_bytes()
    names, instructions = set(), set()
    for instruction, argument, _ in pickletools.genops(data):
        instructions.add(instruction.name)
        if instruction.name == "GLOBAL":
            names.add(argument)
    assert {"chumpy.ch Ch", "scipy.sparse.csc csc_matrix", "numpy.core.multiarray _reconstruct"} <= names
    assert {"SHORT_BINSTRING", "BINSTRING"} <= instructions
    assert not {"BINUNICODE", "BINBYTES", "SHORT_BINBYTES"} & instructions


# ---------------------------------------------------------------- writing


def real_folder(path):
    """What a user's own folder looks like."""
    (path / "smpl").mkdir(parents=True)
    (path / ASSETS["smpl"].path).write_bytes(b"the user's own")
    return path


def test_a_folder_with_real_files_is_left_alone(tmp_path):
    folder = real_folder(tmp_path / "extra_data")
    with pytest.raises(AssetError, match=r"basicModel.*not overwritten"):
        writing.write_standin(folder, keys=SMALL)
    assert digests(folder).keys() == {ASSETS["smpl"].path}


def test_a_link_to_a_real_file_counts_even_where_it_leads_nowhere(tmp_path):
    (tmp_path / "smpl").mkdir()
    (tmp_path / ASSETS["smpl"].path).symlink_to("/disk/that/is/not/mounted.pkl")
    with pytest.raises(AssetError, match="not overwritten"):
        writing.write_standin(tmp_path, keys=SMALL)
    assert (tmp_path / ASSETS["smpl"].path).is_symlink()


def test_other_files_in_the_folder_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    writing.write_standin(tmp_path, keys=SMALL)
    writing.write_standin(tmp_path, keys=SMALL)
    assert (tmp_path / "notes.txt").read_text() == "mine"


class InterruptedRunError(Exception):
    pass


def test_a_run_that_is_cut_short_is_marked_and_not_taken_for_whole(tmp_path, monkeypatch):
    writing.write_standin(tmp_path, keys=SMALL)

    def fails(content, out):
        out.write(b"half of it")
        raise InterruptedRunError

    monkeypatch.setitem(writing._WRITERS, "extra_regressor", fails)
    with pytest.raises(InterruptedRunError):
        writing.write_standin(tmp_path, 1, SMALL)
    store = AssetStore(tmp_path, tmp_path / "cache")
    assert store.is_standin
    # neither half a file nor what an earlier run left
    assert {asset.key for asset in store.missing(SMALL)} == {"extra_regressor", "mean_mano"}
    assert not list(tmp_path.rglob("*.part"))
    monkeypatch.undo()
    writing.write_standin(tmp_path, 1, SMALL)
    assert store.missing(SMALL) == []


def test_the_marker_is_there_before_any_file(tmp_path, monkeypatch):
    seen = []
    write = writing._WRITERS["mean_params"]

    def looks(content, out):
        seen.append((tmp_path / STANDIN_MARKER).is_file())
        write(content, out)

    monkeypatch.setitem(writing._WRITERS, "mean_params", looks)
    writing.write_standin(tmp_path, keys=["mean_params"])
    assert seen == [True]


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(AssetError, match="cannot be written to"):
        writing.write_standin(path, keys=SMALL)


def test_a_full_disk_is_told_before_writing(tmp_path, monkeypatch):
    usage = type("usage", (), {"free": 1_000_000})
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(AssetError, match="1 MB of free space"):
        writing.write_standin(tmp_path, keys=SMALL)
    assert {path.name for path in tmp_path.iterdir()} == {STANDIN_MARKER}


def command(*arguments, code=""):
    program = f"import sys; {code}from frankmocap_ros.cli.main import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", program, "standin", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_torch_the_command_says_what_to_install(tmp_path):
    for package in ("torch", "smplx"):
        done = command(tmp_path / package, code=f"sys.modules['{package}'] = None; ")
        assert done.returncode == 2
        assert "pip install 'frankmocap_ros[torch]'" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_command_refuses_real_files_and_malformed_seeds(tmp_path):
    done = command(real_folder(tmp_path / "real"))
    assert (done.returncode, "not overwritten" in done.stderr) == (2, True)
    for seed in ("-1", "x"):
        done = command(tmp_path / "new", "--seed", seed)
        assert (done.returncode, "--seed" in done.stderr) == (2, True)
    assert not (tmp_path / "new").exists()


def test_the_command_writes_everything(folder, tmp_path):
    target = tmp_path / "a folder"
    done = command(target)
    assert done.returncode == 0, done.stderr
    assert digests(target) == digests(folder)
    assert "meaningless" in done.stdout
    assert f"--assets '{target}'" in done.stdout


# ---------------------------------------------------------------- pickles


def test_pickles_hold_what_was_given():
    from frankmocap_ros.assets.body_model_pickle import read_pickle

    rng = np.random.default_rng(0)
    sparse = rng.normal(size=(4, 7)) * (rng.uniform(size=(4, 7)) < 0.3)
    content = {
        "plain": rng.normal(size=(2, 3, 4)),
        "single": rng.normal(size=5).astype(np.float32),
        "turned": rng.normal(size=(3, 4)).T,
        "bytes": np.arange(6, dtype=np.uint8),
        "index": np.array([[4294967295, 0]], np.uint32),
        "empty": np.zeros((0, 3)),
    }
    out = io.BytesIO()
    others = {"chumpy": Chumpy(content["plain"]), "sparse": Csc(sparse), "text": "lbs", "number": 2**40}
    write_pickle(out, {**content, **others})
    found = read_pickle(out.getvalue())
    assert found.keys() == content.keys() | {"chumpy", "sparse"}
    for name, array in {**content, "chumpy": content["plain"], "sparse": sparse}.items():
        assert np.array_equal(found[name], array), name
        assert found[name].dtype == array.dtype, name


def test_checkpoints_hold_what_was_given():
    rng = np.random.default_rng(0)
    state = {
        "weight": rng.normal(size=(4, 3, 2)).astype(np.float32),
        "count": np.zeros((), np.int64),
        "bias": rng.normal(size=1).astype(np.float32),
    }
    out = io.BytesIO()
    write_checkpoint(out, state, "model")
    found = torch.load(io.BytesIO(out.getvalue()), weights_only=True)["model"]
    assert list(found) == list(state)
    for name, array in state.items():
        assert found[name].numpy().shape == array.shape
        assert np.array_equal(found[name].numpy(), array)
    # the numbers stand at the end, each tensor's after their count
    assert out.getvalue().endswith(struct.pack("<q", 1) + state["bias"].tobytes())


def test_what_has_no_place_in_these_files_is_refused():
    with pytest.raises(TypeError, match="object"):
        write_pickle(io.BytesIO(), {"a": object()})


# ---------------------------------------------------------------- body models


@pytest.mark.parametrize(("name", "skeleton"), [("smpl", BODY), ("smplx", SMPLX)])
def test_the_joint_regressor_gives_the_figures_skeleton(models, name, skeleton):
    arrays, joints, extra = models[name]
    regressor = arrays["J_regressor"]
    assert np.allclose(regressor.sum(axis=1), 1.0, atol=1e-6)
    assert (regressor >= 0.0).all()
    assert 1 < np.count_nonzero(regressor, axis=1).max() <= 32
    rest = standin_skeleton.rest_joints(skeleton)
    assert np.allclose(joints.template, rest, atol=1e-6)
    assert np.allclose(extra.sum(axis=1), 1.0, atol=1e-6)
    assert np.allclose((extra @ arrays["v_template"])[:2], rest[[2, 1]], atol=1e-5)  # the hips
    height = np.ptp(arrays["v_template"][:, 1])
    assert 1.6 < height < 1.8
    assert rest[BODY.index["left_wrist"], 0] > rest[BODY.index["right_wrist"], 0]  # x to the person's left


@pytest.mark.parametrize("name", ["smpl", "smplx"])
def test_skin_is_smooth_and_lies_around_the_bones(models, name):
    arrays, joints, _ = models[name]
    weights, vertices, faces = arrays["weights"], arrays["v_template"], arrays["f"].astype(np.int64)
    assert np.allclose(weights.sum(axis=1), 1.0, atol=1e-6)
    assert (weights >= 0.0).all()
    assert np.count_nonzero(weights, axis=1).max() <= 3
    assert (weights.max(axis=0) > 0.9).all()  # every joint has skin of its own
    nearest = np.linalg.norm(vertices[:, None] - joints.template, axis=2).min(axis=1)
    assert nearest.max() < 0.3
    # along the edges of the triangles neither place nor weights jump
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    assert np.linalg.norm(np.diff(vertices[edges], axis=1), axis=2).max() < 0.2
    corners = vertices[faces]
    volume = np.einsum("fi,fi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0
    assert 0.04 < volume < 0.12  # positive: triangles look outward [m^3]


@pytest.mark.parametrize("name", ["smpl", "smplx"])
def test_shapes_change_the_body_a_little(models, name):
    arrays, joints, _ = models[name]
    shapes = arrays["shapedirs"][:, :, :10]
    size = np.linalg.norm(shapes, axis=1)
    assert (size.max(axis=0) > 1e-3).all()
    assert size.max() < 0.05
    tall, short = (np.ptp(joints.rest(np.eye(10)[:1] * s)[0][:, 1]) for s in (2.0, -2.0))
    assert 1.05 < tall / short < 1.25
    assert np.abs(arrays["posedirs"]).max() < 1e-4


def built(arrays, name, tmp_path):
    """The model that ``smplx`` makes of the arrays."""
    options = {"use_pca": False, "num_betas": 10, "create_transl": False}
    if name == "smpl":
        return smplx.SMPL("", data_struct=type("struct", (), dict(arrays))(), **options)
    # this class reads a file, whatever it is given
    path = tmp_path / "model.npz"
    np.savez(path, **arrays)
    return smplx.SMPLX(str(path), ext="npz", use_face_contour=True, **options)


@pytest.mark.parametrize("name", ["smpl", "smplx"])
def test_the_package_smplx_runs_on_it(models, name, tmp_path):
    arrays, joints, _ = models[name]
    rng = np.random.default_rng(3)
    body = built(arrays, name, tmp_path)
    count = 23 if name == "smpl" else 21
    rotvec = rng.normal(0.0, 0.3, (1 + count, 3))
    betas = rng.normal(0.0, 1.0, (1, 10))
    with torch.inference_mode():
        out = body(
            betas=torch.from_numpy(betas.astype(np.float32)),
            global_orient=torch.from_numpy(rotvec[:1].astype(np.float32)),
            body_pose=torch.from_numpy(rotvec[1:].reshape(1, -1).astype(np.float32)),
        )
    full = np.zeros((len(joints.skeleton), 3))
    full[: 1 + count] = rotvec
    full[-30:] += joints.hand_mean.reshape(30, 3) if name == "smplx" else 0.0
    expected = joints.joints(quat_to_matrix(quat_from_rotvec(full))[None], betas)[0]
    found = out.joints.numpy()[0]
    assert np.abs(found[: len(expected)] - expected).max() < 1e-5
    picked = found[len(expected) : len(expected) + 21]
    owners = ["head"] * 5 + ["left_foot"] * 2 + ["left_ankle", "right_foot", "right_foot", "right_ankle"]
    wrists = ["left_wrist"] * 5 + ["right_wrist"] * 5
    for place, owner in zip(picked, owners + wrists, strict=True):
        distance = np.linalg.norm(place - expected[joints.skeleton.index[owner]])
        assert 0.01 < distance < 0.25, owner
    if name == "smplx":
        assert np.isfinite(found[76:]).all()  # landmarks of the face
        assert len(found) == 55 + 21 + 51 + 17


def test_picked_vertices_lie_on_their_own_side(models):
    from smplx.vertex_ids import vertex_ids

    for name, picks in (("smpl", "smplh"), ("smplx", "smplx")):
        vertices = models[name][0]["v_template"]
        place = {what: vertices[vertex] for what, vertex in vertex_ids[picks].items()}
        for what, left in place.items():
            if what[0] in "lL":
                right = place[("r" if what[0] == "l" else "R") + what[1:]]
                assert left[0] > 0.0, what
                assert np.allclose(left, right * (-1.0, 1.0, 1.0), atol=1e-6), what
        assert abs(place["nose"][0]) < 1e-6
        assert place["nose"][2] > place["leye"][2] > place["lear"][2]
        assert place["leye"][1] > place["nose"][1]
        assert place["LHeel"][2] < place["LBigToe"][2]


def test_too_many_vertices_for_whole_rings_are_no_trouble():
    tube = Tube(0, 0, 0, np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.full((2, 2), 0.1), 8)
    for vertices in (34, 41, 42, 1001):
        made = skin([tube], 1, vertices)
        assert made.vertices.shape == (vertices, 3)
        assert made.faces.max() < vertices
        assert np.allclose(made.vertices[made.rings[0]].mean(axis=0), 0.0, atol=1e-12)


# ---------------------------------------------------------------- weights


def projected(joints, rotations, betas, camera):
    """The body's joints in a crop (N, 22 or 24, 2) [px], by the formula of the weak perspective."""
    full = np.tile(np.eye(3), (len(rotations), len(joints.skeleton), 1, 1))
    shown = 24 if len(joints.skeleton) == 24 else 22
    full[:, :shown] = rotations[:, :shown]
    points = weak_perspective(joints.joints(full, betas)[:, :shown], camera)
    return crop_to_image(points, 1.0, np.zeros((len(points), 2)))[..., :2]


def assert_stands_in_the_crop(pixels, side_tolerance, center_tolerance_px):
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    assert np.abs((high - low).max(axis=1) * 1.25 / CROP_PX - 1.0).max() < side_tolerance
    assert np.abs(0.5 * (low + high) - 0.5 * CROP_PX).max() < center_tolerance_px
    head, feet = pixels[:, BODY.index["head"], 1], pixels[:, BODY.index["left_foot"], 1]
    assert (head < feet).all()  # upright
    assert (
        pixels[:, BODY.index["left_wrist"], 0] > pixels[:, BODY.index["right_wrist"], 0]
    ).all()  # facing us


@pytest.mark.parametrize("name", ["smpl", "smplx"])
def test_the_mean_pose_stands_in_the_middle_of_its_crop(store, models, name):
    mean = body_head.parameters(body_head.start_of(store.load("mean_params"))[None])
    pixels = projected(models[name][1], mean.rotations, mean.betas, mean.camera)
    assert_stands_in_the_crop(pixels, 1e-3, 0.5)
    arms = np.ptp(pixels[0, :, 0])
    assert 0.3 * CROP_PX < arms < 0.7 * CROP_PX  # they hang


def random_crops():
    """Noise, black, white, and coarse noise."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (2, 7, 7, 3)).astype(np.uint8).repeat(32, axis=1).repeat(32, axis=2)
    noise = rng.integers(0, 256, (1, CROP_PX, CROP_PX, 3)).astype(np.uint8)
    return np.concatenate([noise, np.zeros_like(noise), np.full_like(noise, 255), coarse])


@pytest.mark.parametrize(("model", "weights"), [("smpl", "body_smpl"), ("smplx", "body_smplx")])
@pytest.mark.parametrize("half", [None, "bfloat16"])
def test_the_regressor_stays_near_the_mean_whatever_it_sees(store, models, model, weights, half, normalized):
    from frankmocap_ros.estimators.frankmocap.networks.hmr import load_hmr

    arrays, start = store.load(weights), store.load("mean_params")
    network = load_hmr(arrays)
    dtype = getattr(torch, half) if half else None
    with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=half is not None):
        feature = network.features(normalized(torch.from_numpy(random_crops()))).float()
    values = body_head.folded_head(arrays, start)(feature.numpy())
    assert 0.1 < float(feature.pow(2).mean().sqrt()) < 20.0
    found, mean = (body_head.parameters(v) for v in (values, body_head.start_of(start)[None]))
    assert_stands_in_the_crop(
        projected(models[model][1], found.rotations, found.betas, found.camera), 0.05, 4.0
    )
    turned = quat_to_rotvec(quat_from_matrix(np.swapaxes(mean.rotations, -1, -2) @ found.rotations))
    angles = np.degrees(np.linalg.norm(turned, axis=-1))
    assert angles.max() < 4.0
    # but it is not blind: another image gives other numbers
    assert np.ptp(values, axis=0).max() > 1e-4
    assert np.abs(found.betas).max() < 0.5


def test_the_hand_continues_the_lower_arm(store):
    from frankmocap_ros.engines.base import EngineOptions
    from frankmocap_ros.engines.torch import TorchEngine
    from frankmocap_ros.estimators.frankmocap.hand_crop import unmirrored, wrist_local
    from frankmocap_ros.estimators.frankmocap.networks import hand_head
    from frankmocap_ros.estimators.frankmocap.regressors import hand_regressor

    regressor = hand_regressor(store)
    features = TorchEngine(regressor.trunk, "fp32", EngineOptions(device="cpu"))(random_crops()[[0, 0, 3, 3]])
    found = hand_head.parameters(regressor.head(features))
    found = unmirrored(found, np.array([True, False, True, False]))
    mean = body_head.parameters(body_head.start_of(store.load("mean_params"))[None])
    wrists = quat_to_matrix(quat_from_rotvec(found.wrist_axis_angle))
    for i, side in enumerate(("left", "right", "left", "right")):
        local = wrist_local(mean.rotations[0], side, wrists[i])
        assert np.degrees(np.linalg.norm(quat_to_rotvec(quat_from_matrix(local)))) < 10.0, side
    assert np.abs(found.fingers).max() < 0.6
    assert np.abs(found.camera[:, 0] - 5.0).max() < 0.5


@pytest.mark.parametrize("half", [None, "bfloat16"])
def test_the_2d_network_finds_nobody(store, half):
    from frankmocap_ros.engines.state_dict import load_strictly
    from frankmocap_ros.estimators.openpose.network import Pose2dNetwork

    network = load_strictly(Pose2dNetwork, store.load("pose2d"), "pose2d")
    crops = (torch.from_numpy(random_crops()).permute(0, 3, 1, 2).float() - 128.0) / 256.0
    dtype = getattr(torch, half) if half else None
    with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=half is not None):
        heat, fields = network(crops)
        features = network.cpm(network.model(crops))
    assert 0.05 < float(features.float().pow(2).mean().sqrt()) < 20.0
    assert 0.0 < float(heat.abs().max()) < 0.05  # a peak is more than 0.1
    assert 0.0 < float(fields.abs().max()) < 0.05


def test_hand_vertices_are_those_of_the_hands(store, models):
    vertices = models["smplx"][0]["v_template"]
    rest = standin_skeleton.rest_joints(SMPLX)
    info = store.load("hand_info")
    for side in ("left", "right"):
        rows = info[f"{side}_hand_verts_idx"]
        assert len(np.unique(rows)) == len(rows) == 778
        wrist = rest[SMPLX.index[f"{side}_wrist"]]
        assert np.median(np.linalg.norm(vertices[rows] - wrist, axis=1)) < 0.2
        assert info[f"{side}_hand_faces_local"].max() < 778


def test_means_of_the_hands_are_mirrored(models):
    left, right = models["smplx"][1].hand_mean
    assert np.allclose(left, right * (1.0, -1.0, -1.0), atol=1e-6)
    assert 0.1 < np.abs(right).max() < 0.6
    assert standin_body.smpl_model(0)[0]["J"].shape == (24, 3)
