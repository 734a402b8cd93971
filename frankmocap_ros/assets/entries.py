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

"""Numbers of what stands in a pickle: arrays, sparse matrices, chumpy's arrays, lists."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from frankmocap_ros.assets.pickled import Array, Chumpy, ChumpySelect, Csc, Numbers, refuse

_MAX_DENSE: Final = 1 << 24  # entries of a sparse matrix written out; SMPL-X's joint regressor has 576,125


def _listed(value: Any) -> Numbers | None:
    """A list of numbers, or of equally long lists of numbers, as an array."""
    rows = value if value and all(type(row) in (list, tuple) for row in value) else [value]
    if not all(len(row) == len(rows[0]) for row in rows):
        return None
    if sum(map(len, rows)) > _MAX_DENSE or not all(type(x) in (int, float) for row in rows for x in row):
        return None
    try:
        array = np.array(value)
    except OverflowError:
        return None
    return array if array.dtype.kind in "iuf" else None


def _selected(state: Mapping[Any, Any]) -> Numbers | None:
    source, picked, shape = state.get("a"), state.get("idxs"), state.get("preferred_shape")
    flat, rows = as_array(source) if isinstance(source, Chumpy | Array) else None, as_array(picked)
    if flat is None or rows is None or not isinstance(shape, tuple):
        return None
    if rows.dtype.kind not in "iu" or rows.size > flat.size:
        refuse("a selection of an array is malformed")
    try:
        picked_numbers: Numbers = flat.reshape(-1)[rows].reshape(shape)
    except (IndexError, ValueError, TypeError) as error:
        refuse(f"a selection of an array is malformed: {error}")
    return picked_numbers


def _dense(state: Mapping[Any, Any]) -> Numbers | None:
    """A sparse matrix, stored by columns, with all its zeros; entries named twice are summed."""
    shape = state.get("_shape", state.get("shape"))
    parts = [as_array(state.get(name)) for name in ("data", "indices", "indptr")]
    data, indices, indptr = parts
    if data is None or indices is None or indptr is None or not isinstance(shape, tuple) or len(shape) != 2:
        return None
    if not all(type(side) is int and 0 <= side <= _MAX_DENSE for side in shape):
        refuse("a sparse matrix with a malformed shape")
    if shape[0] * shape[1] > _MAX_DENSE:
        refuse(f"a sparse matrix of shape {shape}, more than {_MAX_DENSE} entries")
    whole = (
        all(part.ndim == 1 for part in (data, indices, indptr))
        and indices.dtype.kind in "iu"
        and indptr.dtype.kind in "iu"
        and indptr.size == shape[1] + 1
    )
    if whole:
        starts, rows = indptr.astype(np.int64), indices.astype(np.int64)
        counts = np.diff(starts)
        whole = bool(starts[0] == 0 and starts[-1] == data.size == rows.size and (counts >= 0).all())
        whole = whole and bool(((rows >= 0) & (rows < shape[0])).all())
    if not whole:
        refuse("a sparse matrix whose parts do not fit each other")
    dense = np.zeros(shape, data.dtype)
    np.add.at(dense, (rows, np.repeat(np.arange(shape[1]), counts)), data)
    return dense


def as_array(value: object) -> Numbers | None:
    """The numbers of one entry of a file; None where it holds something else.

    Raises:
        AssetError: its parts do not fit each other.
    """
    if isinstance(value, Array):
        return value.value
    if isinstance(value, Chumpy):
        inner = value.state.get("x")
        return inner.value if isinstance(inner, Array) else None
    if isinstance(value, ChumpySelect):
        return _selected(value.state)
    if isinstance(value, Csc):
        return _dense(value.state)
    if type(value) in (list, tuple):
        return _listed(value)
    return None
