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

"""Settings declared once: checks, refusals in words, YAML, the table and the flags."""

import argparse
import math
from dataclasses import dataclass

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings.schema import (
    add_flags,
    checked,
    from_flags,
    markdown_table,
    setting,
    settings_of,
    updated,
    yaml_text,
    yaml_value,
)


@dataclass(frozen=True)
class Config:
    """One setting of each kind."""

    rate_hz: float = setting(30.0, "How often.", unit="Hz", minimum=0.5, maximum=120.0)
    count: int = setting(3, "How many | at most.", minimum=1, maximum=2**31 - 1)
    mode: str = setting("fast", "Which way.", choices=("fast", "good"), live=False)
    topic: str = setting("a/b", 'Where "to".', live=False)
    flag: bool = setting(True, "Whether, in 100 % of cases.")
    joints: tuple[str, ...] = setting((), "Which ones.", live=False)
    tiny: float = setting(1e-5, "A small number.", minimum=0.0, maximum=1.0)
    corner: tuple[float, ...] = setting((-1.0, 0.5), "Where.", unit="m", minimum=-2.0, maximum=2.0)
    hidden: int = 7

    def __post_init__(self) -> None:
        """A rule about two settings."""
        if self.flag and self.count == 13:
            raise SettingError("count: 13 is out of range with flag: true; allowed: any other")


S = {s.name: s for s in settings_of(Config)}


# -- declarations


def test_settings_are_the_declared_fields_in_order():
    assert list(S) == ["rate_hz", "count", "mode", "topic", "flag", "joints", "tiny", "corner"]
    assert [s.type for s in S.values()] == [float, int, str, str, bool, tuple, float, tuple]
    assert [s.default for s in S.values()] == [30.0, 3, "fast", "a/b", True, (), 1e-5, (-1.0, 0.5)]
    assert [s.name for s in S.values() if not s.live] == ["mode", "topic", "joints"]


def test_allowed_values_in_words():
    allowed = {name: s.allowed for name, s in S.items()}
    assert allowed == {
        "rate_hz": "0.5 .. 120", "count": "1 .. 2147483647", "mode": "fast | good", "topic": "any text",
        "flag": "true | false", "joints": "list of names", "tiny": "0 .. 1", "corner": "2 numbers of -2 .. 2",
    }  # fmt: skip


def test_description_tells_unit_and_when_it_takes_effect():
    assert S["rate_hz"].description == "How often. [Hz]"
    assert S["mode"].description == "Which way. Takes effect when the node is configured."


@pytest.mark.parametrize("limits", [{}, {"minimum": 0.0}, {"maximum": 1.0}])
@pytest.mark.parametrize("default", [1, 0.5])
def test_a_number_without_range_cannot_be_declared(default, limits):
    with pytest.raises(TypeError, match="minimum and maximum"):
        setting(default, "Text.", **limits)


# -- values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_hz", 0.5), ("rate_hz", 120.0), ("count", 1), ("count", 2**31 - 1), ("mode", "good"),
        ("topic", ""), ("flag", False), ("tiny", 0.0),
    ],
)  # fmt: skip
def test_allowed_values_pass_as_they_are(name, value):
    result = checked(S[name], value)
    assert result == value
    assert type(result) is S[name].type


def test_whole_numbers_are_taken_for_floats():
    result = checked(S["rate_hz"], 60)
    assert result == 60.0
    assert type(result) is float


