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

"""FrankMocap's regressors in two parts: a trunk for an engine, and a head that stays in float32."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from frankmocap_ros.assets.layout import ASSETS
from frankmocap_ros.assets.pickled import Numbers
from frankmocap_ros.assets.sharing import shared
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.engines.base import EngineOptions, Trunk
from frankmocap_ros.engines.torch import load_torch
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.frankmocap.int8_notes import weights_key
from frankmocap_ros.estimators.frankmocap.networks import body_head, hand_head
from frankmocap_ros.estimators.frankmocap.networks.folded_head import Affine
from frankmocap_ros.estimators.frankmocap.networks.smpl import ARRAYS, JointModel, joint_model
from frankmocap_ros.estimators.frankmocap.trunks import body_trunk, hand_trunk
from frankmocap_ros.runtime.thread_priority import giving_way

if TYPE_CHECKING:
    from frankmocap_ros.engines.choice import Choice
    from frankmocap_ros.engines.judging import Judge
    from frankmocap_ros.estimators.frankmocap.networks.hand import HandNetwork
    from frankmocap_ros.estimators.frankmocap.networks.hmr import Hmr

N = TypeVar("N")


@dataclass(frozen=True, eq=False)
class Regressor:
    """One network.

    Its head is read at once. The weights of its trunk are read when an engine builds the network from them,
    which engines that keep a translated file do once for all time: then neither weights nor torch are needed.

    Attributes:
        key: of its checkpoint in ``assets.layout.ASSETS``.
        trunk: crops to features.
        head: features to the network's numbers: its iterations as one affine map, in float32.
    """

    key: str
    trunk: Trunk
    head: Affine

    def choose(
        self, engine: str, precision: str, options: EngineOptions, judge: "Judge | None" = None
    ) -> "Choice":
        """What runs the trunk; see ``engines.choice.choose``."""
        from frankmocap_ros.engines.choice import choose

        return choose(self.trunk, engine, precision, options, judge)


def body_regressor(store: AssetStore, use_smplx: bool) -> Regressor:
    """Body crops (RGB) to the 157 numbers that ``networks.body_head.parameters`` takes.

    Raises:
        AssetError: a file is missing, damaged or not what it should be.
    """
    key = "body_smplx" if use_smplx else "body_smpl"

    def network(weights: dict[str, Numbers]) -> "Hmr":
        from frankmocap_ros.estimators.frankmocap.networks.hmr import load_hmr

        return load_hmr(weights, ASSETS[key].path)

    def read() -> Regressor:
        weights, digest = _some(store, key, body_head.ARRAYS)
        head = body_head.folded_head(weights, store.load("mean_params"), ASSETS[key].path)
        trunk = body_trunk(_loading(store, key, digest, network), weights_key("body", digest))
        return Regressor(key, trunk, head)

    return shared(store, (key, "mean_params"), read)


def hand_regressor(store: AssetStore) -> Regressor:
    """Hand crops (BGR, left ones mirrored) to the 61 numbers that ``networks.hand_head.parameters`` takes.

    Raises:
        AssetError: as ``body_regressor``.
    """

    def network(weights: dict[str, Numbers]) -> "HandNetwork":
        from frankmocap_ros.estimators.frankmocap.networks.hand import load_hand

        return load_hand(weights)

    def read() -> Regressor:
        weights, digest = _some(store, "hand", hand_head.ARRAYS)
        head = hand_head.folded_head(weights, store.load("mean_mano"))
        trunk = hand_trunk(_loading(store, "hand", digest, network), weights_key("hand", digest))
        return Regressor("hand", trunk, head)

    return shared(store, ("hand", "mean_mano"), read)


def regressor_of(store: AssetStore, key: str) -> Regressor:
    """The network ``body_smpl``, ``body_smplx`` or ``hand``.

    Raises:
        AssetError: a file is missing, damaged or not what it should be.
    """
    return hand_regressor(store) if key == "hand" else body_regressor(store, key == "body_smplx")


def joint_model_of(store: AssetStore, key: str) -> JointModel:
    """The joints of a body model, ``smpl`` or ``smplx``.

    Raises:
        AssetError: its file is missing, damaged or not what it should be.
    """
    return shared(store, (key,), lambda: joint_model(store.load(key, names=ARRAYS), ASSETS[key].path))


def _some(store: AssetStore, key: str, names: tuple[str, ...]) -> tuple[dict[str, Numbers], str]:
    """Some arrays of a checkpoint, and the digest of all of them."""
    weights, digest = store.load(key, names=names), store.digest(key)
    if digest is None:
        raise _changed(store, key)
    return weights, digest


def _loading(
    store: AssetStore, key: str, digest: str, network: Callable[[dict[str, Numbers]], N]
) -> Callable[[], N]:
    """What loads a network, as long as its file is the one that the head was read from."""

    def read() -> N:
        weights = store.load(key)
        if store.digest(key) != digest:
            raise _changed(store, key)
        return network(weights)

    def load() -> N:
        load_torch()
        return giving_way(read)

    return load


def _changed(store: AssetStore, key: str) -> AssetError:
    return AssetError(f"{store.path(key)} changes while it is read; try again when it is complete")
