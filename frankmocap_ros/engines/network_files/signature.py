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

"""What a network's file states of its inputs and outputs, and what an estimator needs of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.errors import AssetError

CHANNELS: Final = 3

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Port:
    """One input or output, as a file states it.

    Attributes:
        names: all names that it has.
        shape: None for a side of any length; None as a whole where not even the number of sides is stated.
        kind: type of its numbers in words, such as ``float32``.
    """

    names: tuple[str, ...]
    shape: Shape | None
    kind: str

    def __str__(self) -> str:
        sides = "of any shape" if self.shape is None else _sides(self.shape)
        return f"{'/'.join(self.names) or 'without a name'} {sides} {self.kind}"


@dataclass(frozen=True)
class Needed:
    """One input or output that an estimator needs.

    Attributes:
        text: what it is, in words.
        shape: numbers that must be so, and letters for sides of any length; a letter stands for the same
            length wherever it is.
        names: parts of its name, in small letters, that tell it from others of the same shape.
        in_order: whether the first of those that are left is meant where names do not tell.
    """

    text: str
    shape: tuple[int | str, ...]
    names: tuple[str, ...] = ()
    in_order: bool = False

    def __str__(self) -> str:
        named = f" named like {' or '.join(self.names)}" if self.names else ""
        return f"{self.text} {_sides(self.shape)}{named}"


@dataclass(frozen=True)
class Signature:
    """Input and outputs of one kind of network.

    Attributes:
        name: of the kind, for the estimator.
        image: the one input; 3 is its channels' side.
        outputs: what is wanted; a file may have more.
    """

    name: str
    image: Needed
    outputs: tuple[Needed, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.image}, and {', '.join(map(str, self.outputs))}"

    @property
    def channels_first(self) -> bool:
        """Whether the image's channels stand before its rows."""
        return self.image.shape.index(CHANNELS) == 1


@dataclass(frozen=True)
class Fit:
    """How a file fits a signature.

    Attributes:
        signature: which one.
        outputs: numbers of the file's outputs, in the signature's order.
        sizes: what the letters stand for; None for what the file leaves open.
    """

    signature: Signature
    outputs: tuple[int, ...]
    sizes: Mapping[str, int | None]


def fitted(inputs: Sequence[Port], outputs: Sequence[Port], signatures: Sequence[Signature]) -> Fit:
    """The first signature that a file fits.

    Raises:
        AssetError: it fits none; the text says what it has, and what was expected.
    """
    for signature in signatures:
        fit = _fit(inputs, outputs, signature)
        if fit is not None:
            return fit
    found = f"input {', '.join(map(str, inputs)) or 'none'}; output {', '.join(map(str, outputs)) or 'none'}"
    raise AssetError(f"is another network. It has: {found}. Expected: {'; or '.join(map(str, signatures))}")


def agreeing(
    shape: Shape | None, needed: Needed, sizes: Mapping[str, int | None]
) -> dict[str, int | None] | None:
    """What the letters stand for if a shape is the needed one; None where it is not."""
    if shape is None or len(shape) != len(needed.shape):
        return None
    found = dict(sizes)
    for side, wanted in zip(shape, needed.shape, strict=True):
        known = wanted if isinstance(wanted, int) else found.get(wanted)
        if side is not None and known is not None and side != known:
            return None
        if isinstance(wanted, str):
            found[wanted] = known if side is None else side
    return found


def _fit(inputs: Sequence[Port], outputs: Sequence[Port], signature: Signature) -> Fit | None:
    if len(inputs) != 1:
        return None
    sizes = agreeing(inputs[0].shape, signature.image, {})
    taken: list[int] = []
    for needed in signature.outputs:
        if sizes is None:
            return None
        row = _row_of(needed, outputs, sizes, taken)
        if row is None:
            return None
        taken.append(row)
        sizes = agreeing(outputs[row].shape, needed, sizes)
    return None if sizes is None else Fit(signature, tuple(taken), sizes)


def _row_of(
    needed: Needed, outputs: Sequence[Port], sizes: Mapping[str, int | None], taken: Sequence[int]
) -> int | None:
    """The one output that is meant, None where none is, or several could be."""
    rows = [
        i for i, port in enumerate(outputs)
        if i not in taken and agreeing(port.shape, needed, sizes) is not None
    ]  # fmt: skip
    named = [i for i in rows if any(part in n.lower() for n in outputs[i].names for part in needed.names)]
    if len(rows) > 1 and (named or not needed.in_order):
        rows = named
    return rows[0] if len(rows) == 1 or (rows and needed.in_order) else None


def _sides(shape: Sequence[int | str | None]) -> str:
    return "(" + ", ".join("any" if side is None else str(side) for side in shape) + ")"
