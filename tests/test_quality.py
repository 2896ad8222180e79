"""An evaluation that is kept takes its figures along and leaves the photographs' names behind."""

import json
from pathlib import Path

from quality import keep


def test_a_kept_evaluation_has_table_front_and_machine_but_no_picture(tmp_path: Path) -> None:
    given, results, docs = (tmp_path / name for name in ("given", "results", "docs"))
    given.mkdir()
    facts = {"pictures": {"count": 1, "files": {"secret.jpg": "0"}}, "versions": {"pillow": "1"}}
    (given / "evaluation.json").write_text(json.dumps(facts))
    (given / "evaluation.md").write_text("| table |\n")
    (given / "evaluation.csv").write_text("psnr\n1\n")
    (given / "front.svg").write_text("<svg/>")
    (given / "worst.png").write_bytes(b"photographs")
    keep(given, results=results, docs=docs)
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
