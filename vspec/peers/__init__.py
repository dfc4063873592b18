"""Independent readers, one module a format: what they return is what a container's arrays must be."""

from vspec.peers.registry import PeerReader, reader

__all__ = ["PeerReader", "reader"]
