"""A discriminator of patches (Isola et al. 2017, section 3.2.2; their 70 x 70 patches have `layers` = 3)."""

from torch import Tensor, nn

_SLOPE = 0.2
_WIDEST = 8
"""Times the first width, at most."""


class PatchGan(nn.Module):
    """L*a*b* pictures to a score for each patch: above 0 true, below 0 made."""

    def __init__(self, *, width: int = 64, layers: int = 3) -> None:
        """Build it: channels of the first convolution, and convolutions of stride 2."""
        super().__init__()
        body: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(_SLOPE)]
        inputs = width
        for number in range(1, layers + 1):
            outputs = min(width << number, _WIDEST * width)
            stride = 2 if number < layers else 1
            body += [
                nn.Conv2d(inputs, outputs, 4, stride, 1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.LeakyReLU(_SLOPE),
            ]
            inputs = outputs
        self.body = nn.Sequential(*body, nn.Conv2d(inputs, 1, 4, 1, 1))

    def forward(self, lab: Tensor) -> Tensor:
        """(N, 3, h, w) L* 0 to 100, a*, b*; sides of 24 at least with three layers -> (N, 1, h', w') scores."""
        scores: Tensor = self.body((lab - lab.new_tensor([50, 0, 0])[:, None, None]) / 110)
        return scores
