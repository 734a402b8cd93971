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

"""Who may talk to the view's server."""

import socket

import pytest

from frankmocap_ros.errors import SettingError
from frankmocap_ros.viewer.web import check_port, is_own_page


@pytest.mark.parametrize(
    ("origin", "host", "served_on", "allowed"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1", True),
        ("http://localhost:8080", "localhost:8080", "127.0.0.1", True),
        ("http://localhost:9000", "localhost:9000", "127.0.0.1", True),  # through a tunnel
        (None, "127.0.0.1:8080", "127.0.0.1", True),  # no browser
        ("http://evil.example", "127.0.0.1:8080", "127.0.0.1", False),
        ("http://127.0.0.1:3000", "127.0.0.1:8080", "127.0.0.1", False),  # another server's page
        ("http://evil.example:8080", "evil.example:8080", "127.0.0.1", False),  # a name that points here
        ("null", "127.0.0.1:8080", "127.0.0.1", False),
        ("http://robot:8080", "robot:8080", "0.0.0.0", True),
        ("http://evil.example", "robot:8080", "0.0.0.0", False),
        ("http://robot:8080", None, "0.0.0.0", False),
    ],
)
def test_only_its_own_pages(origin, host, served_on, allowed):
    assert is_own_page(origin, host, served_on) == allowed


def test_an_address_that_cannot_be_had():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingError, match=r"cannot serve at .*Set port to a free one"):
            check_port("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(SettingError, match="host to an address of this machine"):
        check_port("192.0.2.1", 8080)
