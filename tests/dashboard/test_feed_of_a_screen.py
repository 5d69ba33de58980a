"""One state for all readers: differences add up to it, and compressed once serves everybody."""

import json
import zlib
from itertools import islice
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dashboard.stream import GZIP_HEADER, Feed, Packet, event, merge_patch

leaves = st.one_of(st.booleans(), st.integers(-9, 9), st.text("xyz", max_size=3))
values = st.recursive(
    leaves | st.lists(leaves, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=12,
)
states = st.dictionaries(st.sampled_from("abcdef"), values, max_size=5)


def rfc7396(target: Any, patch: Any) -> Any:
    """MergePatch as printed in RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = rfc7396(target.get(name), value)
    return target


def data(packet: Packet) -> dict[str, Any]:
    return json.loads(packet.plain.decode().split("data: ")[1])


def name(packet: Packet) -> str:
    return packet.plain.decode().split("\n")[0].removeprefix("event: ")


@given(states, states)
def test_difference_added_to_old_is_new(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert rfc7396(json.loads(json.dumps(old)), merge_patch(old, new)) == new


@given(states)
def test_nothing_differs_from_itself(state: dict[str, Any]) -> None:
    assert merge_patch(state, state) == {}


@given(st.lists(states, min_size=1, max_size=5))
def test_blocks_compressed_apart_decompress_as_one_stream(many: list[dict[str, Any]]) -> None:
    packets = [event("delta", n, state) for n, state in enumerate(many)]
    body = GZIP_HEADER + b"".join(p.packed for p in packets)
    unpacked = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body)
    assert unpacked == b"".join(p.plain for p in packets)


def test_first_packet_is_the_whole_state_and_the_next_the_difference() -> None:
    feed = Feed()
    feed.publish({"a": 1, "b": {"c": 2, "d": 3}}, 1)
    packets = feed.read(beat_s=0.01)
    first = next(packets)
    feed.publish({"a": 1, "b": {"c": 5}}, 2)
    second = next(packets)
    assert (name(first), data(first)) == ("snapshot", {"a": 1, "b": {"c": 2, "d": 3}})
    assert (name(second), data(second)) == ("delta", {"b": {"c": 5, "d": None}})


def test_reader_that_missed_a_tick_starts_again_with_the_whole_state() -> None:
    feed = Feed()
    feed.publish({"a": 1}, 1)
    packets = feed.read(beat_s=0.01)
    next(packets)
    feed.publish({"a": 2}, 2)
    feed.publish({"a": 3}, 3)
    late = next(packets)
    assert (name(late), data(late)) == ("snapshot", {"a": 3})


def test_equal_or_older_state_makes_no_packet_but_the_heart_beats() -> None:
    feed = Feed()
    feed.publish({"a": 1}, 4)
    packets = feed.read(beat_s=0.01)
    next(packets)
    feed.publish({"a": 1}, 5)
    feed.publish({"a": 0}, 3)
    assert name(next(packets)) == "beat"


def test_two_readers_get_the_same_bytes_object() -> None:
    feed = Feed()
    feed.publish({"a": 1}, 1)
    assert next(feed.read()) is next(feed.read()), "serialised once for all"


def test_closed_feed_ends_its_readers_and_counts_none() -> None:
    feed = Feed()
    feed.publish({"a": 1}, 1)
    packets = feed.read(beat_s=5)
    next(packets)
    assert feed.n_readers == 1
    feed.close()
    assert list(islice(packets, 3)) == []
    assert feed.n_readers == 0
