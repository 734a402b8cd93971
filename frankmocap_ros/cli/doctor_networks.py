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

"""What ``frankmocap_ros doctor`` says of networks that users bring: what is here, and where to get it."""

from frankmocap_ros.assets.model_files import models_folder
from frankmocap_ros.assets.report import Check
from frankmocap_ros.assets.user_models import USER_MODELS, UserModel, how_to_get, kept_model
from frankmocap_ros.engines.network_files.checked_path import checked_path
from frankmocap_ros.errors import AssetError
from frankmocap_ros.runtime.file_names import printable


def network_checks() -> list[Check]:
    """One line an estimator; files are looked at, not loaded."""
    return [_check(model) for model in USER_MODELS.values()]


def _check(model: UserModel) -> Check:
    path = kept_model(model.estimator)
    details = {"license": model.license, "source": model.source, "path": str(path) if path else None}
    next_step = how_to_get(model.estimator)
    if path is None:
        text = f"no network of that name in {models_folder()}; model: FILE names one elsewhere"
        return Check(model.estimator, "optional", text, next_step, details)
    try:
        file = checked_path(path)
    except AssetError as error:
        return Check(model.estimator, "warning", f"{printable(str(path))} {error}", next_step, details)
    text = f"{printable(str(file.path))}, {file.format}; the estimator itself looks whether it fits"
    return Check(model.estimator, "ok", text, "", details)
