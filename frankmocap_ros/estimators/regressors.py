"""FrankMocap's regressors in two parts: a trunk for an engine, and a head that stays in float32."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.layout import ASSETS
from frankmocap_ros.assets.sharing import shared
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.engines.base import EngineOptions, Trunk
from frankmocap_ros.engines.trunks import body_trunk, hand_trunk, weights_key

if TYPE_CHECKING:
    from frankmocap_ros.engines.choice import Choice


@dataclass(frozen=True, eq=False)
class Regressor:
    """One network.

    Attributes:
        key: of its checkpoint in ``assets.layout.ASSETS``.
        trunk: crops to features.
        weight: shape (P, F), float32, and
        bias: shape (P,), float32: the head's iterations as one affine map.
    """

    key: str
    trunk: Trunk
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def parameters(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's numbers (N, P) of features (N, F)."""
        values: NDArray[np.float32] = features @ self.weight.T + self.bias
        return values

    def choose(self, engine: str, precision: str, options: EngineOptions) -> "Choice":
        """What runs the trunk; see ``engines.choice.choose``."""
        from frankmocap_ros.engines.choice import choose

        return choose(self.trunk, engine, precision, options)


def body_regressor(store: AssetStore, use_smplx: bool) -> Regressor:
    """Body crops (RGB) to rotations, shape and camera: ``networks.hmr.parameters`` takes the 157 numbers.

    Raises:
        AssetError: a file is missing, damaged or not what it should be.
    """
    from frankmocap_ros.networks.hmr import load_hmr

    key = "body_smplx" if use_smplx else "body_smpl"

    def read() -> Regressor:
        weights = store.load(key)
        network, start = load_hmr(weights, store.load("mean_params"), ASSETS[key].path)
        head = network.folded(start)
        trunk = body_trunk(network, weights_key("body", weights))
        return Regressor(key, trunk, head.weight.numpy(), head.bias.numpy())

    return shared(store, (key, "mean_params"), read)


def hand_regressor(store: AssetStore) -> Regressor:
    """Hand crops (BGR, left ones mirrored) to what ``networks.hand.parameters`` takes, 61 numbers.

    Raises:
        AssetError: as ``body_regressor``.
    """
    from frankmocap_ros.networks.hand import load_hand, start_of

    def read() -> Regressor:
        weights = store.load("hand")
        network = load_hand(weights)
        head = network.folded(start_of(store.load("mean_mano"), "mean_mano_params.pkl"))
        trunk = hand_trunk(network, weights_key("hand", weights))
        return Regressor("hand", trunk, head.weight.numpy(), head.bias.numpy())

    return shared(store, ("hand", "mean_mano"), read)
