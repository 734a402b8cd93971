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

"""File names of any bytes, for what takes UTF-8 alone."""

import os
import pwd

import pytest

from frankmocap_ros.errors import MocapError
from frankmocap_ros.runtime.file_names import home_expanded, native_path, printable


def test_a_usual_name_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "12:30.mp4").write_text("x")
    with native_path("12:30.mp4") as native:
        assert native == str(tmp_path / "12:30.mp4")
    with native_path("größe") as native:  # whether it is there is for the library to say
        assert native == str(tmp_path / "größe")


def test_a_name_of_other_bytes_is_opened_for_as_long_as_it_is_needed(tmp_path):
    path = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"a\xff"))
    with open(path, "w") as file:
        file.write("content")
    with native_path(path) as native:
        native.encode()
        with open(native) as file:
            assert file.read() == "content"
        descriptor = int(native.rpartition("/")[2])
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    os.unlink(path)
    with pytest.raises(FileNotFoundError), native_path(path):
        pass


def test_names_are_shown_as_they_are_where_that_can_be():
    assert printable("größe 影片.mp4") == "größe 影片.mp4"
    assert printable(os.fsdecode(b"a\xff.mp4")) == r"a\xff.mp4"


def test_no_home(monkeypatch):
    def nobody(_):
        raise KeyError

    monkeypatch.setenv("HOME", "/somewhere")
    assert str(home_expanded("~/a")) == "/somewhere/a"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert str(home_expanded("/a/b")) == "/a/b"
    with pytest.raises(MocapError, match="~/a: the home folder is unknown; set HOME"):
        home_expanded("~/a")
