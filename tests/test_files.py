"""A file is replaced whole or not at all, whatever call fails."""

import errno
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

from gradus._files import previous_name, remove_leftovers, why_not_written, write_atomically

OLD, NEW = b"old bytes", b"new bytes, more of them"
CALLS = ("open", "fchmod", "write", "fsync", "close", "link", "replace", "unlink")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.bin"


class FailingSystem:
    """Counts the calls to the system and lets one of them fail; syncs are only counted."""

    def __init__(self, monkeypatch, fail_at=None, error=errno.ENOSPC):
        self.made, self.fail_at, self.error = [], fail_at, error
        for name in CALLS:
            monkeypatch.setattr(os, name, self.wrap(name, getattr(os, name)))

    def wrap(self, name, call):
        def counted(*args, **kwargs):
            self.made.append(name)
            if len(self.made) == self.fail_at:
                if name == "close":
                    call(*args, **kwargs)
                raise OSError(self.error, os.strerror(self.error))
            return None if name == "fsync" else call(*args, **kwargs)

        return counted


def test_first_write_and_replacement(path):
    write_atomically(path, OLD, keep_previous=True)
    assert path.read_bytes() == OLD
    assert names(path.parent) == ["file.bin"]
    write_atomically(path, NEW, keep_previous=True)
    assert path.read_bytes() == NEW
    assert previous_name(path).read_bytes() == OLD
    assert names(path.parent) == ["file.bin", "file.bin.previous"]
    write_atomically(path, b"", keep_previous=True)
    assert path.read_bytes() == b""
    assert previous_name(path).read_bytes() == NEW


def test_without_keeping_nothing_is_kept(path):
    write_atomically(path, OLD)
    write_atomically(path, NEW)
    assert names(path.parent) == ["file.bin"]


def test_permissions_carry_over(path):
    write_atomically(path, OLD)
    usual = 0o666 & ~os.umask(os.umask(0o022))
    assert stat.S_IMODE(path.stat().st_mode) in {usual, 0o644}
    path.chmod(0o640)
    write_atomically(path, NEW, keep_previous=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_usual_permissions_of_a_new_file(path):
    before = os.umask(0o027)
    try:
        write_atomically(path, OLD)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_writers_of_one_name_wait_for_each_other(path, monkeypatch):
    write, inside, together = os.write, [], []

    def slow(descriptor, data):
        inside.append(descriptor)
        together.append(len(inside))
        time.sleep(0.01)
        try:
            return write(descriptor, data)
        finally:
            inside.pop()

    monkeypatch.setattr(os, "write", slow)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write_atomically, path, bytes([k]) * 99) for k in range(8)]:
            done.result()
    assert together == [1] * 8
    assert len(set(path.read_bytes())) == 1
    assert names(path.parent) == ["file.bin"]


def test_a_symbolic_link_stays_one(tmp_path):
    target, link = tmp_path / "real", tmp_path / "link"
    target.write_bytes(OLD)
    link.symlink_to(target)
    write_atomically(link, NEW)
    assert link.is_symlink()
    assert target.read_bytes() == NEW


def test_a_planted_link_under_the_temporary_name_is_not_followed(path):
    victim = path.with_name("victim")
    victim.write_bytes(OLD)
    path.with_name(".file.bin.writing").symlink_to(victim)
    write_atomically(path, NEW)
    assert victim.read_bytes() == OLD


def test_a_file_planted_at_the_last_moment_is_not_written_to(path, monkeypatch):
    monkeypatch.setattr("gradus._files.remove_leftovers", lambda _: None)
    planted = path.with_name(".file.bin.writing")
    planted.write_bytes(OLD)
    with pytest.raises(FileExistsError):
        write_atomically(path, NEW)
    assert planted.read_bytes() == OLD


