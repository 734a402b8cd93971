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

"""Files that are there whole or not at all."""

import os
import threading

import pytest

from frankmocap_ros.runtime.whole_files import replace_text, whole_file


def test_a_file_takes_the_others_place_when_it_is_whole(tmp_path):
    path = tmp_path / "one.txt"
    path.write_text("old")
    with whole_file(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["one.txt"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_is_not_finished_leaves_nothing(tmp_path, error):
    path = tmp_path / "one.txt"
    path.write_text("old")
    with pytest.raises(type(error)), whole_file(path) as part:
        part.write_text("ha")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["one.txt"]


def test_several_writers_do_not_share_what_they_write(tmp_path):
    path = tmp_path / "one.txt"

    def write_another():
        with whole_file(path) as other:
            other.write_text("other")

    with whole_file(path) as mine:
        mine.write_text("mine")
        thread = threading.Thread(target=write_another)
        thread.start()
        thread.join()
        assert path.read_text() == "other"
    assert path.read_text() == "mine"


def test_text_is_utf_8_and_a_folder_that_is_not_there_is_told(tmp_path):
    replace_text(tmp_path / "one.txt", "Größe")
    assert (tmp_path / "one.txt").read_bytes() == "Größe".encode()
    with pytest.raises(OSError, match="missing"):
        replace_text(tmp_path / "missing" / "one.txt", "x")
