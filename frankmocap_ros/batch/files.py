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

"""The files that a job needs: described where it starts, and put into place where it is done."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from frankmocap_ros.batch.contents import files_below
from frankmocap_ros.batch.job import Job, JobFile
from frankmocap_ros.errors import BatchError
from frankmocap_ros.runtime.file_cache import cache_folder, sha256_of
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.whole_files import whole_file


def described(place: str, path: Path) -> list[JobFile]:
    """A file, or all files of a folder, as files of a job.

    Args:
        place: see ``JobFile``.
        path: of the file or folder.

    Raises:
        OSError: one cannot be read.
    """
    whole = path.absolute()
    files = files_below(whole) if whole.is_dir() else [whole]
    return [JobFile(place, str(file.relative_to(whole.parent)), str(file), sha256_of(file)) for file in files]


def placed(job: Job, content: Callable[[JobFile], bytes]) -> dict[str, Path]:
    """The path of each place on this machine, which need not be that where the job was described.

    Files that are at the same path with the same content are taken as they are. Others are written into the
    cache, once for their content.

    Args:
        job: whose files are wanted.
        content: gives the content of a file that is not here.

    Raises:
        AssetError: there is no place for a cache.
        BatchError: a content is not what it should be.
        OSError: a file cannot be written.
    """
    found = job.places_here()
    for place in dict.fromkeys(file.place for file in job.files):
        files = [file for file in job.files if file.place == place]
        if not all(map(_is_here, files)):
            found[place] = _written(files, content)
    return found


def _is_here(file: JobFile) -> bool:
    try:
        return sha256_of(Path(file.path)) == file.sha256
    except OSError:
        return False


def _written(files: Sequence[JobFile], content: Callable[[JobFile], bytes]) -> Path:
    digest = hashlib.sha256("\n".join(f"{file.sha256} {file.name}" for file in files).encode()).hexdigest()
    folder = cache_folder() / "batch" / digest[:32]
    for file in files:
        path = folder / file.name
        if path.is_file() and sha256_of(path) == file.sha256:
            continue
        data = content(file)
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise BatchError(f"{printable(file.path)}: changed since the job began; start it again")
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_bytes(data)
    return folder / Path(files[0].name).parts[0]
