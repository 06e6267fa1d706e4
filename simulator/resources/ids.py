"""Ids that the service makes: hashes of the seed, the instant and the content, so that threads and processes
cannot change them."""

from __future__ import annotations

import hashlib

from simulator.resources.world import World


def new_id(world: World, *content: str) -> str:
    """64 hexadecimal digits, different for every call, however equal the content."""
    hashed = hashlib.sha256("\x1f".join((str(world.seed), str(world.now), *content)).encode())
    key = hashed.digest()  # not the content itself: a request's body may be long, and many come at one instant
    repeat = world.repeats.get(key, 0)
    world.repeats[key] = repeat + 1
    hashed.update(f"\x1f{repeat}".encode())
    return hashed.hexdigest()


def uuid_of(digits: str) -> str:
    """The first 32 of some hexadecimal digits in the form of a UUID."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def target_digits(world: World, arn: str) -> str:
    """The 6 digits that the recommendationIds of a campaign or recommender end in (resp-013)."""
    return f"{chance_of(world, 'recommendations', arn):016x}"[:6]


def chance_of(world: World, *content: str) -> int:
    """A 64-bit seed that depends on the world's seed and the content alone."""
    text = "\x1f".join((str(world.seed), *content))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
