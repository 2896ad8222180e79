"""Everything that a figure depends on, so that it can be measured again."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version

from rechroma.types import Colorizer
from rechroma_train.evaluate.tally import Tally
from rechroma_train.prior import ColorPrior

LIBRARIES = ("rechroma", "numpy", "onnxruntime", "pillow")
PROTOCOL = {
    "geometry": "pictures as stored: neither cropped nor resized",
    "pixels": "upright by EXIF, sRGB by the ICC profile",
    "input": "8-bit sRGB gray with the picture's L* (CIELAB, D65, 2 degrees)",
    "compared": "uint8 RGB: predicted a*b* with the input's L*, brought into sRGB by reducing chroma",
    "means": "of each picture's figure; the balanced AuC over all pixels",
    "ab_rmse": "root of a picture's mean squared distance in the a*b* plane, on the compared RGB",
    "auc": "per cent; a*b* error within t = 0 ... 150; balanced by the inverse prior of the true bin",
    "colorfulness": "Hasler and Suesstrunk 2003; absolute opponents, signed ones in their own column",
    "ssim": "Gaussian window 11, sigma 1.5, valid area, mean of R, G, B",
    "frechet": (
        "between Gaussians fitted to features of the results and of the same photographs, uint8 RGB, covariance by "
        "N - 1; not FID: another network, N = the pictures' count; comparable within one table only"
    ),
    "bins": "313 ab bins; truth averaged to the grid of the prediction",
    "hints": "random 6x6 patches at the work size, showing their mean a*b*",
}
"""How the figures are defined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was measured with."""

    colorizer: Colorizer
    """The method."""
    prior: ColorPrior
    """Weights of the balanced AuC."""
    features: dict[str, object] | None
    """Which features the Fréchet distance compares; None = it was not measured."""
    seed: int
    """Of the hints' places."""


def describe(given: Given, tally: Tally, movement: Mapping[int, float]) -> dict[str, object]:
    """Describe a measurement: weights, pictures, protocol, versions; ready for JSON."""
    return {
        "weights": weights(given.colorizer),
        "pictures": pictures(tally.names, tally.sha256),
        "protocol": PROTOCOL,
        "prior": {"pictures": given.prior.pictures, "source": given.prior.source},
        "features": given.features,
        "seed": given.seed,
        "movement": {str(side): round(distance, 3) for side, distance in movement.items()},
        "versions": versions(),
    }


def weights(colorizer: Colorizer) -> dict[str, object]:
    """Describe what was measured."""
    return asdict(colorizer.info)


def pictures(names: Sequence[str], sha256: Sequence[str]) -> dict[str, object]:
    """Describe the pictures: how many, the digest of the list of their digests, and each of them."""
    listing = "".join(f"{digest}\n" for digest in sha256)
    return {
        "count": len(names),
        "sha256": hashlib.sha256(listing.encode("ascii")).hexdigest(),
        "files": dict(zip(names, sha256, strict=True)),
    }


def versions() -> dict[str, str]:
    """List the versions that figures may depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
