"""Terms beside the classification: what each lessens, and that none costs anything unless it is asked for."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from rechroma.errors import OptionError
from rechroma_train import bins
from rechroma_train.color import lab_to_rgb
from rechroma_train.config import LossOptions
from rechroma_train.critic import Critic
from rechroma_train.losses import ClassificationLoss
from rechroma_train.perceptual import PerceptualLoss
from rechroma_train.stream import Batch
from rechroma_train.terms import Terms, colorfulness, consistency

UNIFORM = torch.ones(bins.COUNT)


def _noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def _batch(ab: torch.Tensor) -> Batch:
    nothing = torch.zeros(0)
    return Batch(nothing, nothing, nothing, ab, clean=40 + 20 * _noise(ab.shape[0], 1, *ab.shape[2:]))


@pytest.fixture
def vgg(tmp_path: Path) -> Path:
    """A file in VGG-19's shapes, with random weights."""
    widths = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256)}
    widths |= dict.fromkeys((12, 14, 16), (256, 256))
    weights = {}
    for layer, (inputs, outputs) in widths.items():
        weights[f"features.{layer}.weight"] = torch.randn(outputs, inputs, 3, 3) / (9 * inputs) ** 0.5
        weights[f"features.{layer}.bias"] = torch.zeros(outputs)
    save_file(weights, tmp_path / "vgg.safetensors")
    return tmp_path / "vgg.safetensors"


def test_the_focal_form_counts_what_is_known_less_and_at_zero_is_the_plain_one():
    ab = torch.full((1, 2, 2, 2), 30.0)
    known = torch.zeros(1, bins.COUNT, 2, 2)
    known[:, int((bins.centers() - 30).norm(dim=1).argmin())] = 4
    unknown = torch.zeros(1, bins.COUNT, 2, 2)
    plain, focal = (ClassificationLoss(UNIFORM, regression=0.0, focal=f) for f in (0.0, 2.0))
    assert ClassificationLoss(UNIFORM, regression=0.0)(known, ab)["loss"] == plain(known, ab)["loss"]
    kept = [float(focal(s, ab)["loss"] / plain(s, ab)["loss"]) for s in (known, unknown)]
    assert kept[0] < kept[1] < 1


def test_focal_gradients_are_finite_where_the_net_is_certain():
    logits = torch.zeros(1, bins.COUNT, 1, 1)
    logits[:, 0] = 500
    logits.requires_grad_()
    ClassificationLoss(UNIFORM, regression=0.5, focal=0.5)(logits, torch.zeros(1, 2, 1, 1))["loss"].backward()
    assert bool(torch.isfinite(logits.grad).all())


def test_consistency_is_zero_for_equals_and_at_most_ln_2():
    one = torch.zeros(2, bins.COUNT, 2, 2)
    assert float(consistency(one, one)) == pytest.approx(0, abs=1e-6)
    two, three = one.clone(), one.clone()
    two[:, 0], three[:, 1] = 50, 50
    assert float(consistency(two, three)) == pytest.approx(0.6931, abs=1e-3)
    assert float(consistency(two, three)) == pytest.approx(float(consistency(three, two)))


def test_colorfulness_is_the_published_one_of_the_metrics():
    from rechroma.metrics import colorfulness as metric

    rgb = _noise(1, 3, 16, 16)
    expected = metric((rgb[0].permute(1, 2, 0) * 255).round().byte().numpy(), variant="signed")
    assert float(colorfulness(rgb)) == pytest.approx(expected, rel=0.01)
    gray = _noise(1, 1, 8, 8).expand(1, 3, 8, 8).clone().requires_grad_()
    colorfulness(gray).sum().backward()
    assert bool(torch.isfinite(gray.grad).all())


def test_pictures_that_are_the_same_have_no_perceptual_loss(vgg):
    loss = PerceptualLoss(vgg)
    rgb, other = _noise(1, 3, 16, 16), _noise(1, 3, 16, 16, seed=1).requires_grad_()
    assert float(loss(rgb, rgb)) == 0
    loss(other, rgb).backward()
    assert bool(other.grad.abs().sum() > 0)
    assert not loss.state_dict()


def test_weights_without_a_layer_are_refused(tmp_path):
    save_file({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "bad.safetensors")
    with pytest.raises(OptionError, match=r"features\.0\.bias"):
        PerceptualLoss(tmp_path / "bad.safetensors")
    with pytest.raises(OptionError, match=r"losses\.vgg"):
        Terms(LossOptions(perceptual=0.1), UNIFORM)


def test_the_critic_learns_and_its_optimizer_travels_with_it():
    torch.manual_seed(0)
    critic = Critic(1e-3)
    truth, fake = (torch.full((2, 3, 16, 16), v) + _noise(2, 3, 16, 16) for v in (20.0, -20.0))
    losses = [float(critic.learn(truth, fake)) for _ in range(8)]
    assert losses[-1] < losses[0]
    copy = Critic(1e-3)
    copy.load_state_dict(deepcopy(critic.state_dict()))
    assert float(copy.learn(truth, fake)) == pytest.approx(float(critic.learn(truth, fake)), rel=1e-5)
    states = [c.get_extra_state()["optimizer"]["state"] for c in (critic, copy)]
    for one, two in zip(*(state.values() for state in states), strict=True):
        assert float(one["step"]) == float(two["step"]) == 9
        torch.testing.assert_close(one["exp_avg_sq"], two["exp_avg_sq"], rtol=1e-2, atol=1e-4)


def test_the_net_is_told_the_critics_judgement_after_its_head_start_and_the_critic_learns_nothing_from_that():
    options = LossOptions(adversarial=0.1, adversarial_from=0.5, critic_head_start=0.1)
    terms = Terms(options, UNIFORM)
    logits = torch.randn(1, bins.COUNT, 16, 16).requires_grad_()
    batch = _batch(_noise(1, 2, 16, 16) * 40)
    loss = torch.zeros(())
    at = {share: terms(loss, logits, None, batch, share) for share in (0.4, 0.55, 0.7)}
    assert float(at[0.4]["critic"]) == 0
    assert float(at[0.55]["critic"]) != 0
    assert float(at[0.55]["adversarial"]) == 0
    terms.critic.zero_grad()
    at[0.7]["loss"].backward()
    assert bool(logits.grad.abs().sum() > 0)
    assert all(p.grad is None for p in terms.critic.parameters())


def test_each_term_has_a_name_and_its_weight_in_the_loss(vgg):
    options = LossOptions(consistency=0.5, colorfulness=0.25, perceptual=0.125, vgg=vgg)
    terms = Terms(options, UNIFORM)
    logits, again = torch.randn(2, 1, bins.COUNT, 8, 8)
    found = terms(torch.tensor(1.0), logits, again, _batch(_noise(1, 2, 8, 8) * 40), 0.0)
    assert set(found) == {"loss", *terms.names}
    sum_ = 1 + sum(getattr(options, name) * float(found[name]) for name in terms.names)
    assert float(found["loss"]) == pytest.approx(sum_, rel=1e-5)
    assert not Terms(LossOptions(), UNIFORM).names
    assert not Terms(replace(options, colorfulness=0.0, perceptual=0.0), UNIFORM).sees_pictures


def test_the_way_back_from_lab_has_finite_gradients_out_of_gamut():
    lab = torch.tensor([50.0, 110.0, -110.0])[None, :, None, None].requires_grad_()
    lab_to_rgb(lab).sum().backward()
    assert bool(torch.isfinite(lab.grad).all())