@pytest.mark.parametrize("value", [["a", "b"], ("a", "b"), (name for name in "ab")])
def test_lists_become_tuples(value):
    assert checked(S["joints"], value) == ("a", "b")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rate_hz", 0.4999, ("0.4999", "0.5 .. 120 Hz")),
        ("rate_hz", 120.001, ("120.001", "0.5 .. 120 Hz")),
        ("rate_hz", math.nan, ("nan", "finite", "0.5 .. 120")),
        ("rate_hz", math.inf, ("inf", "finite", "0.5 .. 120")),
        ("rate_hz", -math.inf, ("-inf", "finite")),
        ("rate_hz", 10**400, ("out of range", "0.5 .. 120")),
        ("rate_hz", True, ("a number", "True", "0.5 .. 120 Hz")),
        ("rate_hz", "30", ("a number", "'30'")),
        ("rate_hz", None, ("a number", "None")),
        ("count", 0, ("0", "1 .. 2147483647")),
        ("count", 2**31, ("2147483648", "1 .. 2147483647")),
        ("count", True, ("a whole number", "True")),
        ("count", 3.0, ("a whole number", "3.0", "1 .. 2147483647")),
        ("count", math.nan, ("a whole number", "nan")),
        ("count", "3", ("a whole number", "'3'")),
        ("mode", "slow", ("'slow'", "fast | good")),
        ("mode", "", ("''", "fast | good")),
        ("mode", 1, ("text", "1", "fast | good")),
        ("topic", b"a", ("text", "b'a'")),
        ("flag", 1, ("true or false", "1")),
        ("flag", "true", ("true or false", "'true'")),
        ("joints", "left_wrist", ("list of names", "'left_wrist'")),
        ("joints", 5, ("list of names", "5")),
        ("joints", ["a", 5], ("list of names", "('a', 5)")),
    ],
)
def test_refusals_name_setting_value_and_what_is_allowed(name, value, words):
    with pytest.raises(SettingError) as refusal:
        checked(S[name], value)
    text = str(refusal.value)
    assert text.startswith(f"{name}: ")
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    "name, value",
    [("mode", 100_000 * "x"), ("flag", 100_000 * "x"), ("joints", 9**9999)],
    ids=["mode", "flag", "joints"],
)
def test_a_refusal_of_a_whole_file_is_short(name, value):
    """It goes to whoever set the parameter, and to the log."""
    with pytest.raises(SettingError) as refusal:
        checked(S[name], value)
    assert len(str(refusal.value)) < 300


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=3),
    st.lists(st.one_of(st.text(max_size=3), st.integers()), max_size=3), st.complex_numbers(),
    st.just(np.float64(1.0)), st.just(np.int32(3)), st.just(10**400),
)  # fmt: skip


@given(st.sampled_from(sorted(S)), anything)
def test_anything_is_taken_in_the_right_type_or_refused(name, value):
    s = S[name]
    try:
        result = checked(s, value)
    except SettingError:
        return
    assert type(result) is s.type
    assert result == (tuple(value) if s.type is tuple else value)
    if s.minimum is not None:
        assert s.minimum <= result <= s.maximum


# -- changes


def test_updated_is_a_changed_copy():
    config = Config()
    new = updated(config, {"count": 5, "joints": ["a"], "rate_hz": 50})
    assert (new.count, new.joints, new.rate_hz, new.mode) == (5, ("a",), 50.0, "fast")
    assert config == Config()
    assert updated(config, {}) == config


@pytest.mark.parametrize(
    "changes", [{"count": 0}, {"rate_hz": math.nan}, {"count": 5, "mode": "slow"}, {"count": 13}]
)
def test_refused_changes_leave_the_old_one(changes):
    config = Config()
    with pytest.raises(SettingError):
        updated(config, changes)
    assert config == Config()


@pytest.mark.parametrize("value", [[1, 2.0], (1.0, 2.0), iter([1.0, 2])])
def test_numbers_become_a_tuple_of_floats(value):
    result = checked(S["corner"], value)
    assert result == (1.0, 2.0)
    assert {type(number) for number in result} == {float}


@pytest.mark.parametrize(
    "value, words",
    [
        ([1.0], "expected 2 numbers"),
        ([1.0, 1.0, 1.0], "expected 2 numbers"),
        ("12", "expected 2 numbers"),
        (3.0, "expected 2 numbers"),
        ([1.0, 2.5], "2.5 is out of range; allowed: -2 .. 2 m"),
        ([1.0, math.nan], "nan is not a finite number"),
        ([1.0, "x"], "expected a number, got 'x'"),
    ],
)
def test_wrong_numbers_in_a_tuple_are_refused(value, words):
    with pytest.raises(SettingError, match=f"corner: .*{words}"):
        checked(S["corner"], value)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(SettingError, match=r"unknown setting speed, power; known: rate_hz, count, mode"):
        updated(Config(), {"speed": 1, "count": 5, "power": 2})
    with pytest.raises(SettingError, match="hidden"):
        updated(Config(), {"hidden": 1})


def test_the_usage_of_a_command_has_one_word_for_all_settings():
    parser = argparse.ArgumentParser(prog="it")
    parser.add_argument("--own", dest="count")
    add_flags(parser, Config)
    parser.add_argument("source")
    assert parser.format_usage() == "usage: it [-h] [--own COUNT] [--SETTING VALUE] source\n"
    assert "--rate-hz" in parser.format_help()


