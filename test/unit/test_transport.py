"""Which transport a process gets: the user's, or the package's, which depends on the memory there is."""

import os
import re
import xml.etree.ElementTree
from pathlib import Path

import pytest

from frankmocap_ros import transport
from frankmocap_ros.errors import MocapError, SettingError
from frankmocap_ros.transport import share_file, transport_variables

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
    ("distribution", "variable"),
    [
        ("humble", "FASTRTPS_DEFAULT_PROFILES_FILE"),
        ("jazzy", "FASTRTPS_DEFAULT_PROFILES_FILE"),
        ("kilted", "FASTDDS_DEFAULT_PROFILES_FILE"),
        ("rolling", "FASTDDS_DEFAULT_PROFILES_FILE"),
    ],
)
def test_variable_that_the_distribution_reads(distribution, variable):
    assert list(transport_variables({"ROS_DISTRO": distribution})) == [variable]


@pytest.mark.parametrize(
    "name",
    ["FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_BUILTIN_TRANSPORTS"],
)
def test_variable_of_the_user_stays(name, tmp_path):
    assert transport_variables({name: "mine"}) == {}
    assert transport_variables({name: ""}) != {}  # unset, as shells do it
    own = tmp_path / "own.xml"
    own.touch()
    assert transport_variables({name: "mine"}, str(own)) == {"FASTDDS_DEFAULT_PROFILES_FILE": str(own)}


@pytest.mark.parametrize("name", ["DEFAULT_FASTDDS_PROFILES.xml", "DEFAULT_FASTRTPS_PROFILES.xml"])
def test_file_of_the_user_stays(name, tmp_path):
    (tmp_path / name).touch()
    assert transport_variables({}) == {}


def test_none_is_nothing():
    assert transport_variables({}, "none") == {}


def test_missing_profile_is_refused():
    with pytest.raises(SettingError, match=r"'no\.xml' is no file; allowed: auto \| none \| a path"):
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
    with pytest.raises(MocapError, match=r"config/no\.yaml was not installed .* install the package again"):
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
    assert set(re.findall(r"FAST\w+", text)) == {transport.PROFILE_VARIABLE, transport.OLD_PROFILE_VARIABLE}
