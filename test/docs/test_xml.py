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

"""What ``ament_xmllint`` asks for: every XML file is well-formed, and says what it is checked against."""

import xml.etree.ElementTree

import pytest

from support.paths import ROOT

FILES = [ROOT / "package.xml", *sorted((ROOT / "config").glob("*.xml"))]
FILES += sorted((ROOT / "frankmocap_ros" / "robots").glob("*.xml"))


def test_there_are_some():
    assert len(FILES) >= 7


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_well_formed(path):
    xml.etree.ElementTree.parse(path)


def test_the_manifest_names_its_schema():
    """xmllint validates against it; here its order of elements is what goes wrong most easily."""
    text = (ROOT / "package.xml").read_text(encoding="utf-8")
    assert 'href="http://download.ros.org/schema/package_format3.xsd"' in text
    tags = [element.tag for element in xml.etree.ElementTree.fromstring(text)]
    assert tags[:3] == ["name", "version", "description"]
    assert tags[-1] == "export"
