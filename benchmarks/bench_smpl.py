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

"""SMPL's joints without vertices against the forward pass of the ``smplx`` package, interleaved in one run.

Run: ``python benchmarks/bench_smpl.py [--rounds N]``. On random arrays of SMPL's shapes; the values do not
matter for the time. The last column is how many times faster the joints alone are.
"""

import argparse
import time

import numpy as np
import torch

from frankmocap_ros.estimators.frankmocap.networks.mesh import MeshModel
from frankmocap_ros.estimators.frankmocap.networks.smpl import joint_model
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_to_matrix
from frankmocap_ros.standin.body_models import smpl_model


class _Struct:
    """Arrays as attributes, as ``smplx`` wants them."""

    def __init__(self, arrays: dict[str, object]) -> None:
        vars(self).update(arrays)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    rounds = parser.parse_args().rounds
    import smplx

    arrays, extra = smpl_model(0)
    joints = joint_model(arrays, "stand-in")
    mesh = MeshModel(arrays, extra, joints)
    package = smplx.SMPL("", data_struct=_Struct(dict(arrays)))
    random = np.random.default_rng(0)
    print("people   joints alone  skinning  smplx.SMPL  [ms, p50]")
    for people in (1, 2, 4, 8):
        rotations = quat_to_matrix(quat_from_rotvec(random.normal(0.0, 0.4, (people, 24, 3))))
        betas = random.normal(0.0, 1.0, (people, 10))
        tensors = [
            torch.from_numpy(a.astype(np.float32)) for a in (betas, rotations[:, :1], rotations[:, 1:])
        ]
        times: list[list[float]] = [[], [], []]
        with torch.inference_mode():
            for _ in range(rounds):
                start = time.perf_counter()
                ours = joints.joints(rotations, betas)
                times[0].append(time.perf_counter() - start)
                start = time.perf_counter()
                mesh(rotations, betas)
                times[1].append(time.perf_counter() - start)
                start = time.perf_counter()
                shape, root, pose = tensors
                theirs = package(betas=shape, global_orient=root, body_pose=pose, pose2rot=False)
                times[2].append(time.perf_counter() - start)
        assert np.abs(ours - theirs.joints[:, :24].numpy()).max() < 1e-5
        alone, skinning, whole = (1e3 * float(np.median(t)) for t in times)
        print(f"{people:6d} {alone:14.3f} {skinning:9.2f} {whole:11.2f}   x{whole / alone:.0f}")


if __name__ == "__main__":
    main()
