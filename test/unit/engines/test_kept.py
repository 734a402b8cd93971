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

"""Files that are made once and kept."""

import json
import threading

import pytest

from frankmocap_ros.engines.kept import Kept
from frankmocap_ros.errors import AssetError


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path / "cache", "thing", {"maker": "1"})


class Writer:
    """Writes two files, and counts how often."""

    def __init__(self):
        self.calls = 0

    def __call__(self, folder):
        self.calls += 1
        (folder / "a.txt").write_text("first")
        (folder / "b.bin").write_bytes(bytes(1000))


def test_made_once(kept):
    writer = Writer()
    assert kept.get(writer) == kept.get(writer) == kept.folder
    assert writer.calls == 1
    assert (kept.folder / "a.txt").read_text() == "first"


def test_another_may_make_it_first(kept):
    """Whoever prepares may take the lock that who makes it holds."""
    writer, elsewhere, asked = Writer(), Writer(), []

    def prepare():
        asked.append(kept.notes())
        kept.get(elsewhere)

    kept.get(writer, prepare)
    kept.get(writer, prepare)
    assert (writer.calls, elsewhere.calls, asked) == (0, 1, [None])
    kept.drop()
    kept.get(writer, lambda: asked.append("nothing came of it"))
    assert (writer.calls, asked) == (1, [None, "nothing came of it"])


@pytest.mark.parametrize("name", ["a.txt", "b.bin", "manifest.json"])
@pytest.mark.parametrize("content", [None, b"", b"other"])
def test_damaged_files_are_made_again(kept, name, content):
    writer = Writer()
    path = kept.get(writer) / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    assert kept.notes() is None
    kept.get(writer)
    assert writer.calls == 2
    assert kept.notes() == {}


def test_files_of_another_version_are_made_again(kept):
    writer = Writer()
    kept.get(writer)
    newer = Kept(kept.cache, kept.name, {"maker": "2"})
    assert newer.notes() is None
    newer.get(writer)
    assert writer.calls == 2
    assert newer.notes() == {}


def test_a_manifest_does_not_reach_out_of_its_folder(kept, tmp_path):
    manifest = kept.get(Writer()) / "manifest.json"
    outside = tmp_path / "cache" / "outside"
    outside.write_bytes(bytes(1000))
    text = json.loads(manifest.read_text())
    text["files"]["../outside"] = text["files"].pop("b.bin")
    manifest.write_text(json.dumps(text))
    assert kept.notes() is None


def test_what_fails_leaves_what_was_there(kept):
    def fails(folder):
        (folder / "a.txt").write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.get(fails)
    assert kept.notes() is None
    kept.make(Writer(), {"error_mm": 3.0})
    with pytest.raises(ValueError, match="no"):
        kept.make(fails)
    assert kept.notes() == {"error_mm": 3.0}
    assert sorted(path.name for path in kept.cache.iterdir()) == ["lock", "thing"]


def test_made_in_place_of_a_file(kept):
    kept.cache.mkdir()
    kept.folder.write_text("in the way")
    assert kept.get(Writer()).is_dir()


def test_two_at_once_make_it_once(kept):
    writer, found = Writer(), []
    start = threading.Barrier(4)

    def first():
        start.wait()
        found.append(kept.get(writer))

    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.calls == 1
    assert found == [kept.folder] * 4


def test_dropped(kept):
    kept.get(Writer())
    kept.drop()
    kept.drop()
    assert kept.notes() is None


def test_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(AssetError, match="FRANKMOCAP_CACHE_DIR"):
        Kept(tmp_path / "cache", "thing").get(Writer())
