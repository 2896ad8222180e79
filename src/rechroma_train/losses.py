"""What the colorizers are trained to lessen."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rechroma_train import bins


class ClassificationLoss(nn.Module):
    """Soft-encoded cross-entropy with class rebalancing, and a small regression term on the decoded mean.

    Zhang et al. 2016, equations 2 to 4, with each pixel weighted by the rebalancing weight averaged over its soft
    encoding. The scores are trained rebalanced; `logits - log(weights)` undoes that, and the regression term is
    taken on the mean decoded so, whose optimum is the conditional mean.
    """

    rebalancing: Tensor
    decoder: Tensor

    def __init__(self, rebalancing: Tensor, *, regression: float, focal: float = 0.0) -> None:
        """Prepare the tables.

        Args:
            rebalancing: (313,) weights of the bins, expectation 1 under the prior.
            regression: weight of the regression term.
            focal: exponent of (1 - p), by which bins that are predicted well count less (Lin et al. 2017, equation
                4, for each bin of the soft encoding); 0 = plain cross-entropy.
        """
        super().__init__()
        self.encode = bins.SoftEncoder()
        self.register_buffer("rebalancing", rebalancing.float(), persistent=False)
        # Probabilities as trained, to the sums (a, b, 1) of the probabilities with rebalancing undone.
        sums = torch.cat((bins.centers(), torch.ones(bins.COUNT, 1)), dim=1) / rebalancing[:, None]
        self.register_buffer("decoder", sums.float(), persistent=False)
        self.regression = regression
        self.focal = focal

    def forward(self, logits: Tensor, ab: Tensor) -> dict[str, Tensor]:
        """Compare scores and truth.

        Args:
            logits: (N, 313, h, w) scores.
            ab: (N, 2, h, w) true a*b*.

        Returns:
            `loss`, and its parts `classification` (nats, rebalanced) and `regression` (a*b* units).
        """
        flat = logits.permute(0, 2, 3, 1).reshape(-1, bins.COUNT).float()
        truth = ab.permute(0, 2, 3, 1).reshape(-1, 2)
        index, share = self.encode(truth)
        log_p = F.log_softmax(flat, dim=1)
        pixel_weight = (self.rebalancing[index] * share).sum(1)
        named = log_p.gather(1, index)
        if self.focal:
            named = named * (-torch.expm1(named)).clamp_min(1e-6) ** self.focal
        cross_entropy = -(named * share).sum(1)
        classification = (cross_entropy * pixel_weight).mean()
        decoded = log_p.exp() @ self.decoder
        regression = F.smooth_l1_loss(decoded[:, :2] / decoded[:, 2:].clamp_min(1e-6), truth, beta=5.0)
        return {
            "loss": classification + self.regression * regression,
            "classification": classification.detach(),
            "regression": regression.detach(),
        }
