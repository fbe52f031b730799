"""The end of a log's chain, kept in a file beside it, so that a log put back shows.

``venue.head`` names a block that is durable and its hash. It is written aside and renamed, at a
start, at a close and with each state in the log, always after the block. The log must have that
block; what it has behind it is newer.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from engine.log.blocks import Block, Chain
from engine.log.errors import LogError
from engine.log.files import made_aside, naming, sync_data, sync_folder, write_data

HEAD_NAME: Final = "venue.head"


class Head(msgspec.Struct, frozen=True):
    """A block that was durable."""

    number: int
    hash: str

    def missing(self, offset: int, last: int) -> LogError:
        """Return what to say of a log that ends before this block."""
        problem = (
            f"it ends with block {last}, and {HEAD_NAME} says that block {self.number} was "
            "durable: an earlier copy was put back, or its end was lost; restore the newest copy, "
            "or accept this one with carbonx log repair"
        )
        return LogError(offset, problem)


def read_head(directory: Path) -> Head | None:
    """Return what is written beside a log, ``None`` without one. Raises ``LogError``."""
    try:
        with naming(directory / HEAD_NAME):
            data = (directory / HEAD_NAME).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(data, type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        problem = f"{HEAD_NAME} cannot be read ({error}): write it again with carbonx log repair"
        raise LogError(0, problem) from error


def compare(head: Head | None, block: Block, directory: Path) -> None:
    """See that a block is the one that the head names. Raises ``LogError``."""
    if head is not None and block.number == head.number and block.hash.hex() != head.hash:
        problem = (
            f"block {block.number} is not the one that {directory / HEAD_NAME} names: this is "
            "another log; restore the right one, or accept this one with carbonx log repair"
        )
        raise LogError(block.start, problem)


def write_head(directory: Path, chain: Chain) -> None:
    """Name a chain's last block, which must be durable. Raises ``OSError``."""
    new = directory / f"{HEAD_NAME}.new"
    descriptor = made_aside(new)
    data = msgspec.json.encode(Head(chain.number, chain.hash.hex())) + b"\n"
    try:
        with naming(new):
            write_data(descriptor, data)
            sync_data(descriptor)
    finally:
        os.close(descriptor)
    new.replace(directory / HEAD_NAME)
    sync_folder(directory)
