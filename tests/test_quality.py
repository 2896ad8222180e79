"""An evaluation that is kept takes its figures along and leaves the photographs' names behind."""

import json
from pathlib import Path

import pytest

from benchmarks.quality import (
    COLUMNS,
    FIRST,
    KEPT,
    THIS,
    Evaluation,
    compare,
    cost,
    keep,
    keep_first,
    main,
    read,
)
from rechroma import weights

HEAD = "method,vividness,temperature,hints," + ",".join(COLUMNS)
PICTURES = {"count": 1, "sha256": "5e", "files": {"secret.jpg": "0"}}


def evaluation(folder: Path, *, psnr: float, sha256: str = "0", features: str | None = "f") -> Path:
    """Write what `evaluate` leaves, with one vividness; every figure but the PSNR is 2."""
    rest = ",2" * (len(COLUMNS) - 1)
    lines = [HEAD, f"truth,,,0,inf{rest}", f"gray,,,0,22{rest}"]
    lines += [f"net,,,0,{psnr}{rest}", f"net,0.5,1,0,{psnr + 1}{rest}", f"net,,,10,{psnr + 5}{rest}"]
    folder.mkdir(parents=True)
    facts = {
        "weights": {"name": "net", "sha256": sha256},
        "pictures": PICTURES,
        "features": {"sha256": features} if features else None,
        "versions": {},
    }
    (folder / "evaluation.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "evaluation.json").write_text(json.dumps(facts), encoding="utf-8")
    (folder / "evaluation.md").write_text("| table |\n")
    (folder / "front.svg").write_text("<svg/>")
    return folder


def test_a_kept_evaluation_has_table_front_and_machine_but_no_picture(tmp_path: Path) -> None:
    given, results = (tmp_path / name for name in ("given", "results"))
    given.mkdir()
    facts = {"pictures": PICTURES, "versions": {"pillow": "1"}}
    (given / "evaluation.json").write_text(json.dumps(facts))
    (given / "evaluation.md").write_text("| table |\n")
    (given / "evaluation.csv").write_text("psnr\n1\n")
    (given / "front.svg").write_text("<svg/>")
    (given / "worst.png").write_bytes(b"photographs")
    keep(given, results=results)
    kept = json.loads((results / "quality.json").read_text())
    assert {"cpu", "cores", "versions"} <= set(kept)
    assert kept["versions"]["pillow"] == "1"
    assert (results / "quality.csv").read_text() == "psnr\n1\n"
    assert "quality_front.svg" in (results / "quality.md").read_text()
    assert {path.name for path in tmp_path.rglob("*.*") if path.parent != given} == {
        "quality.csv",
        "quality.json",
        "quality.md",
        "quality_front.svg",
    }
    assert not any("secret" in path.read_text() for path in results.iterdir())


def test_two_versions_are_one_table_with_gray_once_and_without_hints(tmp_path: Path) -> None:
    versions = {
        FIRST: read(evaluation(tmp_path / "first", psnr=22.5)),
        THIS: read(evaluation(tmp_path / "this", psnr=23.5)),
    }
    table = compare(versions, {THIS: {"ms": "9.0", "MB": "7.90"}})
    assert [row["version"] for row in table] == [
        "gray",
        f"**{FIRST}**, default",
        FIRST,
        f"**{THIS}**, default",
        THIS,
    ]
    assert [row["PSNR"] for row in table] == ["22.00", "22.50", "23.50", "23.50", "24.50"]
    assert [(row["ms"], row["MB"]) for row in table] == [("–", "–")] * 3 + [("9.0", "7.90")] * 2
    assert {row["Fréchet"] for row in table} == {"2.00"}


def test_versions_measured_otherwise_are_not_laid_side_by_side(tmp_path: Path) -> None:
    first = read(evaluation(tmp_path / "first", psnr=22.5, features="e"))
    this = read(evaluation(tmp_path / "this", psnr=22.5))
    with pytest.raises(ValueError, match="features"):
        compare({FIRST: first, THIS: this}, {})
    other = Evaluation(rows=this.rows, facts={**this.facts, "pictures": {"count": 2}})
    with pytest.raises(ValueError, match="pictures"):
        compare({FIRST: this, THIS: other}, {})
    turned = Evaluation(rows=this.rows, facts={**this.facts, "protocol": {"pixels": "upright"}})
    with pytest.raises(ValueError, match="ways to read pictures"):
        compare({FIRST: this, THIS: turned}, {})


def test_the_first_version_is_kept_without_names_and_reads_the_same_again(tmp_path: Path) -> None:
    given = evaluation(tmp_path / "first", psnr=22.5)
    keep_first(given, results=tmp_path / "results")
    kept = read(tmp_path / "results", KEPT)
    assert kept.rows == read(given).rows
    assert {"cpu", "cores", *read(given).facts} <= set(kept.facts)
    assert not any("secret" in path.read_text() for path in (tmp_path / "results").iterdir())


def test_cost_is_measured_of_the_weights_that_were_evaluated_and_of_no_others(graph: Path) -> None:
    found = cost({THIS: (str(graph), weights.digest(graph))}, repeats=2)[THIS]
    assert float(str(found["ms"])) >= float(str(found["lowest ms"])) > 0
    assert float(str(found["MB"])) == pytest.approx(graph.stat().st_size / 1e6, abs=0.005)
    assert found["threads"] == 1
    assert found["machine"]
    with pytest.raises(ValueError, match="other weights"):
        cost({THIS: (str(graph), "0")}, repeats=1)


def test_one_command_keeps_everything_and_another_uses_the_first_version_again(
    graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results"
    monkeypatch.setattr("benchmarks.quality.REPEATS", 1)
    sha256 = weights.digest(graph)
    first = evaluation(tmp_path / "first", psnr=22.5, sha256=sha256)
    this = evaluation(tmp_path / "this", psnr=23.5, sha256=sha256)
    named = [str(this), "--weights", str(graph), "--out", str(results)]
    main([*named, "--first", str(first), "--first-weights", str(graph)])
    table = (results / "quality_versions.md").read_text(encoding="utf-8")
    assert table.count("\n") == 2 + 5
    assert "–" not in table.splitlines()[-1]
    main(named)
    again = (results / "quality_versions.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[-1] == "–" for line in again[1:]] == [True, True, True, False, False]
    assert (results / "quality_cost.csv").exists()
    assert (results / "quality_front.svg").exists()
