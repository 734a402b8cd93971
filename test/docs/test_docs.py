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

"""The documentation builds without a warning, its links lead somewhere, and what it names is there."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import frankmocap_ros

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "docs" / "source"
PAGES = sorted(SOURCE.glob("*.md"))
PROSE = [*PAGES, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))]
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
LINK = re.compile(r"\]\((?!https?:|#)([^)\s#]+)")
PATH = re.compile(r"`([\w./]+/(?:[\w.]+\.py)?)`")


def build(source: Path, target: Path) -> "subprocess.CompletedProcess[str]":
    """Sphinx as ``make docs`` runs it."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", source, target]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The pages as HTML."""
    target = tmp_path_factory.mktemp("docs")
    done = build(SOURCE, target)
    assert done.returncode == 0, done.stderr
    return target


def test_every_page_is_built(built):
    assert {page.stem for page in PAGES} <= {page.stem for page in built.glob("*.html")}


def test_the_api_page_has_everything_that_is_public(built):
    text = (built / "api.html").read_text(encoding="utf-8")
    named = [name for name in frankmocap_ros.__all__ if not name.startswith("_")]
    assert "FrankMocapWrapper" in named
    assert [name for name in named if f'<span class="pre">{name}</span>' not in text] == []


def page_with(link: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Build two pages, of which one has this link."""
    source = folder / "source"
    source.mkdir()
    shutil.copy(SOURCE / "conf.py", source)
    (source / "other.md").write_text("# Other\n\nText.\n")
    (source / "index.md").write_text(f"# Page\n\n{link}\n\n```{{toctree}}\nother\n```\n")
    return build(source, folder / "html")


def test_a_link_that_leads_somewhere_is_fine(tmp_path):
    done = page_with("[](other.md#other)", tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "link", ["[](nothing.md)", "[](other.md#nothing)", "![a](images/nothing.png)", "{term}`nothing`"]
)
def test_a_dead_link_fails_the_build(tmp_path, link):
    done = page_with(link, tmp_path)
    assert done.returncode == 1
    assert "nothing" in done.stderr


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [*PROSE, RESULTS], ids=lambda page: page.name)
def test_files_and_folders_that_are_named_are_there(page):
    """``teleop/gate.py`` is below the package, ``test/unit`` below the root."""
    elsewhere = ("~", "/", "extra_data/", "build/")
    named = [p for p in PATH.findall(page.read_text(encoding="utf-8")) if not p.startswith(elsewhere)]
    below = (ROOT, ROOT / "frankmocap_ros", SOURCE)
    assert [path for path in named if not any((top / path).exists() for top in below)] == []


def test_pages_that_the_code_names_are_there():
    folders = ("frankmocap_ros", "launch", "msg", "config", "scripts", "benchmarks", "build_backend")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix != ".pyc"]
    texts = {path: path.read_text(encoding="utf-8") for path in files if path.is_file()}
    named = {
        (path.name, page)
        for path, text in texts.items()
        for page in re.findall(r"(?<!/)docs/[\w/]+\.md", text)
    }
    assert sorted((name, page) for name, page in named if not (ROOT / page).exists()) == []


def test_the_architecture_answers_twelve_questions():
    text = (SOURCE / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("## Where to find things")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "?" in line]
    assert len(rows) >= 12
    assert all(PATH.search(row) for row in rows)


@pytest.mark.parametrize("name", ["architecture.svg", "gate_states.svg"])
def test_drawings_name_modules_that_are_there(name):
    text = (SOURCE / "images" / name).read_text(encoding="utf-8")
    named = re.findall(r">((?:ros|tracking|runtime|teleop|estimators|engines)/[\w/]+)", text)
    package = ROOT / "frankmocap_ros"
    there = [(package / f"{path}.py").exists() or (package / path).is_dir() for path in named]
    assert all(there), [path for path, found in zip(named, there, strict=True) if not found]


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_python_blocks_are_python(page):
    for block in re.findall(
        r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        ast.parse(block)


def test_rosdoc2_builds_the_same_pages():
    _, config = yaml.safe_load_all((ROOT / "rosdoc2.yaml").read_text(encoding="utf-8"))
    folders = [builder["sphinx"]["sphinx_sourcedir"] for builder in config["builders"]]
    assert folders == ["docs/source"]
    assert "<rosdoc2>rosdoc2.yaml</rosdoc2>" in (ROOT / "package.xml").read_text(encoding="utf-8")


def test_pictures_are_small():
    assert [p.name for p in (SOURCE / "images").iterdir() if p.stat().st_size > 600_000] == []
