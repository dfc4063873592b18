"""The public names: few, and the same on the command line and in Python."""

from __future__ import annotations

import importlib
import inspect

import click
import pytest

import vspec
from vspec import commands

MOST_NAMES = 20
OBJECTS = {"open", "open_arrays"}
"""What gives objects of Python has no place on the command line."""


def verbs() -> dict[str, click.Command]:
    group = importlib.import_module("vspec.cli.main").cli
    assert isinstance(group, click.Group)
    return dict(group.commands)


def test_the_package_has_few_public_names_and_they_all_exist():
    assert 0 < len(vspec.__all__) <= MOST_NAMES
    assert len(set(vspec.__all__)) == len(vspec.__all__)
    assert [name for name in vspec.__all__ if not hasattr(vspec, name)] == []


def test_the_version_is_a_version():
    assert [part.isdigit() for part in vspec.__version__.split(".")[:2]] == [True, True]


def test_there_are_verbs():
    wanted = {
        "apply",
        "check",
        "verify",
        "status",
        "relocate",
        "info",
        "serve",
        "identify",
        "fake",
        "new",
        "schema",
        "explain",
    }
    assert wanted <= set(verbs())


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_each_verb_is_a_function_of_the_same_name_with_help(verb):
    function = getattr(commands, verb)
    assert inspect.isfunction(function)
    assert inspect.getdoc(function)
    assert verbs()[verb].help


@pytest.mark.parametrize("name", sorted(commands.__all__))
def test_each_function_that_is_a_verb_is_on_the_command_line(name):
    if name not in OBJECTS and inspect.isfunction(getattr(commands, name)):
        assert name in verbs()
