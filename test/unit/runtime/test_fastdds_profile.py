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

"""Which transport a process gets: the user's, or the package's, which depends on the memory there is."""

import os
import pwd
import re
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

from frankmocap_ros.errors import MocapError, SettingError
from frankmocap_ros.runtime import fastdds_profile as transport
from frankmocap_ros.runtime.fastdds_profile import transport_variables
from frankmocap_ros.runtime.package_files import share_file

NAMESPACE = "{http://www.eprosima.com}"
PLENTY = 2**40


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(transport, "free_shared_memory", lambda: PLENTY)
    return tmp_path


def test_profile_of_the_package_by_default():
    assert transport_variables({}) == {
        "FASTDDS_DEFAULT_PROFILES_FILE": str(share_file("config", "fastdds.xml"))
    }


@pytest.mark.parametrize(
    ("package", "variable"),
    [("fastrtps", "FASTRTPS_DEFAULT_PROFILES_FILE"), ("fastdds", "FASTDDS_DEFAULT_PROFILES_FILE")],
)
@pytest.mark.parametrize("where", ["sourced", "wheels"])
def test_variable_that_the_installed_fast_dds_reads(package, variable, where, tmp_path, monkeypatch):
    """Jazzy's is the package fastrtps, Kilted's fastdds; with wheels no variable names the distribution."""
    (tmp_path / "ros" / "share" / package).mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ("ros" if where == "wheels" else "bare")))
    sourced = {"AMENT_PREFIX_PATH": f"{tmp_path / 'workspace'}:{tmp_path / 'ros'}"}
    assert list(transport_variables(sourced if where == "sourced" else {})) == [variable]


def test_what_is_sourced_goes_before_what_came_with_python(tmp_path, monkeypatch):
    for prefix, package in (("ros", "fastrtps"), ("wheels", "fastdds")):
        (tmp_path / prefix / "share" / package).mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "wheels"))
    sourced = {"AMENT_PREFIX_PATH": str(tmp_path / "ros")}
    assert list(transport_variables(sourced)) == ["FASTRTPS_DEFAULT_PROFILES_FILE"]


@pytest.fixture(params=[transport.FAST_DDS_3, transport.FAST_DDS_2], ids=lambda version: version.package)
def version(request, tmp_path, monkeypatch):
    """The version of Fast DDS that is installed."""
    (tmp_path / "share" / request.param.package).mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return request.param


def test_variable_of_the_user_stays(version, tmp_path):
    own = tmp_path / "own.xml"
    own.touch()
    for name in (version.variable, "FASTDDS_BUILTIN_TRANSPORTS"):
        assert transport_variables({name: "mine"}) == {}
        assert transport_variables({name: ""}) != {}  # unset, as shells do it
        assert transport_variables({name: "mine"}, str(own)) == {version.variable: str(own)}


def test_file_of_the_user_stays(version, tmp_path):
    (tmp_path / version.file).touch()
    assert transport_variables({}) == {}


def test_what_the_installed_version_does_not_read_is_no_choice(version, tmp_path):
    """Else images would be lost: the user's profile is passed over in silence."""
    other = transport.FAST_DDS_2 if version is transport.FAST_DDS_3 else transport.FAST_DDS_3
    (tmp_path / other.file).touch()
    assert list(transport_variables({other.variable: "mine"})) == [version.variable]


def test_none_is_fast_dds_own():
    assert transport_variables({}, "none") == {"FASTDDS_BUILTIN_TRANSPORTS": "DEFAULT"}
    assert transport_variables({"FASTDDS_BUILTIN_TRANSPORTS": "UDPv4"}, "none") == {}


def test_missing_profile_is_refused():
    with pytest.raises(SettingError, match=r"'no\.xml' is not a file; allowed: auto \| none \| a path"):
        transport_variables({}, "no.xml")


