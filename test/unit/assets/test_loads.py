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

"""Unsafe ways to read files are used nowhere but in the modules that make them safe."""

import ast
from pathlib import Path

import pytest

import frankmocap_ros

PACKAGE = Path(frankmocap_ros.__file__).parent
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")
}
PICKLES, CHECKPOINTS = "assets/body_model_pickle.py", "assets/checkpoint.py"
NEVER_IMPORTED = {
    "marshal", "shelve", "dill", "joblib", "cloudpickle", "_pickle", "pickle5", "jsonpickle", "hickle",
    "dbm", "code", "codeop", "xmlrpc",
}  # fmt: skip
WRITING = {"dump", "dumps", "Pickler", "HIGHEST_PROTOCOL", "DEFAULT_PROTOCOL"}  # reads nothing
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "execfile"}
NEVER_TAKEN = {"torch.load", "torch.serialization", "torch.jit", "torch.hub", "yaml.load", "yaml.unsafe_load"}
OF_TORCH = {"load", "serialization", "jit", "package", "hub"}
OF_YAML = {
    "load",
    "load_all",
    "unsafe_load",
    "unsafe_load_all",
    "full_load",
    "full_load_all",
    "Loader",
    "UnsafeLoader",
}


class Search(ast.NodeVisitor):
    """Collects what is unsafe in one module: line number and reason."""

    def __init__(self, name):
        self.name, self.modules, self.found = name, {}, []

    def fault(self, node, reason):
        self.found.append((node.lineno, reason))

    def module(self, node):
        """The full name of the module that a plain name stands for."""
        return self.modules.get(node.id) if isinstance(node, ast.Name) else None

    def visit_Import(self, node):
        for alias in node.names:
            self.modules[alias.asname or alias.name.partition(".")[0]] = alias.name
            self.imported(node, alias.name)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            full = f"{node.module}.{alias.name}"
            self.modules[alias.asname or alias.name] = full
            self.imported(node, full)

    def imported(self, node, full):
        top, _, rest = full.partition(".")
        if top in NEVER_IMPORTED or full in NEVER_TAKEN or (top == "pickle" and rest and rest not in WRITING):
            self.fault(node, f"imports {full}")

    def visit_Attribute(self, node):
        self.generic_visit(node)
        module = self.module(node.value)
        if module == "pickle" and node.attr not in WRITING and self.name != PICKLES:
            self.fault(node, f"uses pickle.{node.attr}")
        if module == "torch" and node.attr in OF_TORCH and self.name != CHECKPOINTS:
            self.fault(node, f"uses torch.{node.attr}")
        if module == "yaml" and node.attr in OF_YAML:
            self.fault(node, f"uses yaml.{node.attr}")

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in NEVER_CALLED:
            self.fault(node, f"calls {node.func.id}")
        for argument in node.args:
            if self.module(argument) == "pickle" or (
                self.module(argument) == "torch" and self.name != CHECKPOINTS
            ):
                self.fault(node, f"hands {self.module(argument)} on")
        values = {
            keyword.arg: keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            for keyword in node.keywords
        }
        if values.get("allow_pickle", False) is not False:
            self.fault(node, "allows pickles")
        loads = isinstance(node.func, ast.Attribute) and node.func.attr == "load"
        of_torch = loads and isinstance(node.func.value, ast.Name) and node.func.value.id == "torch"
        if values.get("weights_only", not of_torch) is not True:
            self.fault(node, "loads more than weights")


def faults(name, text):
    """What is unsafe in one module: line number and reason."""
    search = Search(name)
    search.visit(ast.parse(text))
    return search.found


def test_the_package_is_seen():
    assert {PICKLES, CHECKPOINTS, "assets/store.py", "cli/main.py"} <= SOURCES.keys()


@pytest.mark.parametrize("name", sorted(name for name in SOURCES if not name.startswith("msg/")))
def test_no_unsafe_loads(name):
    assert faults(name, SOURCES[name]) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle; pickle.load(f)",
        "import pickle as p; p.loads(b)",
        "from pickle import loads",
        "from pickle import Unpickler as U",
        "import pickle; x = pickle.Unpickler",
        "import pickle; getattr(pickle, 'load')(f)",
        "import torch; getattr(torch, 'load')(f)",
        "import _pickle",
        "import marshal",
        "import shelve",
        "import dill",
        "from joblib import load",
        "import cloudpickle",
        "import torch; torch.load(f, weights_only=True)",
        "import torch as t; t.load(f)",
        "from torch import load",
        "import torch; torch.jit.load(f)",
        "import torch; torch.serialization.load(f)",
        "from torch import serialization",
        "import numpy as np; np.load(f, allow_pickle=True)",
        "import numpy as np; np.load(f, allow_pickle=flag)",
        "import yaml; yaml.load(f)",
        "import yaml; yaml.unsafe_load(f)",
        "from yaml import load",
        "eval('1')",
        "exec('1')",
        "__import__('os')",
    ],
)
def test_the_search_finds(line):
    assert faults("somewhere.py", line)


@pytest.mark.parametrize(
    "line",
    [
        "import pickle; pickle.dump(a, f)",
        "import numpy as np; np.load(f)",
        "import numpy as np; np.load(f, allow_pickle=False)",
        "module.eval()",
        "import json; json.load(f)",
        "import yaml; yaml.safe_load(f)",
        "import torch; torch.save(a, f)",
    ],
)
def test_the_search_lets_pass(line):
    assert faults("somewhere.py", line) == []


def test_the_one_load_of_torch_takes_weights_only():
    assert SOURCES[CHECKPOINTS].count("torch.load(") == 1
    assert "weights_only=True" in SOURCES[CHECKPOINTS]
    unsafe = SOURCES[CHECKPOINTS].replace("weights_only=True", "weights_only=False")
    assert faults(CHECKPOINTS, unsafe)
    assert faults(
        CHECKPOINTS, SOURCES[CHECKPOINTS].replace(", weights_only=True", "").replace("weights_only=True,", "")
    )