def test_a_misspelled_name_is_told_what_is_meant():
    with pytest.raises(SettingError, match=r"^unknown setting cuont \(did you mean count\?\)$"):
        updated(Config(), {"cuont": 5})
    with pytest.raises(SettingError, match=r"cuont \(did you mean count\?\), x; known: rate_hz"):
        updated(Config(), {"cuont": 5, "x": 1})


def test_values_that_go_together_only_are_checked_together():
    assert updated(Config(), {"count": 13, "flag": False}).count == 13
    with pytest.raises(SettingError, match="13 is out of range with flag"):
        updated(Config(), {"count": 13})


# -- YAML


texts = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]))  # no control characters


def plain(value):
    return list(value) if isinstance(value, tuple) else value


def test_yaml_reads_back_as_the_defaults_in_the_same_types():
    values = yaml.safe_load(yaml_text(Config, "node"))["/**/node"]["ros__parameters"]
    assert values == {name: plain(s.default) for name, s in S.items()}
    assert [type(v) for v in values.values()] == [type(plain(s.default)) for s in S.values()]
    assert updated(Config(), values) == Config()


def test_yaml_tells_what_is_allowed():
    text = yaml_text(Config, "node")
    assert "    # How often. [Hz] Allowed: 0.5 .. 120.\n    rate_hz: 30.0\n" in text
    assert text.startswith("# Generated")
    assert text.endswith("\n")


@given(
    st.one_of(
        st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False),
        texts, st.lists(texts, max_size=3).map(tuple),
    )
)  # fmt: skip
def test_yaml_values_read_back(value):
    result = yaml.safe_load(yaml_value(value))
    assert result == plain(value)
    assert type(result) is type(plain(value))


# -- the table


def test_table_has_a_row_a_setting():
    lines = markdown_table(Config).splitlines()
    assert lines[:2] == ["| parameter | default | allowed | live | description |", "|---|---|---|---|---|"]
    rows = dict(zip(S, lines[2:], strict=True))
    assert rows["rate_hz"] == "| `rate_hz` | `30.0` | 0.5 .. 120 | yes | How often. [Hz] |"
    assert rows["mode"] == '| `mode` | `"fast"` | fast \\| good | no | Which way. |'
    assert rows["joints"] == "| `joints` | `[]` | list of names | no | Which ones. |"


def test_every_row_of_the_table_has_five_cells():
    for line in markdown_table(Config).splitlines():
        assert line.replace("\\|", "").count("|") == 6


# -- flags


def parsed(*arguments):
    parser = argparse.ArgumentParser(prog="test", exit_on_error=False)
    parser.add_argument("source", nargs="?")
    add_flags(parser, Config)
    return parser.parse_args(arguments)


def test_no_flags_give_the_defaults():
    assert vars(parsed()) == {"source": None}
    assert from_flags(Config, parsed()) == Config()


def test_flags_of_every_kind():
    config = from_flags(
        Config,
        parsed(
            "--rate-hz", "60", "--count", "5", "--mode", "good", "--topic", "c", "--no-flag", "--tiny", "1e-3"
        ),
    )
    assert config == Config(rate_hz=60.0, count=5, mode="good", topic="c", flag=False, tiny=1e-3)
    assert from_flags(Config, parsed("--joints", "a", "b")).joints == ("a", "b")
    assert from_flags(Config, parsed("--joints")).joints == ()
    assert from_flags(Config, parsed("--flag")).flag is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--count", "0"), "count: 0 is out of range; allowed: 1 .. 2147483647"),
        (("--rate-hz", "nan"), "rate_hz: nan is not a finite number"),
        (("--mode", "slow"), "mode: 'slow' is not known; allowed: fast | good"),
        (("--count", "13"), "13 is out of range with flag"),
    ],
)
def test_wrong_flags_are_refused_as_wrong_values_are(arguments, words):
    with pytest.raises(SettingError) as refusal:
        from_flags(Config, parsed(*arguments))
    assert words in str(refusal.value)


def test_flags_that_are_no_numbers_are_refused_by_the_parser():
    with pytest.raises((argparse.ArgumentError, SystemExit)):
        parsed("--count", "many")


def test_help_tells_text_range_and_default():
    parser = argparse.ArgumentParser(prog="test")
    add_flags(parser, Config)
    text = " ".join(parser.format_help().split())
    assert "How often. [Hz] (0.5 .. 120; default 30.0)" in text
    assert "Whether, in 100 % of cases." in text
    assert "--no-flag" in text
