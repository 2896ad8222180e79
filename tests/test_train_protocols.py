"""Every protocol of an evaluation runs to its end, and what it leaves can be kept without the photographs' names."""

import json
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from benchmarks.quality import main as keep_evaluation
from rechroma_train import __main__ as verbs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    place.mkdir()
    Image.fromarray(data.astronaut()).resize((60, 44)).save(place / "stock-1.png")
    return place


@pytest.mark.parametrize(
    ("protocol", "tables"),
    [
        ("patches", {"hints_curve", "hints_where"}),
        ("damage", {"old"}),
        ("content", {"old_content", "old_colors"}),
    ],
)
def test_every_other_protocol_leaves_tables_that_can_be_kept(
    graph: Path, folder: Path, tmp_path: Path, protocol: str, tables: set[str]
) -> None:
    out, results = tmp_path / "evaluation", tmp_path / "results"
    arguments = ["--weights", str(graph), "--pictures", str(folder), "--out", str(out), "--limit", "1"]
    assert verbs.main(["evaluate", *arguments, "--protocol", protocol]) == 0
    assert {path.stem for path in out.glob("*.csv")} == tables
    keep_evaluation(["--out", str(results), str(out)])
    assert {path.stem for path in results.glob("*.csv")} == tables
    for name in tables:
        facts = json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
        assert {"cpu", "cores", "versions"} <= set(facts)
        assert set(facts["pictures"]) == {"count", "sha256"}
        assert facts["pictures"]["count"] == 1
    if protocol == "patches":
        assert (results / "hints_curve.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_folder_without_an_evaluation_is_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        keep_evaluation(["--out", str(tmp_path / "results"), str(tmp_path)])
    assert "has nothing that" in capsys.readouterr().err
