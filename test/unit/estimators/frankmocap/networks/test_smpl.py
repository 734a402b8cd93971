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

"""Body models: joints without vertices, and vertices through smplx."""

import numpy as np
import pytest

from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.frankmocap.networks.mesh import JOINTS49, MeshModel
from frankmocap_ros.estimators.frankmocap.networks.smpl import SMPLX, joint_model
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_to_matrix


@pytest.fixture(scope="module")
def arrays(synth, golden_seed):
    return synth.smpl_model(golden_seed)


@pytest.fixture(scope="module")
def model(arrays):
    return joint_model(arrays, "smpl.pkl")


@pytest.fixture(scope="module")
def mesh(arrays, model):
    return MeshModel(arrays, arrays["J_regressor_extra"], model)


def test_bodies_are_the_originals(golden, model, mesh, relative_error):
    ok = golden["body_crop_ok"]
    rotations, betas = golden["body_rotmat"][ok].astype(float), golden["body_betas"][ok]
    assert relative_error(model.joints(rotations, betas), golden["smpl_joints24"]) < 1e-4
    posed = mesh(rotations, betas)
    assert relative_error(posed.joints, golden["smpl_joints24"]) < 1e-4
    assert relative_error(posed.joints49, golden["smpl_joints49"]) < 1e-4
    assert relative_error(posed.vertices[:, ::689], golden["smpl_vertices_every_689"]) < 1e-4
    assert mesh.faces.shape == (13776, 3)


def test_joints_without_vertices_are_those_of_smplx(model, mesh):
    random = np.random.default_rng(5)
    rotations = quat_to_matrix(quat_from_rotvec(random.normal(0.0, 0.7, (20, 24, 3))))
    betas = random.normal(0.0, 2.0, (20, 10))
    difference = model.joints(rotations, betas) - mesh(rotations, betas).joints
    assert np.abs(difference).max() < 1e-5


def test_names():
    assert len(JOINTS49) == 49
    assert set(SMPLX.names) - set(BODY_WITH_HANDS.names) == {"jaw", "left_eye", "right_eye"}
    for name, parent in zip(SMPLX.names, SMPLX.parent_names, strict=True):
        if name in BODY_WITH_HANDS.index:
            assert BODY_WITH_HANDS.parent_names[BODY_WITH_HANDS.index[name]] == parent
    assert SMPLX.names[:22] == BODY.names[:22]
    assert (SMPLX.names[25], SMPLX.names[40], len(SMPLX)) == ("left_index1", "right_index1", 55)


@pytest.mark.parametrize("name", ["v_template", "J_regressor", "kintree_table", "shapedirs"])
def test_a_file_that_lacks_something(arrays, name):
    with pytest.raises(AssetError, match=f"x.pkl holds no {name}"):
        joint_model({k: v for k, v in arrays.items() if k != name}, "x.pkl")


def test_another_tree(arrays):
    table = arrays["kintree_table"].copy()
    table[0, 5] = 1
    with pytest.raises(AssetError, match="another tree"):
        joint_model({**arrays, "kintree_table": table}, "x.pkl")
    with pytest.raises(AssetError, match="16 joints"):
        joint_model({**arrays, "J_regressor": arrays["J_regressor"][:16]}, "mano.pkl")


def test_a_mesh_that_lacks_something(arrays, model):
    with pytest.raises(AssetError, match=r"shape \(8, 6890\), not \(9, 6890\)"):
        MeshModel(arrays, arrays["J_regressor_extra"][:8], model)
    with pytest.raises(AssetError, match="holds no weights"):
        MeshModel({k: v for k, v in arrays.items() if k != "weights"}, arrays["J_regressor_extra"], model)
