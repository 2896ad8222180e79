"""Photographs for training: decoded once into one flat file, cropped and scaled in batches on any device."""

import json
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rechroma.errors import RechromaError
from rechroma_train.config import PackOptions
from rechroma_train.stored import stored
from rechroma_train.transfer import send

_INDEX = "index.npz"
_PIXELS = "pixels.u8"


class Corpus:
    """Packed photographs: RGB bytes end to end, and where each begins."""

    def __init__(
        self,
        pixels: Tensor,
        offset: Tensor,
        height: Tensor,
        width: Tensor,
        *,
        sides: NDArray[np.int64] | None = None,
    ) -> None:
        self.pixels = pixels
        """(P, 3) uint8, all pixels of all photographs, rows first."""
        self.offset = offset
        """(N,) int64, first pixel of each photograph."""
        self.height = height
        """(N,) int64."""
        self.width = width
        """(N,) int64."""
        self.sides = np.stack((height.numpy(), width.numpy())) if sides is None else sides
        """(2, N) int64, heights and widths in the host's memory, where windows are drawn."""

    def __len__(self) -> int:
        return self.offset.numel()

    @classmethod
    def open(cls, folder: Path) -> "Corpus":
        """Map a packed folder; pixels stay on disk until they are read."""
        index = np.load(folder / _INDEX)
        pixels = torch.from_file(
            str(folder / _PIXELS), shared=False, size=int(index["pixels"]) * 3, dtype=torch.uint8
        )
        return cls(
            pixels.view(-1, 3),
            *(torch.from_numpy(index[name].astype(np.int64)) for name in ("offset", "height", "width")),
        )

    def to(self, device: torch.device) -> "Corpus":
        """Move every pixel onto a device (19 GB for 190,000 photographs of 160 px)."""
        there = (t.to(device) for t in (self.pixels, self.offset, self.height, self.width))
        return Corpus(*there, sides=self.sides)

    def crop(self, which: Tensor, view: "View", size: int) -> Tensor:
        """Cut one square window out of each named photograph, scaled bilinearly.

        Args:
            which: (N,) int64 photographs, in the host's memory.
            view: centre, scale and mirroring of each window, in the host's memory.
            size: side of the windows in pixels.

        Returns:
            (N, 3, size, size) float32 sRGB, 0 to 1.
        """
        which, view = send(which, self.pixels.device), view.to(self.pixels.device)
        h, w = self.height[which], self.width[which]
        grid = torch.arange(size, device=which.device, dtype=torch.float32) - (size - 1) / 2
        step = view.step[:, None]
        y = (view.y * h)[:, None] - 0.5 + grid * step
        x = (view.x * w)[:, None] - 0.5 + grid * step * view.mirror[:, None]
        if not view.shrinks:
            return self._bilinear(self.offset[which], h, w, y, x)
        # Four samples a pixel where windows shrink the picture: a 2x2 area average instead of aliasing.
        shift = (step - 1).clamp_min(0) / 4 + 0.125 * (step > 1)
        first, second, third, fourth = (
            self._bilinear(self.offset[which], h, w, y + dy * shift, x + dx * shift)
            for dy in (-1, 1)
            for dx in (-1, 1)
        )
        return (first + second + third + fourth) / 4

    def _bilinear(self, offset: Tensor, h: Tensor, w: Tensor, y: Tensor, x: Tensor) -> Tensor:
        y = torch.minimum(y.clamp_min(0), (h - 1)[:, None].float())
        x = torch.minimum(x.clamp_min(0), (w - 1)[:, None].float())
        y0, x0 = y.floor(), x.floor()
        fy, fx = (y - y0)[:, :, None, None], (x - x0)[:, None, :, None]
        y0, x0 = y0.long(), x0.long()
        y1 = torch.minimum(y0 + 1, (h - 1)[:, None])
        x1 = torch.minimum(x0 + 1, (w - 1)[:, None])

        def at(rows: Tensor, columns: Tensor) -> Tensor:
            index = offset[:, None, None] + rows[:, :, None] * w[:, None, None] + columns[:, None, :]
            return self.pixels[index].float()

        top = at(y0, x0).lerp(at(y0, x1), fx.expand(-1, y.shape[1], -1, 3))
        bottom = at(y1, x0).lerp(at(y1, x1), fx.expand(-1, y.shape[1], -1, 3))
        return (top.lerp(bottom, fy.expand(-1, -1, x.shape[1], 3)) / 255).permute(0, 3, 1, 2).contiguous()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One window into each photograph of a batch; all (N,) float32."""

    y: Tensor
    """Centre as a share of the height."""
    x: Tensor
    """Centre as a share of the width."""
    step: Tensor
    """Source pixels a window pixel."""
    mirror: Tensor
    """1, or -1 where left and right change places."""
    shrinks: bool = True
    """False: no step is so far above 1 that windows need four samples a pixel."""

    def to(self, device: torch.device) -> "View":
        """Move to a device, which is not waited for."""
        return View(
            y=send(self.y, device),
            x=send(self.x, device),
            step=send(self.step, device),
            mirror=send(self.mirror, device),
            shrinks=self.shrinks,
        )


def random_view(
    height: NDArray[np.int64],
    width: NDArray[np.int64],
    size: int,
    zoom: tuple[float, float],
    rng: np.random.Generator,
) -> View:
    """Draw windows that lie inside their photographs wherever the photograph is large enough.

    Args:
        height: (N,) of the photographs.
        width: (N,) of the photographs.
        size: side of the windows.
        zoom: smallest and largest side of the window as a share of the photograph's short side.
        rng: source of the numbers.
    """
    n = height.size
    share = np.exp(rng.uniform(np.log(zoom[0]), np.log(zoom[1]), n))
    step = share * np.minimum(height, width) / size
    half_y, half_x = step * size / 2 / height, step * size / 2 / width
    y = 0.5 + (rng.random(n) - 0.5) * np.maximum(0, 1 - 2 * half_y)
    x = 0.5 + (rng.random(n) - 0.5) * np.maximum(0, 1 - 2 * half_x)
    mirror = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    as_tensor = [torch.from_numpy(v.astype(np.float32)) for v in (y, x, step, mirror)]
    return View(
        y=as_tensor[0],
        x=as_tensor[1],
        step=as_tensor[2],
        mirror=as_tensor[3],
        shrinks=float(step.max()) > 1.1,
    )


def pack(options: PackOptions) -> None:
    """Decode every picture of folders and tars into one packed folder.

    Written to a temporary name and renamed when complete. Unreadable pictures are left out and counted.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    sizes: list[tuple[int, int]] = []
    names: list[str] = []
    lost = 0
    part = options.out / f"{_PIXELS}.part"
    with part.open("wb") as out, Pool(options.jobs) as pool:
        jobs = ((name, data, options.short_side) for name, data in stored(options.sources))
        for name, shape, pixels in pool.imap(_decode, jobs, chunksize=16):
            if shape is None:
                lost += 1
                continue
            out.write(pixels)
            sizes.append(shape)
            names.append(name)
    area = np.array([h * w for h, w in sizes], np.int64)
    offset = np.concatenate(([0], np.cumsum(area)[:-1]))
    height, width = np.array(sizes, np.int16).T
    np.savez(options.out / _INDEX, offset=offset, height=height, width=width, pixels=area.sum())
    part.rename(options.out / _PIXELS)
    (options.out / "names.json").write_text(json.dumps({"names": names, "unreadable": lost}))


def _decode(job: tuple[str, bytes, int]) -> tuple[str, tuple[int, int] | None, bytes]:
    from PIL import Image

    from rechroma import image

    name, data, short = job
    try:
        rgb = Image.fromarray(image.srgb_pixels(image.read(data)))
    except RechromaError:
        return name, None, b""
    scale = short / min(rgb.size)
    if scale < 1:
        rgb = rgb.resize((round(rgb.width * scale), round(rgb.height * scale)), Image.Resampling.LANCZOS)
    return name, (rgb.height, rgb.width), rgb.tobytes()