def test_short_writes_are_continued(path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    write_atomically(path, NEW)
    assert path.read_bytes() == NEW


def count_calls(path):
    with pytest.MonkeyPatch.context() as patch:
        system = FailingSystem(patch)
        write_atomically(path, NEW, keep_previous=True)
    return system.made


def test_every_call_may_fail(path):
    write_atomically(path, b"older", keep_previous=True)
    write_atomically(path, OLD, keep_previous=True)
    made = count_calls(path)
    assert set(made) == set(CALLS)
    n_cases = 0
    for error in (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EMFILE):
        for place in range(1, len(made) + 1):
            path.unlink()
            path.write_bytes(OLD)
            previous_name(path).unlink()
            previous_name(path).write_bytes(b"older")
            with pytest.MonkeyPatch.context() as patch:
                FailingSystem(patch, place, error)
                with pytest.raises(OSError, match=r"\w") as caught:
                    write_atomically(path, NEW, keep_previous=True)
            assert caught.value.errno == error
            # Only the sync of the folder comes after the rename.
            is_after = place > len(made) - made[::-1].index("replace")
            assert path.read_bytes() == (NEW if is_after else OLD)
            assert previous_name(path).read_bytes() in {b"older", OLD}
            remove_leftovers(path)
            assert names(path.parent) == ["file.bin", "file.bin.previous"]
            n_cases += 1
    assert n_cases == 5 * len(made)


def test_nothing_is_left_beside_it_after_a_failure(path):
    write_atomically(path, OLD, keep_previous=True)
    for place in range(3, len(count_calls(path)) + 1):
        with pytest.MonkeyPatch.context() as patch:
            FailingSystem(patch, place)
            with pytest.raises(OSError, match="No space"):
                write_atomically(path, NEW, keep_previous=True)
        assert set(names(path.parent)) <= {"file.bin", "file.bin.previous"}


def test_a_failed_sync_is_not_repeated(path, monkeypatch):
    syncs = []

    def fail(descriptor):
        syncs.append(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_atomically(path, NEW)
    assert len(syncs) == 1
    assert names(path.parent) == []


def test_a_folder_that_cannot_be_synced_is_no_failure(path, monkeypatch):
    fsync = os.fsync

    def refuse_folders(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_atomically(path, NEW)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_hard_links(path, monkeypatch, error):
    def refuse(*_args, **_kwargs):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "link", refuse)
    write_atomically(path, OLD, keep_previous=True)
    write_atomically(path, NEW, keep_previous=True)
    assert path.read_bytes() == NEW
    assert previous_name(path).read_bytes() == OLD
    assert names(path.parent) == ["file.bin", "file.bin.previous"]


def test_a_write_killed_between_keeping_and_replacing_is_repeated_cleanly(path):
    """Both names mean one file then, and a rename between them would do nothing."""
    write_atomically(path, OLD, keep_previous=True)
    previous_name(path).hardlink_to(path)
    path.with_name(".file.bin.writing").write_bytes(b"half")
    path.with_name(".file.bin.keeping").hardlink_to(path)
    write_atomically(path, NEW, keep_previous=True)
    assert path.read_bytes() == NEW
    assert previous_name(path).read_bytes() == OLD
    assert names(path.parent) == ["file.bin", "file.bin.previous"]


def test_a_pipe_or_device_stays(path):
    os.mkfifo(path)
    with pytest.raises(OSError, match="it is no regular file"):
        write_atomically(path, NEW)
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert names(path.parent) == ["file.bin"]


def test_a_folder_of_that_name_stays(path):
    path.mkdir()
    (path / "inside").write_bytes(OLD)
    with pytest.raises(IsADirectoryError):
        write_atomically(path, NEW, keep_previous=True)
    assert names(path.parent) == ["file.bin"]
    assert (path / "inside").read_bytes() == OLD


def test_leftovers_are_removed_and_nothing_else(path):
    for name in (".file.bin.writing", ".file.bin.keeping", ".file.binx.writing", "file.bin"):
        path.with_name(name).write_bytes(b"x")
    remove_leftovers(path)
    remove_leftovers(path)
    assert names(path.parent) == [".file.binx.writing", "file.bin"]


def test_the_sentence_tells_path_need_and_room(tmp_path, monkeypatch):
    usage = os.statvfs(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1234})())
    cause = OSError(errno.ENOSPC, "No space left on device")
    assert usage.f_bsize > 0
    assert why_not_written(tmp_path / "f", 56789, cause) == (
        f"{tmp_path / 'f'} could not be written: No space left on device "
        "(56,789 bytes needed, 1,234 free)."
    )


