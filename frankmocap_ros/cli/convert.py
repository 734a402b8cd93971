"""``frankmocap_ros convert``: read FrankMocap's files once, safely, into the cache that the node reads."""

import argparse
from collections.abc import Sequence

from frankmocap_ros.assets.cache import CACHE_VARIABLE
from frankmocap_ros.assets.layout import ASSETS, STANDIN_WARNING, Asset, needed
from frankmocap_ros.assets.store import ENVIRONMENT_VARIABLE, AssetStore, named_folder
from frankmocap_ros.errors import AssetError, MissingDependencyError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros convert",
        description=(
            "Read every file of FrankMocap that is there, in a process of its own with limits, and keep its "
            f"numbers in the cache folder (${CACHE_VARIABLE}, by default ~/.cache/frankmocap_ros). "
            "The node does the same when it starts. Exit code: 0 all well, 1 a file is refused or missing, "
            "2 cannot run."
        ),
    )
    parser.add_argument(
        "--assets",
        default="",
        metavar="DIR",
        help=f"FrankMocap's extra_data (default ${ENVIRONMENT_VARIABLE})",
    )
    parser.add_argument("--force", action="store_true", help="convert again what was converted before")
    return parser


def _lacking(store: AssetStore) -> list[Asset]:
    """Files without which the estimator runs neither with SMPL nor with SMPL-X; those of the fuller set."""
    return min((store.missing(needed(use_smplx)) for use_smplx in (False, True)), key=len)


def main(args: Sequence[str] | None = None) -> int:
    """Convert all files, a line each.

    Returns:
        0 where all that are there are converted and none is needed that is not; else 1.

    Raises:
        AssetError: there is no such folder.
    """
    arguments = _parser().parse_args(args)
    folder = named_folder(arguments.assets)
    if not folder.is_dir():
        raise AssetError(f"{folder} is not a folder; give the extra_data folder of FrankMocap")
    store = AssetStore(folder, progress=lambda text: print(text, flush=True))
    lacking, refused = _lacking(store), 0
    if store.is_standin:
        print(STANDIN_WARNING)
    for key, asset in ASSETS.items():
        if not store.path(key).is_file():
            word = "MISSING" if asset in lacking else "not there"
            text = f"; get it from {asset.url} ({asset.licence})" if asset in lacking else ""
            print(f"{word}: {asset.path} ({asset.text}){text}")
            continue
        try:
            arrays = store.load(key, again=arguments.force)
        except (AssetError, MissingDependencyError) as error:
            refused += 1
            print(f"REFUSED: {error}")
        else:
            print(f"ok: {asset.path} ({asset.text}, {len(arrays)} arrays)", flush=True)
    return 1 if refused or lacking else 0
