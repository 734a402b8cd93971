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

"""``frankmocap_ros convert``: read FrankMocap's files once, safely, into the cache that the node reads.

With ``--int8`` it also quantizes the networks, see ``estimators/frankmocap/int8_calibration.py``.
"""

import argparse
import contextlib
import math
from collections.abc import Sequence, Set

from frankmocap_ros.assets.layout import ASSETS, STANDIN_WARNING, Asset, needed
from frankmocap_ros.assets.store import ENVIRONMENT_VARIABLE, AssetStore, named_folder
from frankmocap_ros.body.joint_error import MEAN_LIMIT_MM, P99_IN_MEANS
from frankmocap_ros.errors import AssetError, MissingDependencyError, SettingError, SourceError
from frankmocap_ros.estimators.frankmocap.int8_calibration import CalibrationOptions, quantize_networks
from frankmocap_ros.estimators.frankmocap.int8_notes import NETWORKS, networks_here
from frankmocap_ros.runtime.file_cache import CACHE_VARIABLE
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import Source, open_source, photograph_path


def _millimeters(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0.0 < (value := float(text)) < math.inf:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 [mm]")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros convert",
        description=(
            "Read FrankMocap's files in a separate process with limits, and store their arrays in the cache "
            f"folder (${CACHE_VARIABLE}, default ~/.cache/frankmocap_ros). The node does the same at its "
            "first start. Exit codes: 0 success, 1 a file is missing, or a file or a quantized network is "
            "refused, 2 cannot run."
        ),
    )
    parser.add_argument(
        "--assets",
        default="",
        metavar="DIR",
        help=f"FrankMocap's extra_data folder (default: ${ENVIRONMENT_VARIABLE})",
    )
    parser.add_argument("--force", action="store_true", help="convert and quantize again even if done before")
    group = parser.add_argument_group("INT8 quantization, for CPUs")
    group.add_argument(
        "--int8",
        action="store_true",
        help="also quantize the networks, and keep those whose joints stay within the limit; "
        "takes one or two minutes each",
    )
    group.add_argument(
        "--calibration",
        metavar="VIDEO|FOLDER",
        help="images of people for calibrating the quantization (default: one photograph)",
    )
    group.add_argument(
        "--limit-mm",
        type=_millimeters,
        metavar="MM",
        help="maximum mean joint error of a quantized network; one error in a hundred may exceed "
        f"{P99_IN_MEANS:g} times this (default: {MEAN_LIMIT_MM:g}; auto selects none above the default)",
    )
    group.add_argument("--any-error", action="store_true", help="accept a quantized network with any error")
    return parser


def _lacking(store: AssetStore) -> list[Asset]:
    """Files without which the estimator runs neither with SMPL nor with SMPL-X; those of the fuller set."""
    return min((store.missing(needed(use_smplx)) for use_smplx in (False, True)), key=len)


def _say(text: str) -> None:
    print(text, flush=True)


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what only means something with --int8."""
    given = {
        "--calibration": arguments.calibration, "--limit-mm": arguments.limit_mm,
        "--any-error": arguments.any_error,
    }  # fmt: skip
    for flag, value in given.items():
        if value and not arguments.int8:
            raise SettingError(f"{flag} needs --int8; add --int8, or remove {flag}")
    if arguments.any_error and arguments.limit_mm:
        raise SettingError("--any-error and --limit-mm exclude each other; remove one of them")


def _images(named: str | None) -> Source:
    """Images to calibrate by."""
    if named is not None:
        return open_source(CameraSettings(source=named, loop=False), moving=False)
    photograph = photograph_path()
    if photograph is None:
        raise SourceError(
            "the photograph of scikit-image is not installed; pass a video of people, or a folder of images, "
            "as --calibration"
        )
    _say(
        f"calibrating with one photograph, {photograph}; for better results pass a 30 s video of the people "
        "and the place that the camera will see: --calibration VIDEO"
    )
    return open_source(CameraSettings(source=str(photograph)), moving=False)


def _quantize(store: AssetStore, arguments: argparse.Namespace, refused: Set[str]) -> bool:
    """Quantize the networks whose files are here and not refused; whether none of them is refused."""
    keys = [key for key in networks_here(store) if not refused & set(NETWORKS[key])]
    if not keys:
        _say("REFUSED: INT8: no network has all of its files")
        return False
    options = CalibrationOptions(
        limit_mm=arguments.limit_mm or MEAN_LIMIT_MM, any_error=arguments.any_error, again=arguments.force
    )
    with contextlib.closing(_images(arguments.calibration)) as images:
        outcomes = quantize_networks(store, images, _say, keys, options)
    return all(outcome.state != "refused" for outcome in outcomes)


def main(args: Sequence[str] | None = None) -> int:
    """Convert all files, a line each; with ``--int8`` quantize the networks, a line each.

    Returns:
        0 where all that are there are converted, none is needed that is not, and no network is refused;
        else 1.

    Raises:
        AssetError: there is no such folder.
        SettingError: arguments that do not go together.
        EstimatorError, MissingDependencyError, SourceError: the networks cannot be quantized.
    """
    arguments = _parser().parse_args(args)
    _check(arguments)
    folder = named_folder(arguments.assets)
    if not folder.is_dir():
        raise AssetError(f"{folder} is not a folder; pass FrankMocap's extra_data folder")
    store = AssetStore(folder, progress=_say)
    lacking = _lacking(store)
    refused = set()
    if store.is_standin:
        print(STANDIN_WARNING)
    for key, asset in ASSETS.items():
        if not store.path(key).is_file():
            word = "MISSING" if asset in lacking else "not found"
            text = f"; get it from {asset.url} ({asset.license})" if asset in lacking else ""
            print(f"{word}: {asset.path} ({asset.text}){text}")
            continue
        try:
            arrays = store.load(key, again=arguments.force)
        except (AssetError, MissingDependencyError) as error:
            refused.add(key)
            print(f"REFUSED: {error}")
        else:
            _say(f"ok: {asset.path} ({asset.text}, {len(arrays)} arrays)")
    quantized = _quantize(store, arguments, refused) if arguments.int8 else True
    return 1 if refused or lacking or not quantized else 0
