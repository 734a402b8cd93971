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

"""The copyright and license header of source files, as ``ament_copyright`` wants it.

``python license_headers.py FILE...`` puts it in front of files that have none.
"""

import sys
from pathlib import Path

HEADER = """\
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
"""


def headed(text: str) -> str:
    """A source file's text with the header, below the line that names its interpreter; empty stays empty."""
    first, end, rest = text.partition("\n") if text.startswith("#!") else ("", "", text)
    if not rest.strip() or rest.startswith(HEADER):
        return text
    return f"{first}{end}{HEADER}\n{rest}"


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        before = path.read_text(encoding="utf-8")
        after = headed(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
