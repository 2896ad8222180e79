"""Sample photographs to try Rechroma on: freely licensed ones that the scikit-image package carries."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rechroma import image
from rechroma.errors import MissingExtra
from rechroma.pipeline import make_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One photograph inside the scikit-image package."""

    file: str
    """Name in its data folder."""
    name: str
    """Name of the gray JPEG that is made from it."""
    credit: str
    """Who and what, and the license."""


SAMPLES = (
    Sample(file="astronaut.png", name="astronaut.jpg", credit="Eileen Collins, NASA; public domain"),
    Sample(file="camera.png", name="cameraman.jpg", credit="Lav Varshney; CC0"),
    Sample(file="chelsea.png", name="cat.jpg", credit="Chelsea, Stefan van der Walt; CC0"),
    Sample(file="coffee.png", name="coffee.jpg", credit="Rachel Michetti, Pikolo Espresso Bar; CC0"),
    Sample(file="rocket.jpg", name="rocket.jpg", credit="DSCOVR on Falcon 9, SpaceX; public domain"),
)
"""Photographs that are inside the wheel (others are downloaded by scikit-image when asked for)."""
QUALITY = 92
"""JPEG quality of the gray pictures."""


def write_samples(folder: Path) -> list[Path]:
    """Write the photographs as gray JPEGs, with a list of their makers, and return the pictures' paths.

    Older files of the same names are replaced.

    Raises:
        MissingExtra: scikit-image is not installed.
        OutputError: the folder or a file cannot be written.
    """
    spec = find_spec("skimage")  # found, not imported: only its files are wanted
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("scikit-image", "demo", "the demo")
    data = Path(spec.submodule_search_locations[0]) / "data"
    make_folder(folder)
    paths = []
    for sample in SAMPLES:
        path = folder / sample.name
        image.save_atomically(image.gray_jpeg(data / sample.file, quality=QUALITY), path, overwrite=True)
        paths.append(path)
    credits = "".join(f"{sample.name}: {sample.credit}\n" for sample in SAMPLES)
    image.save_atomically(credits.encode(), folder / "credits.txt", overwrite=True)
    return paths
