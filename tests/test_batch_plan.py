"""What is taken for an input, and where its result goes."""

import gc
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from rechroma.batch import Findings, Found, Job, LeftOut, counted, find, names_a_file, plan
from rechroma.errors import InputError, OptionError, OutputError
from rechroma.naming import folded, safe_name


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def _names(found: Findings, folder: Path) -> list[str]:
    return [item.path.relative_to(folder).as_posix() for item in found.pictures]


def _left_out(found: Findings, folder: Path) -> dict[str, str]:
    return {item.path.relative_to(folder).as_posix(): item.why for item in found.left_out}


def test_a_folder_means_its_pictures_in_the_order_of_their_names(tmp_path: Path) -> None:
    _touch(tmp_path, "b.JPG", "a.tif", "notes.txt", ".hidden.jpg", "deep/c.png")
    assert _names(find([str(tmp_path)]), tmp_path) == ["a.tif", "b.JPG"]
    assert _names(find([str(tmp_path)], recursive=True), tmp_path) == ["a.tif", "b.JPG", "deep/c.png"]


def test_results_of_an_earlier_run_are_no_inputs(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "a.color.jpg", "out/a.jpg", "b/a.jpg")
    found = find([str(tmp_path)], recursive=True, out=tmp_path / "out")
    assert _names(found, tmp_path) == ["a.jpg", "b/a.jpg"]


def test_a_file_that_is_named_outright_is_taken_whatever_its_name(tmp_path: Path) -> None:
    _touch(tmp_path, "a.color.jpg", "scan")
    names = [str(tmp_path / "a.color.jpg"), str(tmp_path / "scan"), str(tmp_path / "missing.jpg")]
    assert _names(find(names), tmp_path) == ["a.color.jpg", "scan", "missing.jpg"]


def test_globs_that_the_shell_has_not_expanded_are(tmp_path: Path) -> None:
    _touch(tmp_path, "1.jpg", "2.jpg", "2.color.jpg", "3.png", "deep/4.jpg", "odd[1].jpg")
    assert _names(find([str(tmp_path / "[0-9].jpg")]), tmp_path) == ["1.jpg", "2.jpg"]
    assert _names(find([str(tmp_path / "**" / "4.*")]), tmp_path) == ["deep/4.jpg"]
    assert _names(find([str(tmp_path / "odd[1].jpg")]), tmp_path) == ["odd[1].jpg"]
    assert _names(find([str(tmp_path / "*.webp")]), tmp_path) == ["*.webp"]