@pytest.mark.parametrize(
    ("free", "name"),
    [
        (64 * 2**20, "fastdds_small.xml"),
        (256 * 2**20 - 1, "fastdds_small.xml"),
        (256 * 2**20, "fastdds.xml"),
        (None, "fastdds.xml"),
    ],
)
def test_small_profile_where_shared_memory_is_short(free, name, monkeypatch):
    monkeypatch.setattr(transport, "free_shared_memory", lambda: free)
    assert transport_variables({}) == {"FASTDDS_DEFAULT_PROFILES_FILE": str(share_file("config", name))}


def test_free_shared_memory_is_measured(monkeypatch):
    monkeypatch.undo()
    free = transport.free_shared_memory()
    if Path("/dev/shm").is_dir():
        system = os.statvfs("/dev/shm")
        assert free is not None
        assert 0 <= free <= system.f_blocks * system.f_frsize
    monkeypatch.setattr(transport, "SHARED_MEMORY", Path("/no/such/folder"))
    assert transport.free_shared_memory() is None


def test_share_file_says_what_to_do_about_a_missing_one():
    with pytest.raises(MocapError, match=r"config/no\.yaml was not installed .* reinstall the package"):
        share_file("config", "no.yaml")


@pytest.mark.parametrize(
    ("name", "segment_bytes", "message_bytes"),
    [("fastdds.xml", transport.SEGMENT_BYTES, 16 * 2**20), ("fastdds_small.xml", 8 * 2**20, 2**20)],
)
def test_profile_says_what_it_must(name, segment_bytes, message_bytes):
    """Written out, because Fast DDS passes over in silence what it does not know."""
    root = xml.etree.ElementTree.parse(share_file("config", name)).getroot()
    descriptors = {d.findtext(f"{NAMESPACE}type"): d for d in root.iter(f"{NAMESPACE}transport_descriptor")}
    assert sorted(descriptors) == ["SHM", "UDPv4"]
    assert int(descriptors["SHM"].findtext(f"{NAMESPACE}segment_size") or 0) == segment_bytes
    assert int(descriptors["SHM"].findtext(f"{NAMESPACE}maxMessageSize") or 0) == message_bytes
    (participant,) = root.iter(f"{NAMESPACE}participant")
    assert participant.get("is_default_profile") == "true"
    assert participant.findtext(f".//{NAMESPACE}useBuiltinTransports") == "false"
    announcements = f".//{NAMESPACE}builtin/{NAMESPACE}discovery_config/{NAMESPACE}initialAnnouncements"
    (initial,) = participant.iterfind(announcements)
    period_s = 1e-9 * int(initial.findtext(f"{NAMESPACE}period/{NAMESPACE}nanosec") or 0)
    assert period_s == pytest.approx(0.1)
    assert int(initial.findtext(f"{NAMESPACE}count") or 0) * period_s > 5.0  # processes start within that
    used = [e.text for e in participant.iterfind(f".//{NAMESPACE}userTransports/{NAMESPACE}transport_id")]
    assert used == [d.findtext(f"{NAMESPACE}transport_id") for d in descriptors.values()]


def test_comment_names_the_variables():
    text = share_file("config", "fastdds.xml").read_text()
    assert set(re.findall(r"FAST\w+", text)) == {
        v.variable for v in (transport.FAST_DDS_3, transport.FAST_DDS_2)
    }


def test_users_whose_processes_share_memory(tmp_path, monkeypatch):
    """Files of Jazzy's and of later versions; others of the folder tell nothing."""
    (tmp_path / "sem.other").touch()
    assert transport.other_users(tmp_path) == ()
    (tmp_path / "fastdds_0123").touch()
    assert transport.other_users(tmp_path) == ()
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert transport.other_users(tmp_path) == (pwd.getpwuid(mine).pw_name,)
    (tmp_path / "fastdds_0123").rename(tmp_path / "fastrtps_0123")
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: {}[uid])
    assert transport.other_users(tmp_path) == (f"with the number {mine}",)
    assert transport.other_users(tmp_path / "missing") == ()
