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

"""What the view needs of viser and viser does not offer: all of it is here, and nowhere else.

Another viser may do it in another way. ``test/unit/viewer/test_viser_internals.py`` tells on which ones it
was tried.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

KNOWN_VERSIONS: Final = ("1.1",)
"""Of viser, major and minor, for which this is known to work."""

_POLICY_VIOLATION: Final = 1008  # a web socket's status code
_REASON: Final = "not a page of this server"


def refuse_pages(server: Any, refusal: Callable[[Mapping[str, str]], str]) -> None:
    """Turn pages away before they can say anything.

    Args:
        server: a ``viser.ViserServer``.
        refusal: from the headers of a page's request to why it is turned away; empty where it is not.
    """
    inner = server._websock_server

    async def check(client: Any) -> None:
        connection = inner._live_connections[client.client_id]
        reason = refusal(connection.request.headers)
        if reason:
            inner._live_connections.pop(client.client_id, None)
            inner._client_state_from_id.pop(client.client_id, None)
            await connection.close(_POLICY_VIOLATION, _REASON)
            raise PermissionError(reason)

    first: list[Callable[..., Any]] = inner._client_connect_cb
    first.insert(0, check)
