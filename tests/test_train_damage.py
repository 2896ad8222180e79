"""Pictures made to look old: the same damage every time, the colors scored and not the damage."""

import numpy as np
import pytest

from rechroma.types import ModelInfo, Prediction
from rechroma_train import degrade
from rechroma_train.evaluate import content, damage
from rechroma_train.evaluate.pictures import Truth, truth_of


class Fixed:
    """Predicts one color for every picture."""

    bins = None

    def __init__(self, name: str, ab: tuple[float, float]) -> None:
        self.info = ModelInfo(name=name, sha256="", work_size=32, multiple_of=1, trained=True)
        self.ab = ab

    def predict(self, lightness, *, hints=None, references=(), options=None, with_logits=False) -> Prediction:
        return Prediction(ab=np.tile(np.array(self.ab, np.float32), (*lightness.shape, 1)))


def picture(name: str = "sea-000.png", rgb: tuple[int, int, int] = (90, 110, 150)) -> Truth:
    shade = np.linspace(0.7, 1.1, 50)[:, None, None] * np.ones((1, 42, 1))
    return truth_of((shade * rgb).clip(0, 255).astype(np.uint8), name=name, sha256="00" * 32)


@pytest.mark.parametrize("kind", damage.KINDS)
def test_damage_follows_from_the_name_and_has_the_size_of_the_picture(kind):
    one, again, other = (damage.aged(picture(name), kind, 0) for name in ("a-1.png", "a-1.png", "b-2.png"))
    assert np.array_equal(one, again)
    assert one.shape == (50, 42)
    assert one.dtype == np.float32
    assert one.min() >= 0
    assert one.max() <= 100
    if kind != "clean":
        assert not np.array_equal(one, other)
        assert not np.array_equal(one, damage.aged(picture("a-1.png"), kind, 1))


def test_every_emulsion_and_every_effect_is_there():
    assert set(damage.KINDS) == {"clean", "mixed", *degrade.EMULSIONS, *degrade.EFFECTS}


def test_a_blue_sensitive_plate_shows_blue_light_and_red_dark():
    blue, red = picture(rgb=(40, 60, 200)), picture(rgb=(200, 40, 40))
    assert damage.aged(blue, "blue-sensitive", 0).mean() > blue.lab[..., 0].mean() + 10
    assert damage.aged(red, "blue-sensitive", 0).mean() < red.lab[..., 0].mean() - 10


def test_colors_are_scored_on_the_true_lightness():
    truth, balance = picture(), np.ones(313, np.float32)
    perfect = damage.score(truth, truth.lab[..., 1:], balance)
    assert perfect.gain > 10
    assert perfect.measured.scores.ab_rmse < 1
    gray = damage.score(truth, np.zeros_like(truth.lab[..., 1:]), balance)
    assert gray.gain == pytest.approx(0, abs=0.02)
    assert gray.measured.scores.colorfulness < 1


def test_damage_is_compared_kind_by_kind_with_the_clean_score():
    balance = np.ones(313, np.float32)
    right, wrong = (
        damage.measure([picture()], Fixed("fixed", ab), balance, seed=0) for ab in ((0, -23), (20, 30))
    )
    assert [row["made to look"] for row in right] == list(damage.KINDS)
    assert right[0]["gain, dB"] > 3
    assert wrong[0]["gain, dB"] < 0
    assert right[0]["lost to it, dB"] == wrong[0]["lost to it, dB"] == 0
    assert all(abs(row["lost to it, dB"]) < 2 for row in right)


def test_sources_are_the_names_before_the_numbers():
    truths = [picture("sea-000.png"), picture("sea-001.png"), picture("wood-000.png", (150, 110, 70))]
    rows = content.by_source(truths, [each.lab[..., 1:] for each in truths], np.ones(313, np.float32))
    assert [(row["source"], row["pictures"]) for row in rows] == [("sea", 2), ("wood", 1), ("all", 3)]
    assert rows[-1]["CF of the true"] == pytest.approx(1, abs=0.05)
    assert rows[-1]["worse than gray"] == "0 %"


def test_a_hue_is_kept_lost_or_turned_into_its_opposite():
    truths = [picture(rgb=(60, 100, 190))]
    true = truths[0].lab[..., 1:]
    kept, lost, turned = (content.by_hue(truths, [true * share])[0] for share in (0.5, 0, -1))
    assert {row["true color"] for row in (kept, lost, turned)} == {"blue"}
    assert (kept["kept"], kept["hue off"]) == (0.5, 0)
    assert (lost["kept"], lost["hue off"]) == (0, "–")
    assert (turned["kept"], turned["hue off"]) == (-1, 180)
