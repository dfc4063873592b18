"""Which delegate opens which container, by the word of a card. Imported when first needed."""

from __future__ import annotations

from importlib import import_module

from vspec.containers.model import Container, ContainerFile, Delegate


def open_container(word: str, file: ContainerFile) -> Container:
    """Return what a file holds. Raises `VspecError` (V0360 to V0363) as its delegate does."""
    delegate: Delegate = getattr(import_module(f"vspec.containers.{word}"), f"open_{word}")
    return delegate(file)
