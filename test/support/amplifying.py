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

"""Weights of FrankMocap's body network whose head makes much of what bfloat16 does to the trunk.

Each number and each pose is plausible, as with the network whose joints move by 82 to 102 mm in bfloat16:
only who compares joints with float32's sees that they are wrong.
"""

import numpy as np

from frankmocap_ros.standin import weights as standin_weights

_TURN = 0.22  # change of every second rotation's columns by what rounding does to the features


def _features(state, crops, rounded):
    """Features (N, 2048) of crops, of the weights as they are or rounded to bfloat16."""
    import torch

    from frankmocap_ros.estimators.frankmocap.networks.hmr import load_hmr
    from frankmocap_ros.estimators.frankmocap.trunks import body_trunk

    module = body_trunk(lambda: load_hmr(state), "amplifying").build(torch.float32)
    if rounded:
        for weights in module.parameters():
            weights.copy_(weights.bfloat16().float())
    with torch.inference_mode():
        return module(torch.from_numpy(crops)).numpy()


def amplifying_weights(key, crops, seed=0):
    """A state dict of the body network under the published names.

    Args:
        key: ``body_smpl`` or ``body_smplx``.
        crops: uint8 (N, 224, 224, 3), by which to see what rounding does.
        seed: of the random weights.
    """
    state = dict(standin_weights.state_dict(key, seed))
    exact = _features(state, crops, rounded=False)
    off = (_features(state, crops, rounded=True) - exact).mean(axis=0)
    # one hidden number tells how far features are off in that direction; nothing else is looked at
    direction = off / float(off @ off)
    for name in ("fc1", "fc2", "decpose", "decshape", "deccam"):
        for part in ("weight", "bias"):
            state[f"{name}.{part}"] = np.zeros_like(state[f"{name}.{part}"])
    state["fc1.weight"][0, : len(direction)] = direction
    state["fc1.bias"][0] = -float(direction @ exact.mean(axis=0))
    state["fc2.weight"][0, 0] = 1.0
    turns = np.random.default_rng(seed).choice([-_TURN, _TURN], 144)
    state["decpose.weight"][:, 0] = turns / 3.0  # iterations
    return state
