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

"""Importing large libraries beside what runs."""

import contextlib
import ctypes
import importlib
import os
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path


def import_apart(*imports: str | Callable[[], object]) -> None:
    """Import modules, and call what imports others, in a thread of its own; return when all is done.

    Some libraries leave frames behind when they are first imported, in cycles that only Python's collector
    finds. A frame keeps its callers' with all that they know, such as the model that needs the library: 300
    MB. The callers here know nothing. What fails is left out: whoever needs it imports it again, and says
    what is wrong.
    """

    def run() -> None:
        for one in imports:
            with contextlib.suppress(Exception):
                importlib.import_module(one) if isinstance(one, str) else one()

    thread = threading.Thread(target=run, name="import_apart")
    thread.start()
    thread.join()


def preload_torch() -> None:
    """Let the system load torch's libraries, so that importing torch finds them there.

    An import holds the interpreter's lock while the system loads a library: with torch no other thread ran
    for 377 to 533 ms, and a node that follows somebody missed a dozen images. Called like this the lock is
    free meanwhile, and what is left stops them for 57 to 72 ms. Where it does not work, the import does it.
    """
    if "torch" in sys.modules or not sys.platform.startswith("linux"):
        return
    found = find_spec("torch")
    if found is None or found.origin is None:
        return
    library = Path(found.origin).parent / "lib" / "libtorch_python.so"
    system = ctypes.CDLL(None)
    if library.is_file() and hasattr(system, "dlopen"):
        system.dlopen.argtypes, system.dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
        system.dlopen(os.fsencode(library), os.RTLD_NOW | os.RTLD_GLOBAL)
