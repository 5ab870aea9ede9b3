"""Which account runs the server: PostgreSQL refuses to run as root, so root hands it to an ordinary one."""

import os
import pwd
import stat
from pathlib import Path
from typing import Any

from django.db.utils import OperationalError

FALLBACK = "nobody"


def choose(data: Path, project: Path) -> pwd.struct_passwd | None:
    """Return the account that runs the server on `data`; None means the account of this process.

    As root: the owner of existing data, else the owner of the project folder, else `nobody`.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise OperationalError(
                f"The data in {data} belong to the account {_name(owner)}. Run this command as that account, "
                "or name another folder in EMBEDDED_POSTGRES_DIR."
            )
        return None
    for uid in (owner, project.stat().st_uid):
        if uid:
            return _entry(uid)
    try:
        return pwd.getpwnam(FALLBACK)
    except KeyError:
        raise OperationalError(
            f"PostgreSQL does not run as root, and this machine has no account `{FALLBACK}`. "
            "Run this command as an ordinary user, or set DATABASE_URL."
        ) from None


def popen_options(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return the subprocess arguments that run a program as `account`."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def give(path: Path, account: pwd.struct_passwd | None) -> None:
    """Make `path` belong to `account`."""
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)


def give_tree(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make everything in `folder` belong to `account`: it does not after root has copied it."""
    if account is None:
        return
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != account.pw_uid:
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def let_through(path: Path, account: pwd.struct_passwd | None) -> None:
    """Let `account` pass the parents of `path`: the search bit only, never the right to list or read them."""
    if account is None:
        return
    for parent in path.parents:
        info = parent.stat()
        if not _permits(info, account, stat.S_IXUSR, stat.S_IXGRP, stat.S_IXOTH):
            parent.chmod(stat.S_IMODE(info.st_mode) | stat.S_IXOTH)


def let_read(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make the programs in `folder` readable for `account` where an odd umask has hidden them."""
    if account is None:
        return
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)


def _permits(info: os.stat_result, account: pwd.struct_passwd, owner_bit: int, group_bit: int, other_bit: int) -> bool:
    if info.st_uid == account.pw_uid:
        return bool(info.st_mode & owner_bit)
    if info.st_gid == account.pw_gid:
        return bool(info.st_mode & group_bit)
    return bool(info.st_mode & other_bit)


def _entry(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:  # a container's numbered owner without a name
        return pwd.struct_passwd((str(uid), "x", uid, uid, "", "/", "/bin/false"))


def _name(uid: int | None) -> str:
    return _entry(uid).pw_name if uid is not None else ""
