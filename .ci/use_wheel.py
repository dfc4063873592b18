"""Use an installed wheel as a user would: map made-up data by the id of a card that came with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import vspec

CHANNELS = 7
SAMPLES = 100_003
CARD = "generic/raw"


def main(folder: Path) -> int:
    """Write a recording into ``folder``, map it, and compare what the map reads with what was written."""
    package = Path(vspec.__file__).resolve()
    if not package.is_relative_to(Path(sys.prefix).resolve()):
        print(f"this is not the wheel's vspec: {package}")
        return 1
    cards = sorted((package.parent / "_formats").rglob("card.yaml"))
    print(f"vspec {vspec.__version__} from a wheel, with {len(cards)} cards")
    raw = np.arange(SAMPLES * CHANNELS, dtype="<i2").reshape(SAMPLES, CHANNELS)
    (folder / "data").mkdir()
    (folder / "data" / "session.dat").write_bytes(raw.tobytes())
    command = [str(Path(sys.executable).parent / "vspec"), "apply", CARD, str(folder / "data")]
    command += [
        "--set",
        "dtype=int16",
        "--set",
        f"channels={CHANNELS}",
        "--set",
        "rate=30000",
        "-o",
        str(folder / "maps"),
    ]
    subprocess.run(command, check=True)
    return _compare(folder / "maps", raw)


def _compare(maps: Path, raw: np.ndarray) -> int:
    import fsspec
    import zarr
    from zarr.storage import FsspecStore

    (path,) = maps.glob("*.vspec.json")
    files = fsspec.filesystem("reference", fo=json.loads(path.read_text()), asynchronous=True)
    group = zarr.open_group(FsspecStore(files, read_only=True), mode="r", zarr_format=2)
    arrays = [
        group[key.removesuffix("/.zarray")]
        for key in json.loads(path.read_text())["refs"]
        if key.endswith("/.zarray")
    ]
    equal = [array for array in arrays if array.shape == raw.shape and np.array_equal(array[...], raw)]
    print(f"{len(equal)} of {len(arrays)} arrays in {path.name} equal what was written")
    return 0 if len(equal) == 1 else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
