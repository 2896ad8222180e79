"""What is taken for an input, and where its result goes."""

from pathlib import Path

import pytest

from rechroma.batch import Found, find, names_a_file, plan
from rechroma.errors import InputError


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def _names(found: list[Found], folder: Path) -> list[str]:
    return [item.path.relative_to(folder).as_posix() for item in found]


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
    assert len(find([str(tmp_path / "a.jpg"), str(tmp_path), str(tmp_path / "*.jpg")])) == 1


def test_results_may_go_into_the_folder_of_the_inputs_or_above_it(tmp_path: Path) -> None:
    _touch(tmp_path, "in/a.jpg")
    for out in (tmp_path / "in", tmp_path):
        assert _names(find([str(tmp_path / "in")], out=out), tmp_path) == ["in/a.jpg"]


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


def test_out_is_a_file_only_for_one_picture_and_a_picture_suffix(tmp_path: Path) -> None:
    one = [Found(tmp_path / "a.jpg")]
    assert names_a_file(tmp_path / "new.png", one)
    assert not names_a_file(None, one)
    assert not names_a_file(tmp_path / "new", one)
    assert not names_a_file(tmp_path / "new.png", [*one, Found(tmp_path / "b.jpg")])
    assert not names_a_file(tmp_path / "new.png", [Found(tmp_path / "a.jpg", tmp_path)])
    (tmp_path / "folder.png").mkdir()
    assert not names_a_file(tmp_path / "folder.png", one)
    [job] = plan(one, out=tmp_path / "new.png", to_file=True).jobs
    assert job.target == tmp_path / "new.png"
