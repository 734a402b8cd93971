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

"""What contributors and GitHub read: workflows, forms, hooks, changelog, addresses."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest
import yaml
from catkin_pkg.changelog import get_changelog_from_path
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(p for p in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if p.stem != "config")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
INSTALLED = importlib.metadata.metadata("frankmocap_ros")
MANIFEST = xml.etree.ElementTree.parse(ROOT / "package.xml").getroot()
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def valid(schema: str, *files: Path) -> "subprocess.CompletedProcess[str]":
    """Compare files with a schema that comes with the checker."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def steps(path: Path) -> list[dict]:
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_workflows_have_githubs_form(schema):
    assert {path.stem for path in WORKFLOWS} == {"ci", "ros"}
    done = valid(schema, *WORKFLOWS)
    assert done.returncode == 0, done.stdout


def test_a_workflow_without_runner_is_refused(tmp_path):
    bad = tmp_path / "bad.yml"
    bad.write_text(re.sub(r"    runs-on: .*\n", "", WORKFLOWS[0].read_text()))
    assert valid("vendor.github-workflows", bad).returncode != 0


def test_issue_forms_have_githubs_form():
    assert FORMS
    done = valid("vendor.github-issue-forms", *FORMS)
    assert done.returncode == 0, done.stdout
    assert valid("vendor.github-issue-config", GITHUB / "ISSUE_TEMPLATE" / "config.yml").returncode == 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_targets_that_are_there(path):
    wanted = re.findall(r"\bmake ([a-z-]+)", " ".join(step.get("run", "") for step in steps(path)))
    assert set(wanted) <= TARGETS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_only_read_and_do_not_put_what_others_wrote_into_commands(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}
    assert [s["run"] for s in steps(path) if "${{ github" in s.get("run", "")] == []


def test_workflows_test_every_python_and_distribution_that_is_promised():
    ci, ros = (yaml.safe_load(path.read_text())["jobs"] for path in WORKFLOWS)
    versions = ci["unit"]["strategy"]["matrix"]["python-version"]
    assert versions == ["3.10", "3.11", "3.12"]
    assert all(version in SpecifierSet(INSTALLED["Requires-Python"]) for version in versions)
    assert ros["industrial_ci"]["strategy"]["matrix"]["ros-distro"] == ["jazzy", "kilted"]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hooks_look_at_the_files_that_they_are_given(hook, tmp_path):
    """Each hook accepts a good file and refuses a bad one."""
    good, bad = EXAMPLES[hook["id"]]
    for text, fine in ((good, True), (bad, False)):
        path = tmp_path / ("file.py" if hook["id"].startswith("ruff") else "file.yml")
        path.write_text(text)
        entry = hook["entry"].replace(".venv/bin", str(Path(sys.executable).parent))
        done = subprocess.run(
            ["bash", "-c", f'{entry} "$@"', "--", str(path)],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        assert (done.returncode == 0) is fine, done.stdout


GOOD = '"""A module."""\n'
FORM = FORMS[0].read_text()
EXAMPLES = {
    "ruff": (GOOD, '"""A module."""\n\nimport os\n'),
    "ruff-format": (GOOD, '"""A module."""\nx = (1,\n2)\n'),
    "workflows": (WORKFLOWS[0].read_text(), "on: push\n"),
    "issue-forms": (FORM, FORM.replace("body:", "bodies:")),
    "large-files": ("small", "x" * 1_000_001),
}


def test_a_release_is_prepared_by_its_own_tool(tmp_path):
    """``catkin_prepare_release`` dates what is Forthcoming, commits and tags; bloom reads the result."""
    for name in ("package.xml", "setup.py", "CHANGELOG.rst"):
        shutil.copy(ROOT / name, tmp_path)
    changelog, version = tmp_path / "CHANGELOG.rst", "999.0.0"
    text = changelog.read_text()
    if "\nForthcoming\n" not in text:  # at a release itself
        changelog.write_text(
            re.sub(r"(?m)^\d+\.\d+\.\d+ \(.*\)\n-+$", "Forthcoming\n-----------", text, count=1)
        )
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "before"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    prepare = "import sys; from catkin_pkg.cli.prepare_release import main; sys.exit(main())"
    flags = ["--version", version, "--no-push", "--non-interactive", "--no-color"]
    author = {f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        [sys.executable, "-c", prepare, *flags],
        cwd=tmp_path,
        env={**os.environ, **author},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    tags = subprocess.run([*git, "tag"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert tags.stdout.split() == [version]
    ((released, date, (sections,)), *_) = get_changelog_from_path(changelog).foreach_version()
    assert (released, date is not None) == (version, True)
    assert len(sections.bullets) >= 5


def test_addresses_and_maintainer_are_the_same_in_both_manifests():
    urls = {url.get("type"): url.text for url in MANIFEST.findall("url")}
    names = {"repository": "Repository", "bugtracker": "Issues", "website": "Documentation"}
    assert sorted(urls) == sorted(names)
    wanted = sorted(f"{names[kind]}, {url}" for kind, url in urls.items())
    assert sorted(INSTALLED.get_all("Project-URL")) == wanted
    (maintainer,) = MANIFEST.findall("maintainer")
    assert INSTALLED["Maintainer-email"] == f"{maintainer.text} <{maintainer.get('email')}>"
