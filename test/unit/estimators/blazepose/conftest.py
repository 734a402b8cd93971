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

"""What the tests of BlazePose share."""

import pytest

from support.blazepose_networks import Networks


@pytest.fixture(scope="module", params=["openvino", "ai_edge_litert"])
def networks(request):
    """The networks, run by each engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("frankmocap_ros.engines.tflite_choice.tflite_engine", lambda: request.param)
        made = Networks()
    yield made
    made.close()
