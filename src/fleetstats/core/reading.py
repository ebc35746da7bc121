"""What a file has to be before anything of it is read: a regular one, of bounded size."""

from __future__ import annotations

import stat
from pathlib import Path

from fleetstats.core.errors import BadInput

MIB = 1 << 20


def refuse_unreadable(path: Path, largest: int, name: object = None) -> None:
    """Raise `BadInput` for a device, a pipe or a folder, which may never end, and for a file of more bytes than this.

    Raises `OSError` where there is no file. `name` is what the message calls it.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise BadInput(
            "not a regular file",
            file=name or path,
            found=_KINDS.get(stat.S_IFMT(found.st_mode), "something else"),
            expected="a file that ends",
            todo="give the path of a file; write what a pipe gives into one first",
        )
    if found.st_size > largest:
        raise BadInput(
            "a file that is too large",
            file=name or path,
            found=f"{found.st_size:,} bytes",
            expected=f"at most {largest:,} bytes",
            todo="see whether it is the right file",
        )


_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
    stat.S_IFSOCK: "a socket",
}
