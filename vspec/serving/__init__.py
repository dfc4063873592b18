"""Maps shown as ordinary Zarr stores over HTTP, for readers that know nothing of references.

`store` answers a key of one map with its bytes, `http` carries them. No path is ever made of what a client
asks for: a key is looked up, and what it leads to are the sources of the map and its sidecar, each held
against what the map recorded of it.
"""