def test_a_picture_named_twice_is_found_once(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg")
    names = ["a.jpg", ".", "*.jpg", "../" + tmp_path.name]
    assert len(find([str(tmp_path / name) for name in names]).pictures) == 1


def test_results_may_go_into_the_folder_of_the_inputs_or_above_it(tmp_path: Path) -> None:
    _touch(tmp_path, "in/a.jpg")
    for out in (tmp_path / "in", tmp_path):
        assert _names(find([str(tmp_path / "in")], out=out), tmp_path) == ["in/a.jpg"]


def test_a_folder_of_results_is_an_error_that_says_so(tmp_path: Path) -> None:
    _touch(tmp_path, "a.color.jpg", "b.color.jpg", "notes.txt")
    with pytest.raises(
        InputError, match="left out: 2 pictures named like a result.*; left out: 1 file of a kind"
    ):
        find([str(tmp_path)])


def test_an_empty_folder_is_an_error_that_says_what_was_looked_for(tmp_path: Path) -> None:
    _touch(tmp_path, "deep/a.jpg")
    with pytest.raises(InputError, match=r"\.jpg.*--recursive"):
        find([str(tmp_path)])


@pytest.mark.parametrize(
    ("name", "format", "result"),
    [
        ("a.jpg", "same", "a.color.jpg"),
        ("a.JPEG", "same", "a.color.JPEG"),
        ("my.holiday.tif", "same", "my.holiday.color.tif"),
        ("a.webp", "same", "a.color.webp"),
        ("a.bmp", "same", "a.color.png"),
        ("a.pgm", "same", "a.color.png"),
        ("a.jpg", "png", "a.color.png"),
        ("a.jpeg", "jpeg", "a.color.jpeg"),
        ("a.png", "jpeg", "a.color.jpg"),
        ("a.tif", "tiff", "a.color.tif"),
        ("a.png", "webp", "a.color.webp"),
    ],
)
def test_a_result_is_named_after_its_picture_and_its_format(name: str, format: str, result: str) -> None:
    [job] = plan([Found(Path("scans") / name)], format=format).jobs
    assert job.target == Path("scans") / result


def test_folders_keep_their_tree(tmp_path: Path) -> None:
    found = [
        Found(Path("in/a.jpg"), Path("in")),
        Found(Path("in/x/y/b.jpg"), Path("in")),
        Found(Path("z/c.jpg")),
    ]
    targets = [job.target for job in plan(found, out=Path("out")).jobs]
    assert targets == [Path("out/a.color.jpg"), Path("out/x/y/b.color.jpg"), Path("out/c.color.jpg")]


def test_two_pictures_never_share_a_result() -> None:
    made = plan([Found(Path("a.bmp")), Found(Path("a.png")), Found(Path("b.png"))])
    assert [job.source.name for job in made.jobs] == ["a.bmp", "b.png"]
    [refused] = made.refused
    assert refused.job.source == Path("a.png")
    assert refused.status == "failed"
    assert refused.error == "OutputError"
    assert "a.bmp" in refused.message and "a.color.png" in refused.message


def test_no_result_replaces_an_input() -> None:
    made = plan([Found(Path("a.color.jpg")), Found(Path("a.jpg"))])
    assert [job.source.name for job in made.jobs] == ["a.color.jpg"]
    assert [outcome.job.source.name for outcome in made.refused] == ["a.jpg"]
    assert "inputs" in made.refused[0].message


def test_out_is_a_file_only_for_one_picture_and_a_suffix_that_is_written(tmp_path: Path) -> None:
    one = [Found(tmp_path / "a.jpg")]
    assert names_a_file(tmp_path / "new.png", one)
    assert not names_a_file(None, one)
    assert not names_a_file(tmp_path / "new", one)
    assert not names_a_file(tmp_path / "box.1987", [*one, Found(tmp_path / "b.jpg")])
    (tmp_path / "folder.png").mkdir()
    assert not names_a_file(tmp_path / "folder.png", one)
    [job] = plan(one, out=tmp_path / "new.png", to_file=True).jobs
    assert job.target == tmp_path / "new.png"


@pytest.mark.parametrize("name", ["x.gif", "x.bmp", "x.HEIC", "x.pdf", "x.jp2"])
def test_a_result_of_a_kind_that_is_not_written_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(OptionError, match=r"not written.*\.jpg.*\.png.*\.tif.*\.webp"):
        names_a_file(Path(name), [Found(Path("a.jpg"))])


def test_the_name_of_one_file_is_refused_for_several_results(tmp_path: Path) -> None:
    several = [Found(Path("a.jpg")), Found(Path("b.jpg"))]
    for found in (several, [Found(Path("in/a.jpg"), Path("in"))], []):
        with pytest.raises(OptionError, match=r"-o new .*mkdir new\.jpg"):
            names_a_file(Path("new.jpg"), found)
    (tmp_path / "notes").write_text("a file")
    with pytest.raises(OutputError, match="is a file and no folder"):
        names_a_file(tmp_path / "notes", several)


def test_what_lies_beside_a_result_belongs_to_the_plan() -> None:
    a, b = Found(Path("a.jpg")), Found(Path("a.color.2.jpg"))
    [job] = plan([a], proposals=3, uncertainty=True).jobs
    assert [path.name for path in job.files()] == [
        "a.color.jpg",
        "a.color.uncertainty.png",
        *("a.color.2.jpg", "a.color.2.hints.json", "a.color.3.jpg", "a.color.3.hints.json"),
    ]
    assert len(plan([a, b]).jobs) == 2
    made = plan([a, b], proposals=2)
    assert [job.source.name for job in made.jobs] == ["a.color.2.jpg"]
    assert "a.color.2.jpg would replace one of the inputs" in made.refused[0].message


def test_a_refused_picture_is_told_what_to_type() -> None:
    made = plan([Found(Path("in/a.jpg")), Found(Path("in/a.png"))], format="jpeg")
    assert "rechroma colorize in/a.png -o FOLDER" in made.refused[0].message


# ── what lies in a folder ──


def test_what_is_left_out_is_named_with_the_reason(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "notes.txt", ".b.jpg", ".thumbnails/t.jpg", "deep/c.jpg", "beach.color.jpg")
    _touch(tmp_path, "@eaDir/a.jpg/thumb.jpg", ".DS_Store", "b.color.jpg.hints.json")
    (tmp_path / "link").symlink_to(tmp_path / "deep")
    expected = {
        "notes.txt": "kind",
        ".b.jpg": "hidden",
        ".thumbnails": "hidden",
        "@eaDir": "hidden",
        "beach.color.jpg": "result",
        "b.color.jpg.hints.json": "kind",
        "link": "link",
    }
    found = find([str(tmp_path)], recursive=True)
    assert _names(found, tmp_path) == ["a.jpg", "deep/c.jpg"]
    assert _left_out(found, tmp_path) == expected
    assert _left_out(find([str(tmp_path), str(tmp_path)]), tmp_path) == expected | {"deep": "folder"}


def test_of_what_goes_with_a_picture_nothing_is_said(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "a.hints.json", "a.color.jpg", "a.color.2.jpg", "a.color.2.hints.json")
    _touch(tmp_path, "a.color.doubt.png", "a.color.uncertainty.png", "a.color.png", "out/a.color.jpg")
    found = find([str(tmp_path)], recursive=True, out=tmp_path / "out")
    assert _names(found, tmp_path) == ["a.jpg"]
    assert list(found.left_out) == []


def test_the_hints_file_beside_a_picture_is_found(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "a.hints.json", "b.jpg", "in/c.tif", "in/c.hints.json")
    for names in ([tmp_path], [tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "in"], [tmp_path / "*"]):
        found = find([str(name) for name in names], recursive=True)
        assert {item.path.name: item.hints and item.hints.name for item in found.pictures} == {
            "a.jpg": "a.hints.json",
            "b.jpg": None,
            "c.tif": "c.hints.json",
        }


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    _touch(tmp_path, "in/a.jpg")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    (tmp_path / "in" / "self.jpg").symlink_to(tmp_path / "in" / "self.jpg")
    (tmp_path / "in" / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")
    (tmp_path / "in" / "b.jpg").symlink_to(tmp_path / "in" / "a.jpg")
    found = find([str(tmp_path / "in")], recursive=True)
    assert _names(found, tmp_path / "in") == ["a.jpg", "b.jpg", "gone.jpg", "self.jpg"]
    assert _left_out(found, tmp_path / "in") == {"up": "link"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "b.jpg")
    assert _left_out(find([str(tmp_path)]), tmp_path) == {"b.jpg": "kind"}


def test_a_folder_that_cannot_be_read_costs_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _touch(tmp_path, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    listed = os.scandir

    def closed(folder: Path) -> object:
        if Path(folder).name == "b":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(os, "scandir", closed)
    found = find([str(tmp_path)], recursive=True)
    assert _names(found, tmp_path) == ["a/1.jpg", "c/3.jpg"]
    [refused] = plan(found.pictures, unread=found.unread, out=tmp_path / "out").refused
    assert (refused.job.source, refused.error) == (tmp_path / "b", "InputError")
    assert "Permission denied" in refused.message
    with pytest.raises(InputError, match="Permission denied"):
        find([str(tmp_path / "b")])


def test_a_result_that_a_shell_names_together_with_its_picture_is_left_out(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "a.color.jpg", "a.color.2.jpg", "b.color.jpg", "deep/a.color.jpg")
    found = find([str(path) for path in sorted(tmp_path.rglob("*.jpg"))])
    assert _names(found, tmp_path) == ["a.jpg", "b.color.jpg", "deep/a.color.jpg"]


# ── many ──


class _Entry:
    """A picture's entry in a folder's listing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def is_dir(self) -> bool:
        return False

    def is_file(self) -> bool:
        return True


def test_finding_and_planning_hold_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(folder: Path) -> nullcontext[Iterator[_Entry]]:
        return nullcontext(_Entry(f"{n:07d}.{kind}") for n in range(500) for kind in ("jpg", "txt"))

    def held() -> int:
        gc.collect()
        # By type: isinstance asks objects for their class, and some of PyTorch's answer with a warning.
        return sum(issubclass(type(each), Found | LeftOut | Job | Path) for each in gc.get_objects())

    monkeypatch.setattr(os, "scandir", listing)
    before = held()
    found = find([str(tmp_path)])
    made = plan(found.pictures, out=tmp_path / "out", proposals=2)
    assert (len(found.pictures), len(found.left_out), len(made.jobs)) == (500, 500, 500)
    most = max(held() if n % 100 == 0 else 0 for n, _ in enumerate(made.jobs))
    assert most < before + 50
    [(words, first, count)] = counted(found.left_out)
    assert words.startswith("500 files") and len(first) == 10 and count == 500


def test_of_many_names_those_that_collide_are_still_found(tmp_path: Path) -> None:
    _touch(tmp_path, *(f"in/{n:03d}.{kind}" for n in range(0, 300, 3) for kind in ("png", "jpg")))
    _touch(tmp_path, "in/deep/150.bmp", "in/deep/150.png", "in/150.gif", "other/deep/150.png")
    found = find([str(tmp_path / "in"), str(tmp_path / "other")], recursive=True)
    made = plan(found.pictures, out=tmp_path / "out")
    assert len(found.pictures) == len(made.jobs) + len(made.refused)
    refused = [outcome.job.source.relative_to(tmp_path).as_posix() for outcome in made.refused]
    assert refused == ["in/150.png", "in/deep/150.png", "other/deep/150.png"]
    targets = [job.target for job in made.jobs]
    assert len(set(targets)) == len(targets) == len(made.jobs)


def test_a_picture_that_arrives_after_the_plan_was_made_is_left_to_the_next(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "c.bmp")
    found = find([str(tmp_path)])
    made = plan(found.pictures)
    _touch(tmp_path, "b.jpg", "c.png")
    assert [job.source.name for job in made.jobs] == ["a.jpg", "c.bmp"]


# ── names ──


def test_a_name_that_leaves_no_room_for_the_mark_is_cut() -> None:
    for stem in ("m" * 251, "\u5199" * 83):
        [job] = plan([Found(Path(f"{stem}.jpg"))], proposals=12, uncertainty=True).jobs
        names = [path.name for path in job.files()]
        assert len(set(names)) == len(names) == 24
        for name in names:
            assert len(name.encode()) <= 255
            assert ".color." in name and stem.startswith(name.split(".")[0])


def test_two_long_names_that_are_cut_to_one_are_not_written_twice() -> None:
    made = plan([Found(Path("m" * 250 + end)) for end in ("1.jpg", "2.jpg")])
    assert len(made.jobs) == len(made.refused) == 1


def test_names_that_some_disks_take_for_one_are_folded_to_one() -> None:
    assert folded("in/IMG.color.JPG") == folded("in/img.color.jpg")
    assert folded("caf\u00e9.jpg") == folded("cafe\u0301.jpg") == folded("CAF\u00c9.JPG")
    assert folded("out/box ./a.jpg") == folded("out/box/a.jpg")
    assert folded("out/../a.jpg") == "out/../a.jpg"
    assert folded("a.jpg") != folded("b.jpg")


@pytest.mark.parametrize("name", ["con.jpg", "NUL", "aux.tar.png", "com1.jpg"])
def test_a_safe_name_is_none_that_windows_keeps(name: str) -> None:
    assert safe_name(name) == f"_{name}"
