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

"""Errors that are kept keep nothing else."""

import weakref

from frankmocap_ros.errors import EstimatorError, bare


class Model:
    """Something large."""


def test_a_bare_error_keeps_no_frame_alive():
    alive = []

    def fails() -> EstimatorError:
        model = Model()
        alive.append(weakref.ref(model))
        try:
            try:
                raise KeyError(id(model))
            except KeyError as error:
                raise EstimatorError("no such thing") from error
        except EstimatorError as error:
            return bare(error)

    error = fails()
    assert str(error) == "no such thing"
    assert alive[0]() is None
