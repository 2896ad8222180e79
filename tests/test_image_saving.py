"""A finished file appears whole under its name, or nothing is left."""

import errno
import os
import stat
from pathlib import Path

import pytest

from rechroma import image
from rechroma.errors import DiskFull, OutputError


def test_the_file_appears_whole_and_alone(tmp_path: Path) -> None:
    image.save_atomically(b"data", tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg").read_bytes() == b"data"
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_its_rights_follow_the_mask_of_the_process_which_is_never_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0o027)
    try:
        with monkeypatch.context() as patch:
            patch.delattr(os, "umask")
            image.save_atomically(b"data", tmp_path / "a.jpg")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.jpg").stat().st_mode) == 0o640


def test_an_existing_file_is_kept_unless_overwriting_is_allowed(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    target.write_bytes(b"old")
    with pytest.raises(OutputError, match="exists"):
        image.save_atomically(b"new", target)
    assert target.read_bytes() == b"old"
    image.save_atomically(b"new", target, overwrite=True)
    assert target.read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.jpg"
    target.write_bytes(b"old")
    monkeypatch.setattr(Path, "exists", lambda self: False)
    with pytest.raises(OutputError, match="exists"):
        image.save_atomically(b"new", target)
    monkeypatch.undo()
    assert target.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_file_systems_without_hard_links_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    image.save_atomically(b"data", tmp_path / "a.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_file_systems_without_hard_links_keep_what_appeared_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        (tmp_path / "a.jpg").write_bytes(b"another's")
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(OutputError, match="exists"):
        image.save_atomically(b"data", tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg").read_bytes() == b"another's"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_gets_a_named_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="No space left"):
        image.save_atomically(b"data", tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_the_disk_cannot_hold_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **how: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    with pytest.raises(OutputError, match="rename the picture"):
        image.save_atomically(b"data", tmp_path / ("m" * 300 + ".jpg"))
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        OutputError, match="Invalid argument; the disk takes no such name: rename the picture"
    ):
        image.save_atomically(b"data", tmp_path / "10:30.jpg")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not there")
def test_a_target_that_is_no_file_is_left_alone() -> None:
    with pytest.raises(OutputError, match="exists"):
        image.save_atomically(b"data", Path("/dev/full"))


def test_a_missing_folder_gets_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file"):
        image.save_atomically(b"data", tmp_path / "none" / "a.jpg")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_gets_a_named_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Permission"):
            image.save_atomically(b"data", tmp_path / "a.jpg")
    finally:
        tmp_path.chmod(0o700)


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        image.save_atomically(b"data", tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_long_names_leave_room_for_the_temporary_one(tmp_path: Path) -> None:
    for name in ("x" * 240 + ".jpg", "\u5199" * 80 + ".jpg"):
        image.save_atomically(b"data", tmp_path / name)
        assert (tmp_path / name).read_bytes() == b"data"


def test_leftovers_of_one_target_are_removed_and_no_others(tmp_path: Path) -> None:
    gone, kept = tmp_path / ".a.jpg.abcd_123.part", tmp_path / ".a.jpg.b.jpg.abcd_123.part"
    for path in (gone, kept):
        path.write_bytes(b"half")
    image.remove_leftovers(tmp_path / "a.jpg")
    assert not gone.exists()
    assert kept.exists()


def test_leftovers_are_those_that_saving_would_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    monkeypatch.setattr(Path, "unlink", lambda self: None)
    with pytest.raises(KeyboardInterrupt):
        image.save_atomically(b"data", tmp_path / "[a]*.jpg")
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == 1
    image.remove_leftovers(tmp_path / "[a]*.jpg")
    assert list(tmp_path.iterdir()) == []
