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

"""A MuJoCo model (MJCF) made to load on its own: includes put in, files named for MuJoCo, its base held."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.teleop.robot_model.mjcf_includes import include_files
from frankmocap_ros.teleop.robot_model.model_source import folder_of
from frankmocap_ros.teleop.robot_model.resources import Resources, Shapes

_WIDTHS: Final = {"free": (7, 6), "ball": (4, 3)}  # of a joint in qpos and qvel; others have one
_CONTAINERS: Final = ("frame", "replicate")
_TEXTURE_FILES: Final = ("file", "fileright", "fileleft", "fileup", "filedown", "filefront", "fileback")
_OF_GEOMS: Final = ("geom", "geom1", "geom2")


@dataclass(frozen=True, eq=False)
class _Found:
    """An element of the tree of bodies."""

    element: ET.Element
    parent: ET.Element
    body: str
    defaults: str


def prepare_mjcf(root: ET.Element, resources: Resources, shapes: Shapes) -> dict[str, str]:
    """Change a model so that MuJoCo can load it from memory.

    Args:
        root: of the file; is changed.
        resources: the files that MuJoCo gets.
        shapes: which meshes it gets.

    Returns:
        Geom or body that can touch something -> mesh that is left out of it, and why.

    Raises:
        RobotError: an included file is missing or wrong.
    """
    include_files(root, resources.near)
    _hold_base(root)
    return _Files(root, resources, shapes).lost


class _Defaults:
    """Attributes that elements have by their class."""

    def __init__(self, root: ET.Element) -> None:
        self._parents: dict[str, str | None] = {}
        self._elements: dict[str, ET.Element] = {}
        pending: list[tuple[ET.Element, str | None]] = [(one, None) for one in root.findall("default")]
        while pending:
            element, parent = pending.pop()
            name = element.get("class", "main")
            self._parents[name], self._elements[name] = parent, element
            pending += [(one, name) for one in element.findall("default")]

    def value(self, found: _Found, attribute: str, otherwise: str) -> str:
        """An attribute of an element, its own or its class's."""
        own = found.element.get(attribute)
        name: str | None = found.element.get("class", found.defaults)
        while own is None and name is not None:
            default = self._elements.get(name)
            of_tag = default.find(found.element.tag) if default is not None else None
            own = of_tag.get(attribute) if of_tag is not None else None
            name = self._parents.get(name)
        return otherwise if own is None else own


def _tree(parent: ET.Element, body: str, defaults: str) -> Iterator[_Found]:
    """Everything below a body in MuJoCo's order: its own elements, then those of its children."""
    inner = [child for child in parent if child.tag == "body" or child.tag in _CONTAINERS]
    for child in parent:
        if child not in inner:
            yield _Found(child, parent, body, defaults)
    for child in inner:
        name = child.get("name", "") if child.tag == "body" else body
        yield from _tree(child, name, child.get("childclass", defaults))


def _elements(root: ET.Element) -> list[_Found]:
    return [
        found
        for world in root.findall("worldbody")
        for found in _tree(world, "world", world.get("childclass", "main"))
    ]


def _hold_base(root: ET.Element) -> None:
    """Take free joints out, and their numbers out of the keyframes."""
    defaults = _Defaults(root)
    free: list[_Found] = []
    kept: dict[str, list[bool]] = {"qpos": [], "qvel": []}
    for found in _elements(root):
        if found.element.tag not in ("joint", "freejoint"):
            continue
        is_free = found.element.tag == "freejoint"
        kind = "free" if is_free else defaults.value(found, "type", "hinge")
        if kind == "free":
            free.append(found)
        for numbers, width in zip(kept.values(), _WIDTHS.get(kind, (1, 1)), strict=True):
            numbers.extend([kind != "free"] * width)
    for found in free:
        found.parent.remove(found.element)
    for key in root.iter("key") if free else ():
        for attribute, are_kept in kept.items():
            told = key.get(attribute, "").split()
            if len(told) == len(are_kept):
                left = [number for number, is_kept in zip(told, are_kept, strict=True) if is_kept]
                key.attrib.pop(attribute)
                if left:
                    key.set(attribute, " ".join(left))


