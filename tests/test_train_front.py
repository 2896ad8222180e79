"""The table, the drawn front and the promises that are read off them."""

import csv
import io
from dataclasses import fields, replace
from xml.etree import ElementTree

import pytest

from rechroma.types import PredictOptions
from rechroma_train.evaluate import front, scores, table, targets
from rechroma_train.evaluate.variants import HINT_COUNTS, Variant, variants

DEFAULT = PredictOptions()


def row(
    method: str, psnr: float, colorfulness: float, options: PredictOptions = DEFAULT, hints: int = 0
) -> table.Row:
    zero = scores.Scores(**{f.name: 0.0 for f in fields(scores.Scores)})
    return table.Row(
        variant=Variant(method=method, options=options, hints=hints),
        scores=replace(zero, psnr=psnr, colorfulness=colorfulness),
        delta_colorfulness=1.0,
    )


def front_rows(*, gain: float = 0.0) -> list[table.Row]:
    """Make the rows of a network: gain dB shift all of them."""
    rows = [row(table.TRUTH, float("inf"), 40), row(table.GRAY, 22, 0), row(table.MEAN, 22.7, 10)]
    for variant in variants("net.small"):
        vividness = variant.options.vividness if variant.options.vividness is not None else 0.5
        psnr = 23.5 + gain - 2 * vividness + {0: 0, 1: 0.3, 10: 2.1, 100: 5.2}[variant.hints]
        rows.append(row("net.small", psnr, 12 + 22 * vividness, variant.options, variant.hints))
    return rows


def promises(rows: list[table.Row], movement: dict[int, float]) -> list[targets.Check]:
    return [check for check in targets.checks(rows, movement) if not check.promise.startswith("aim")]


def aims(rows: list[table.Row]) -> list[targets.Check]:
    return [check for check in targets.checks(rows, {}) if check.promise.startswith("aim")]


def test_a_front_that_keeps_every_promise_says_so() -> None:
    found = promises(front_rows(), {128: 2.9, 256: 0.0, 512: 0.1, 2048: 3.0})
    assert len(found) == 3 + 2 * 2 + 3
    assert all(check.met for check in found), targets.to_markdown(found)


def test_aims_are_read_off_the_front_and_said_with_their_figures() -> None:
    # At v: 23.5 + gain - 2 v dB and colorfulness 12 + 22 v; gray has 22 dB, the truth a colorfulness of 40.
    far, near, vivid = aims(front_rows())
    assert [check.met for check in (far, near, vivid)] == [False, False, False]
    assert far.measured.startswith("+1.50 dB")
    assert "it ends at 34.0 of at least 36.0" in vivid.measured
    far, near, _ = aims(front_rows(gain=0.8))
    assert (far.met, near.met) == (True, True)
    assert near.measured == f"{1.5 + 0.8 - 2 * 9 / 22:+.2f} dB"


@pytest.mark.parametrize(("gain", "met"), [(0.2, False), (0.4, True)])
def test_a_front_as_colorful_as_the_truth_should_be_no_lower_than_gray(gain: float, met: bool) -> None:
    rows = front_rows(gain=gain)
    rows[0] = row(
        table.TRUTH, float("inf"), 34 / 0.95
    )  # within a tenth between v = 0.918 and 1, best at 0.918
    vivid = aims(rows)[2]
    v = (34 / 0.95 * 0.9 - 12) / 22
    assert vivid.measured.startswith(f"{1.5 + gain - 2 * v:+.2f} dB (colorfulness 32.2)")
    assert vivid.met is met


@pytest.mark.parametrize(("own", "met"), [(1.9, True), (2.0, False)])
def test_the_frechet_aim_is_a_fifth_of_grays_and_there_only_where_it_was_measured(
    own: float, met: bool
) -> None:
    assert len(aims(front_rows())) == 3
    rows = [replace(r, frechet=10.0 if r.variant.method == table.GRAY else own) for r in front_rows()]
    assert (aims(rows)[3].met, aims(rows)[3].measured) == (met, f"{own:.2f} of 10.00: {own / 10:.2f}")


def test_the_frechet_column_is_there_only_where_it_was_measured() -> None:
    rows = front_rows()
    assert "frechet" not in table.to_csv(rows)
    assert "Fréchet" not in table.to_markdown(rows)
    assert "not measured" in table.about_frechet(rows, 400)
    rows = [replace(r, frechet=1.25) for r in rows]
    read = list(csv.DictReader(io.StringIO(table.to_csv(rows))))
    assert {r["frechet"] for r in read} == {"1.2500"}
    assert "| Fréchet |" in table.to_markdown(rows)
    assert "Not FID" in table.about_frechet(rows, 400)


def test_a_front_that_breaks_promises_says_which() -> None:
    found = promises(front_rows(gain=-0.5), {128: 3.1, 256: 0.0, 512: 0.1, 2048: float("nan")})
    broken = [check.promise for check in found if not check.met]
    assert [promise.split(":")[0] for promise in broken] == [
        "v = 0, T = 1",
        "at colorfulness 21",
        "v = 1",
        "128 px gets the colors of 256 px",
        "2048 px gets the colors of 256 px",
    ]
    assert targets.to_markdown(found).count("| no |") == len(broken)


def test_the_front_is_read_between_its_points_and_not_beyond_them() -> None:
    net = [r for r in front_rows() if r.variant.method == "net.small"]
    assert targets.psnr_at(net, 23.0) == pytest.approx(22.5)
    assert targets.psnr_at(net, 50.0) is None
    beyond = next(c for c in targets.checks([*front_rows()[:3], *_faded(net)], {}) if "21" in c.promise)
    assert not beyond.met


def _faded(rows: list[table.Row]) -> list[table.Row]:
    return [replace(r, scores=replace(r.scores, colorfulness=r.scores.colorfulness / 10)) for r in rows]


def test_the_table_has_every_figure_and_every_variant() -> None:
    rows = front_rows()
    read = list(csv.DictReader(io.StringIO(table.to_csv(rows))))
    assert len(read) == len(rows) == 3 + 1 + 10 + 2 * len(HINT_COUNTS)
    assert {f.name for f in fields(scores.Scores)} < set(read[0])
    assert [(r["vividness"], r["temperature"], r["hints"]) for r in read[3:6]] == [
        ("", "", "0"),
        ("0", "0.38", "0"),
        ("0.25", "0.38", "0"),
    ]
    markdown = table.to_markdown(rows).splitlines()
    assert len(markdown) == len(rows) + 2
    assert len({line.count("|") for line in markdown}) == 1
    assert "**net.small**, default" in markdown[5]


def test_the_front_is_a_drawing_with_a_point_for_each_row_without_hints() -> None:
    drawing = ElementTree.fromstring(front.draw(front_rows()))
    circles = list(drawing.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == 10 + 2 + 1
    for circle in circles:
        assert 0 < float(circle.get("cx", "-1")) < front.WIDTH
        assert 0 < float(circle.get("cy", "-1")) < front.HEIGHT
