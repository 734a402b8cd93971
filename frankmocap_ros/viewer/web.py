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

"""The web server of the browser view: viser, kept to this machine."""

import contextlib
import importlib.util
import io
import logging
import socket
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from frankmocap_ros.errors import MissingDependencyError, SettingError
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.viewer.viser_internals import refuse_pages

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_TITLE: Final = "frankmocap_ros"
_logger = logging.getLogger(__name__)


def is_own_page(origin: str | None, host: str | None, served_on: str) -> bool:
    """Whether a web socket is opened by a page that this server gave out.

    A page from elsewhere that the user looks at could else press buttons here: browsers let any page open
    a web socket to this machine. What is no browser sends no origin.

    Args:
        origin: of the page, as the browser says.
        host: that the browser asked for.
        served_on: address that is served on; where that is this machine alone, so must be ``host``.
    """
    if origin is None:
        return True
    if host is None or urlsplit(origin).netloc != host:
        return False
    return served_on not in _LOOPBACK or urlsplit(f"//{host}").hostname in _LOOPBACK


def require_viser() -> None:
    """Look whether viser is there.

    Raises:
        MissingDependencyError: it is not installed.
    """
    if importlib.util.find_spec("viser") is None:
        raise MissingDependencyError(
            f"the browser view needs viser, which is not installed; run: {install_command('viewer')}"
        )


def check_port(host: str, port: int) -> None:
    """Look whether an address can be served on; viser would take another port, or try for ever.

    Raises:
        SettingError: it cannot; says what to do.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(found[0][0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[0][4])
    except OSError as error:
        raise SettingError(
            f"cannot serve at {host}:{port}: {error.strerror or error}; another view may be running. "
            "Set port to a free one, and host to an address of this machine"
        ) from error


class Web:
    """A viser server that serves nobody else's pages and shares nothing.

    Attributes:
        server: viser's.

    Args:
        host, port: to serve on.

    Raises:
        MissingDependencyError: viser is not installed.
        SettingError: the address cannot be served on.
    """

    def __init__(self, host: str, port: int) -> None:
        require_viser()
        import viser

        check_port(host, port)

        class Server(viser.ViserServer):  # type: ignore[misc, unused-ignore]
            """Never opens a tunnel to viser's own machines, whatever a page asks for."""

            def request_share_url(self, verbose: bool = True) -> None:
                del verbose

        with contextlib.redirect_stdout(io.StringIO()):  # viser prints a table; the node's log says it
            self.server: Any = Server(host=host, port=port, label=_TITLE, verbose=False)
        self._guard(host)
        if self.server.get_port() != port:  # somebody was quicker
            self.stop()
            check_port(host, port)
        self.server.gui.configure_theme(
            control_layout="fixed", control_width="large", show_logo=False, show_share_button=False
        )

    @property
    def address(self) -> str:
        """Where to look."""
        host = self.server.get_host()
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        return f"http://{shown}:{self.server.get_port()}"

    @property
    def viewers(self) -> int:
        """How many pages are open."""
        return len(self.server.get_clients())

    def stop(self) -> None:
        """End it."""
        with contextlib.redirect_stdout(io.StringIO()):
            self.server.stop()

    def _guard(self, served_on: str) -> None:
        """Turn pages from elsewhere away before they can say anything."""

        def refusal(headers: Mapping[str, str]) -> str:
            origin, host = headers.get("Origin"), headers.get("Host")
            if is_own_page(origin, host, served_on):
                return ""
            _logger.warning("a page of %s was refused: it requested %s", origin, host)
            return f"a page of {origin} asked for {host}"

        refuse_pages(self.server, refusal)
