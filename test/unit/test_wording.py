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

"""Words: American spelling everywhere, and no foreign turns in the texts that users read."""

import ast
import re

import pytest

from support.paths import ROOT

FILES = sorted(
    path
    for pattern in (
        "frankmocap_ros/**/*.py", "launch/*.py", "msg/*.msg", "config/*.yaml", "config/*.xml",
        "docs/source/**/*.md", "docs/source/**/*.py", "docs/source/*.rst", "*.md", "*.rst", "package.xml",
        "pyproject.toml",
    )
    for path in ROOT.glob(pattern)
)  # fmt: skip
PAGES = [path for path in FILES if path.suffix in (".md", ".rst", ".msg", ".yaml")]
MODULES = [path for path in FILES if path.suffix == ".py"]

BRITISH = {
    r"\w*centre\w*": "center",
    r"\w*colour\w*": "color",
    r"neighbour\w*": "neighbor",
    r"(milli|centi|kilo)?metres?": "meter",
    r"\w*(quant|normal|initial|optim|serial|synchron|organ|recogn|minim|maxim|util|summar|visual|rectif)"
    r"is(e|es|ed|er|ing|ation)": "-ize",
    r"behaviour\w*": "behavior",
    r"(dis)?hono?ured|favour\w*": "-or",
    r"licen[c]e\w*": "license",
    r"analys(e|ed|ing)": "analyze",
    r"(level|model|label|travel)l(ed|ing)": "one l",
    r"fulfils?": "fulfill",
    r"artefacts?": "artifact",
}
# plain words for what is meant: "every n-th", "still", "people", "restart"
FOREIGN = r"so many|so far|whoever|anew|somebody|everybody|in so many words"


def found(words, text):
    return sorted({match[0] for match in re.finditer(rf"\b(?:{words})\b", text, re.IGNORECASE)})


def spoken(path):
    """The strings of a module that are not documentation: texts for users are among them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return "\n".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    )


def test_there_is_text_to_read():
    assert len(PAGES) > 20
    assert len(MODULES) > 250
    assert "Process every n-th image." in spoken(ROOT / "frankmocap_ros" / "settings" / "mocap.py")


@pytest.mark.parametrize("british", BRITISH)
def test_spelling_is_american(british):
    """Names with underscores count as words, too."""
    wrong = {
        str(path.relative_to(ROOT)): words
        for path in FILES
        if (words := found(british, re.sub("_", " ", path.read_text(encoding="utf-8"))))
    }
    assert not wrong, f"write {BRITISH[british]}"


def test_the_word_list_finds_what_it_is_for():
    text = "a colour_table of neighbouring metres, quantised and centred; the licence"
    found_by = [british for british in BRITISH if found(british, re.sub("_", " ", text))]
    assert [BRITISH[british] for british in found_by] == [
        "center",
        "color",
        "neighbor",
        "meter",
        "-ize",
        "license",
    ]
    american = "centered colors of neighbors in meters, quantized; parameters, diameter, promise, license"
    assert not any(found(british, american) for british in BRITISH)


def test_texts_for_users_are_plain():
    wrong = {
        str(path.relative_to(ROOT)): words
        for paths, text_of in ((PAGES, lambda path: path.read_text(encoding="utf-8")), (MODULES, spoken))
        for path in paths
        if (words := found(FOREIGN, text_of(path)))
    }
    assert not wrong
