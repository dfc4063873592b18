"""Files that were damaged: what opens them must say so, or read what another reader reads."""

from __future__ import annotations

from hypothesis import strategies as st


@st.composite
def damaged(draw: st.DrawFn, data: bytes, within: int | None = None) -> bytes:
    """Return bytes of which some were flipped, overwritten, cut off or doubled; ``within`` the first few."""
    raw = bytearray(data)
    limit = max(1, min(len(raw), within or len(raw)))
    kind = draw(st.sampled_from(["flip", "flip", "word", "cut", "twice"]))
    at = draw(st.integers(0, limit - 1))
    if kind == "flip" and raw:
        for place in [at, *draw(st.lists(st.integers(0, limit - 1), max_size=2))]:
            raw[place] ^= 1 << draw(st.integers(0, 7))
    elif kind == "word":
        raw[at : at + 4] = draw(
            st.sampled_from([b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\x01"])
        )
    elif kind == "cut":
        del raw[at:]
    else:
        raw[at:at] = raw[max(0, at - 8) : at]
    return bytes(raw)
