"""The torch twins of the color mathematics equal the library's."""

import numpy as np
import pytest
import torch

from rechroma import color
from rechroma_train import bins
from rechroma_train import color as twin
from rechroma_train.losses import ClassificationLoss


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).random((64, 64, 3), dtype=np.float32)


def _planes(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None]


def _pixels(tensor: torch.Tensor) -> np.ndarray:
    return tensor[0].permute(1, 2, 0).numpy()


def test_rgb_to_lab_equals_the_library(rgb):
    np.testing.assert_allclose(_pixels(twin.rgb_to_lab(_planes(rgb))), color.rgb_to_lab(rgb), atol=2e-3)


def test_lab_to_rgb_equals_the_library(rgb):
    lab = color.rgb_to_lab(rgb)
    np.testing.assert_allclose(_pixels(twin.lab_to_rgb(_planes(lab))), color.lab_to_rgb(lab), atol=1e-4)


def test_transfer_curve_is_undone_by_its_inverse():
    x = torch.linspace(0, 1, 1001)
    torch.testing.assert_close(twin.linear_to_srgb(twin.srgb_to_linear(x)), x, atol=1e-5, rtol=0)


def test_soft_encoding_equals_the_library():
    ab = np.random.default_rng(1).uniform(-90, 90, (500, 2)).astype(np.float32)
    index, weight = bins.SoftEncoder()(torch.from_numpy(ab))
    expected_index, expected_weight = color.soft_encode(ab)
    np.testing.assert_array_equal(index.numpy(), expected_index)
    np.testing.assert_allclose(weight.numpy(), expected_weight, atol=1e-6)


@pytest.mark.parametrize("temperature", [0.1, 0.38, 1.0])
def test_annealed_mean_equals_the_library(temperature):
    logits = np.random.default_rng(2).normal(0, 3, (5, 7, bins.COUNT)).astype(np.float32)
    given = bins.annealed_mean(torch.from_numpy(logits), temperature, bins.centers())
    np.testing.assert_allclose(given, color.annealed_mean(logits, temperature=temperature), atol=1e-2)


def _loss(weights: torch.Tensor, logits: torch.Tensor, ab: torch.Tensor) -> dict[str, torch.Tensor]:
    return ClassificationLoss(weights, regression=1.0)(logits, ab)


def test_loss_is_least_for_the_truth():
    ab = torch.tensor([40.0, -20.0])[None, :, None, None].expand(1, 2, 4, 4)
    index, share = bins.SoftEncoder()(ab.permute(0, 2, 3, 1))
    truth = torch.full((1, 4, 4, bins.COUNT), 1e-6).scatter(3, index, share).log().permute(0, 3, 1, 2)
    weights = torch.ones(bins.COUNT)
    flat = _loss(weights, torch.zeros(1, bins.COUNT, 4, 4), ab)
    best = _loss(weights, truth, ab)
    assert float(best["loss"]) < 0.5 * float(flat["loss"])
    assert float(best["regression"]) < 1.0


def test_regression_term_sees_the_distribution_with_rebalancing_undone():
    prior = torch.rand(bins.COUNT) + 0.1
    weights = prior.sum() / prior / bins.COUNT
    p = torch.softmax(torch.randn(bins.COUNT), 0)
    rebalanced = (p * weights).log()[None, :, None, None].expand(1, -1, 2, 2)
    mean = (p @ bins.centers())[None, :, None, None].expand(1, 2, 2, 2)
    assert float(_loss(weights, rebalanced, mean)["regression"]) < 1e-4


def test_rebalancing_weighs_rare_colors_more():
    weights = torch.ones(bins.COUNT)
    rare = torch.tensor([80.0, 60.0])[None, :, None, None].expand(1, 2, 2, 2)
    index, _ = bins.SoftEncoder()(rare.permute(0, 2, 3, 1))
    weights[index.flatten()] = 5.0
    logits = torch.zeros(1, bins.COUNT, 2, 2)
    gray = torch.zeros(1, 2, 2, 2)
    assert float(_loss(weights, logits, rare)["classification"]) == pytest.approx(
        5 * float(_loss(weights, logits, gray)["classification"]), rel=1e-4
    )
