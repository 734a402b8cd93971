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

"""FrankMocap's ``extra_data`` folder: names and places of its files, as users already have them."""

from dataclasses import dataclass
from typing import Literal

STANDIN_MARKER = "STAND-IN.txt"  # a folder that holds this file holds random weights
STANDIN_WARNING = "stand-in weights: poses are meaningless"

Kind = Literal["checkpoint", "pickle", "npz", "npy"]

_FRANKMOCAP = "CC BY-NC 4.0, not for commercial use"
_FRANKMOCAP_URL = "https://github.com/facebookresearch/frankmocap/blob/main/docs/INSTALL.md"
_SMPL = "Max Planck license for research, not for commercial use"


@dataclass(frozen=True)
class Asset:
    """One file of the folder.

    Attributes:
        key: short name by which this package asks for it.
        path: place below the folder.
        kind: how the original stores it: a torch checkpoint, a pickle, or numpy's own formats.
        text: what it is, in a few words.
        license: terms of the file.
        url: where to get it or to register.
    """

    key: str
    path: str
    kind: Kind
    text: str
    license: str = _FRANKMOCAP
    url: str = _FRANKMOCAP_URL


_WEIGHTS = "body_module/pretrained_weights"

ASSETS: dict[str, Asset] = {
    asset.key: asset
    for asset in (
        Asset(
            "body_smpl",
            f"{_WEIGHTS}/2020_05_31-00_50_43-best-51.749683916568756.pt",
            "checkpoint",
            "body regressor for SMPL",
        ),
        Asset(
            "body_smplx",
            f"{_WEIGHTS}/smplx-03-28-46060-w_spin_mlc3d_46582-2089_2020_03_28-21_56_16.pt",
            "checkpoint",
            "body regressor for SMPL-X",
        ),
        Asset(
            "mean_params",
            "body_module/data_from_spin/smpl_mean_params.npz",
            "npz",
            "mean pose, shape and camera, from which the body regressor starts",
        ),
        Asset(
            "extra_regressor",
            "body_module/data_from_spin/J_regressor_extra.npy",
            "npy",
            "nine extra joints of SMPL, from vertices",
        ),
        Asset(
            "extra_regressor_smplx",
            "body_module/J_regressor_extra_smplx.npy",
            "npy",
            "nine extra joints of SMPL-X, from vertices",
        ),
        Asset(
            "pose2d",
            "body_module/body_pose_estimator/checkpoint_iter_370000.pth",
            "checkpoint",
            "2D pose network that finds people",
            "Apache-2.0",
            "https://github.com/Daniil-Osokin/lightweight-human-pose-estimation.pytorch",
        ),
        Asset("hand", "hand_module/pretrained_weights/pose_shape_best.pth", "checkpoint", "hand encoder"),
        Asset("mean_mano", "hand_module/mean_mano_params.pkl", "pickle", "mean hand pose and shape"),
        Asset("hand_info", "hand_module/SMPLX_HAND_INFO.pkl", "pickle", "hand vertices and faces of SMPL-X"),
        Asset(
            "smpl",
            "smpl/basicModel_neutral_lbs_10_207_0_v1.0.0.pkl",
            "pickle",
            "SMPL body model",
            _SMPL,
            "https://smpl.is.tue.mpg.de",
        ),
        Asset(
            "smplx",
            "smpl/SMPLX_NEUTRAL.pkl",
            "pickle",
            "SMPL-X body model",
            _SMPL,
            "https://smpl-x.is.tue.mpg.de",
        ),
    )
}


def needed(use_smplx: bool = False, hands: bool = False, pose2d: bool = False) -> tuple[str, ...]:
    """Keys of the files without which the estimator ``frankmocap`` does not run.

    Args:
        use_smplx: with SMPL-X instead of SMPL.
        hands: with finger joints (SMPL-X only).
        pose2d: with the 2D pose network as person detector.
    """
    keys = ["body_smplx" if use_smplx else "body_smpl", "mean_params", "smplx" if use_smplx else "smpl"]
    keys += ["hand", "mean_mano"] if hands else []
    return (*keys, "pose2d") if pose2d else tuple(keys)
