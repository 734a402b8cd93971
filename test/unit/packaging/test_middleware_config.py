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

"""Configuration for middlewares that are not run here: well-formed, and of names that they have published."""

import re
import xml.etree.ElementTree as ET

import pytest

from frankmocap_ros.runtime.package_files import share_file
from support.paths import ROOT

PAGE = (ROOT / "docs" / "source" / "middlewares.md").read_text(encoding="utf-8")
CYCLONE = "{https://cdds.io/config}"
# of etc/cyclonedds.xsd of Cyclone DDS 0.10.5 and 11.0.1: element -> (its parent, kind of its text)
KNOWN = {
    "Domain": ("CycloneDDS", None),
    "General": ("Domain", None),
    "AllowMulticast": ("General", r"true|false|spdp|asm|ssm"),
    "MaxMessageSize": ("General", r"\d+ (B|KiB|MiB)"),
    "FragmentSize": ("General", r"\d+ (B|KiB|MiB)"),
    "Discovery": ("Domain", None),
    "ParticipantIndex": ("Discovery", r"auto|none|\d+"),
    "MaxAutoParticipantIndex": ("Discovery", r"\d+"),
    "Peers": ("Discovery", None),
    "Peer": ("Peers", None),
    "Internal": ("Domain", None),
    "SocketReceiveBufferSize": ("Internal", None),
    "HeartbeatInterval": ("Internal", r"\d+ (ns|us|ms|s)"),
    "NackDelay": ("Internal", r"\d+ (ns|us|ms|s)"),
    "Watermarks": ("Internal", None),
    "WhcHigh": ("Watermarks", r"\d+ (B|KiB|MiB)"),
}
ATTRIBUTES = {"Domain": {"Id"}, "Peer": {"Address"}, "SocketReceiveBufferSize": {"min", "max"}}
# of rmw_zenoh_cpp's DEFAULT_RMW_ZENOH_SESSION_CONFIG.json5 and of Zenoh 1.10
ZENOH = {
    "connect/endpoints",
    "transport/shared_memory/enabled",
    "transport/shared_memory/transport_optimization/pool_size",
}
KIB = {"B": 1, "KiB": 2**10, "MiB": 2**20}


def parsed(name):
    return ET.fromstring(share_file("config", name).read_text(encoding="utf-8"))


def size_bytes(root, name):
    number, unit = (root.findtext(f".//{CYCLONE}{name}") or "").split()
    return int(number) * KIB[unit]


@pytest.mark.parametrize("name", ["cyclonedds.xml", "cyclonedds_network.xml"])
def test_cyclone_dds_knows_every_element(name):
    """It refuses to start with one that it does not know."""
    root = parsed(name)
    assert root.tag == f"{CYCLONE}CycloneDDS"
    for parent in root.iter():
        for element in parent:
            tag = element.tag.removeprefix(CYCLONE)
            above, text = KNOWN[tag]
            assert parent.tag == f"{CYCLONE}{above}", tag
            assert set(element.attrib) == ATTRIBUTES.get(tag, set()), tag
            if text:
                assert re.fullmatch(text, element.text or ""), f"{tag}: {element.text}"
    assert name in PAGE


@pytest.mark.parametrize("name", ["cyclonedds.xml", "cyclonedds_network.xml"])
def test_a_writer_takes_more_than_one_image_and_a_fragment_fits_into_a_message(name):
    root = parsed(name)
    assert size_bytes(root, "WhcHigh") > 2 * 1920 * 1080 * 3
    assert 1025 <= size_bytes(root, "FragmentSize") < size_bytes(root, "MaxMessageSize") <= 65507


def test_on_a_network_a_message_fits_into_one_packet():
    root = parsed("cyclonedds_network.xml")
    assert size_bytes(root, "MaxMessageSize") <= 1472
    assert root.findtext(f".//{CYCLONE}AllowMulticast") == "false"
    peers = {peer.get("Address") for peer in root.iter(f"{CYCLONE}Peer")}
    fast_dds = parsed("fastdds_network.xml")
    assert peers == {e.text for e in fast_dds.iter("{http://www.eprosima.com}address")}, "as for Fast DDS"


def test_zenoh_knows_every_override_of_the_documentation():
    overrides = re.findall(r"ZENOH_CONFIG_OVERRIDE='([^']*)'", PAGE)
    assert {part.partition("=")[0] for one in overrides for part in one.split(";")} == ZENOH


def test_the_page_says_that_nothing_of_it_was_run():
    assert "Nothing on this page has been run with ROS" in PAGE
    for name in ("cyclonedds.xml", "cyclonedds_network.xml"):
        text = " ".join(share_file("config", name).read_text(encoding="utf-8").split())
        assert "Not run with ROS" in text