def test_the_sentence_where_the_folder_is_missing(tmp_path):
    cause = FileNotFoundError(errno.ENOENT, "No such file or directory")
    path = tmp_path / "nowhere" / "f"
    expected = f"{path} could not be written: No such file or directory."
    assert why_not_written(path, 5, cause) == expected


class Disk:
    """Records what a write does to files and names, and what a loss of power could make of it.

    Before: the file holds OLD and the version kept holds "older", both on the disk. What was not
    synced may be lost: the bytes of a file wholly or in part, and every change of a name, in any
    combination.
    """

    def __init__(self, monkeypatch):
        self.events, self.opened = [], {}
        for name in ("open", "write", "fsync", "link", "replace", "unlink"):
            monkeypatch.setattr(os, name, self.wrap(name, getattr(os, name)))

    def wrap(self, name, call):
        def recorded(*args):
            answer = call(*args)
            if name == "open":
                self.opened[answer] = Path(args[0]).name
                if args[1] & os.O_CREAT:
                    self.events.append(("create", self.opened[answer]))
            elif name in ("write", "fsync"):
                what = bytes(args[1]) if name == "write" else None
                self.events.append((name, self.opened[args[0]], what))
            else:
                self.events.append((name, *(Path(arg).name for arg in args)))
            return answer

        return recorded

    def states(self, folder):
        """Give (names to contents) of every state that any loss of power may leave."""
        for n_done in range(len(self.events) + 1):
            yield from self.states_after(self.events[:n_done], folder)

    @staticmethod
    def states_after(events, folder):
        contents, synced = {"file": OLD, "previous": b"older"}, {"file", "previous"}
        on_disk, pending = {"file.bin": "file", "file.bin.previous": "previous"}, []
        inode_of = dict(on_disk)
        for event in events:
            kind, name = event[:2]
            if kind == "create":
                inode_of[name] = name
                contents[name] = b""
                pending.append(("set", name, name))
            elif kind == "write":
                contents[inode_of[name]] += event[2]
                synced.discard(inode_of[name])
            elif kind == "fsync" and name == folder:
                on_disk, pending = dict(inode_of), []
            elif kind == "fsync":
                synced.add(inode_of[name])
            elif kind in ("link", "replace"):
                inode_of[event[2]] = inode_of[name]
                pending.append(("set", event[2], inode_of[name]))
                if kind == "replace":
                    del inode_of[name]
                    pending.append(("remove", name, None))
        for chosen in product([False, True], repeat=len(pending)):
            names = dict(on_disk)
            for (kind, name, inode), is_on_disk in zip(pending, chosen, strict=True):
                if is_on_disk and kind == "set":
                    names[name] = inode
                elif is_on_disk:
                    names.pop(name, None)
            for part in (0.0, 0.5, 1.0):
                yield {
                    name: contents[inode]
                    if inode in synced
                    else contents[inode][: int(part * len(contents[inode]))]
                    for name, inode in names.items()
                }


def test_a_loss_of_power_at_any_moment_leaves_a_whole_file(path):
    path.write_bytes(OLD)
    previous_name(path).write_bytes(b"older")
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch)
        write_atomically(path, NEW, keep_previous=True)
    n_states, seen = 0, set()
    for state in disk.states(path.parent.name):
        assert state["file.bin"] in {OLD, NEW}
        assert state["file.bin.previous"] in {b"older", OLD}
        seen.add(state["file.bin"])
        n_states += 1
    assert seen == {OLD, NEW}
    assert n_states > 200
    # On return the new version is on the disk, whatever happens.
    final = disk.states_after(disk.events, path.parent.name)
    assert {state["file.bin"] for state in final} == {NEW}