class _Files:
    """Names the files of a model for MuJoCo, and takes out what it does not get.

    Attributes:
        lost: geom or body that can touch something -> mesh that is left out of it, and why.
    """

    def __init__(self, root: ET.Element, resources: Resources, shapes: Shapes) -> None:
        self.lost: dict[str, str] = {}
        self._root, self._resources, self._shapes = root, resources, shapes
        self._defaults = _Defaults(root)
        self._elements = _elements(root)
        compiler: dict[str, str] = {}
        for element in root.findall("compiler"):
            compiler |= element.attrib
            for name in ("meshdir", "texturedir", "assetdir"):
                element.attrib.pop(name, None)
        folder = folder_of(resources.near)
        assets = compiler.get("assetdir", "")
        self._meshes = folder / compiler.get("meshdir", assets)
        self._textures = folder / compiler.get("texturedir", assets)
        self._textures_out()
        self._meshes_out()
        self._deformables_out()

    def _textures_out(self) -> None:
        """Textures that MuJoCo does not get, and what is painted with them."""
        out = set()
        wanted = self._shapes in (Shapes.ALL, Shapes.SIMPLE)
        for asset in self._root.findall("asset"):
            for texture in asset.findall("texture"):
                files = [name for name in _TEXTURE_FILES if texture.get(name)]
                names = {f: self._file(texture.get(f, ""), self._textures, wanted) for f in files}
                if all(names.values()):
                    texture.attrib |= {f: name for f, name in names.items() if name}
                    if "file" in files and not texture.get("name"):
                        texture.set("name", Path(texture.get("file", "")).stem)
                    continue
                out.add(texture.get("name") or Path(texture.get("file", "")).stem)
                asset.remove(texture)
        for material in self._root.iter("material"):
            if material.get("texture") in out:
                del material.attrib["texture"]
            for layer in material.findall("layer"):
                if layer.get("texture") in out:
                    material.remove(layer)

    def _file(self, uri: str, folder: Path, wanted: bool) -> str | None:
        if not wanted and self._shapes is not Shapes.ALL:
            return None  # what is only seen is not even looked for
        return self._resources.name(uri, folder, wanted, mesh=False)

    def _meshes_out(self) -> None:
        """Meshes and height fields that MuJoCo does not get, and the geoms made of them."""
        assets = [(asset, one) for asset in self._root.findall("asset") for one in asset]
        files = [
            (asset, one, one.get("file", ""), one.get("name") or Path(one.get("file", "")).stem)
            for asset, one in assets
            if one.tag in ("mesh", "hfield") and one.get("file")
        ]
        named = {(one.tag, name): file for _, one, file, name in files}
        solid = {
            (tag, name) for f in self._elements if self._is_solid(f) for tag, name in _shape_of(f.element)
        }
        out = set()
        for asset, one, file, name in files:
            wanted = self._shapes is Shapes.ALL or (self._shapes is Shapes.SOLID and (one.tag, name) in solid)
            found = self._resources.name(file, self._meshes, wanted, mesh=one.tag == "mesh")
            if found is None:
                asset.remove(one)
                out.add((one.tag, name))
            else:
                one.set("file", found)
                one.set("name", name)
        self._geoms_out({key: self._resources.told(named[key]) for key in out})

    def _is_solid(self, found: _Found) -> bool:
        return found.element.tag == "geom" and any(
            self._defaults.value(found, mask, "1") != "0" for mask in ("contype", "conaffinity")
        )

    def _geoms_out(self, out: dict[tuple[str, str], str]) -> None:
        removed = set()
        for found in self._elements:
            element = found.element
            files = [out[key] for key in _shape_of(element) if key in out]
            if not files:
                continue
            if element.tag == "site":  # stays where it is, as a point
                del element.attrib["mesh"]
                element.set("type", "sphere")
                continue
            found.parent.remove(element)
            if self._is_solid(found):
                self.lost.setdefault(found.body, files[0])
                self.lost.update({name: files[0] for name in [element.get("name")] if name})
            removed.add(element.get("name"))
        removed.discard(None)
        for section in self._root.iter() if removed else ():
            for child in list(section):
                names = {child.get(a) for a in _OF_GEOMS} | {
                    child.get(n)
                    for t, n in (("objtype", "objname"), ("reftype", "refname"))
                    if child.get(t) == "geom"
                }
                if names & removed:
                    section.remove(child)

    def _deformables_out(self) -> None:
        """Skins and flexible bodies of files."""
        for parent in list(self._root.iter()):
            for child in [c for c in parent if c.tag in ("skin", "flexcomp") and c.get("file")]:
                name = self._file(child.get("file", ""), self._meshes, self._shapes is Shapes.ALL)
                if name is None:
                    parent.remove(child)
                else:
                    child.set("file", name)


def _shape_of(element: ET.Element) -> list[tuple[str, str]]:
    """Kind and name of the file that a geom or site is made of."""
    if element.tag not in ("geom", "site"):
        return []
    return [(kind, element.get(kind, "")) for kind in ("mesh", "hfield") if element.get(kind)]
