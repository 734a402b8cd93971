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

"""What is read from files is read once for all who have it."""

import os
import threading

import pytest

from frankmocap_ros.assets.layout import ASSETS
from frankmocap_ros.assets.sharing import shared
from frankmocap_ros.assets.store import AssetStore

KEYS = ("body_smpl", "mean_params")


class Weights:
    """Something large."""


@pytest.fixture
def store(tmp_path):
    for key in (*KEYS, "hand"):
        path = tmp_path / ASSETS[key].path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"weights")
    return AssetStore(tmp_path, tmp_path / "cache")


def test_as_long_as_somebody_has_it(store):
    first = shared(store, KEYS, Weights)
    assert shared(AssetStore(store.folder), KEYS, pytest.fail) is first
    other = shared(store, ("hand", "mean_params"), Weights)
    assert other is not first
    del first
    read = []
    shared(store, KEYS, lambda: read.append(None) or Weights())
    assert read


@pytest.mark.parametrize("key", KEYS)
def test_a_file_that_changed_is_read_anew(store, key):
    first = shared(store, KEYS, Weights)
    os.utime(store.path(key), (1, 1))
    second = shared(store, KEYS, Weights)
    assert second is not first
    assert shared(store, KEYS, pytest.fail) is second


def test_of_a_file_that_is_gone_nothing_is_kept(store):
    first = shared(store, KEYS, Weights)
    store.path("mean_params").unlink()

    def missing():
        raise FileNotFoundError("mean_params")

    with pytest.raises(FileNotFoundError):
        shared(store, KEYS, missing)
    assert first is not None


def test_reading_gives_way(store):
    names = []
    shared(store, KEYS, lambda: names.append(threading.current_thread().name) or Weights())
    assert names == ["giving_way"]
