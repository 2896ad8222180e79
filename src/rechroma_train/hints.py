"""Simulated hints: what a person, a reference or the previous frame might know about a training picture."""

from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from rechroma_train.config import HintOptions
from rechroma_train.transfer import send

_LARGEST_PATCH = 9
"""Side in pixels of the largest patch (Zhang et al. 2017, section 3.2)."""
_POINTS_OF_A_STROKE = 40
_NONE, _POINTS, _STROKES, _DENSE = range(4)


def simulate(ab: Tensor, options: HintOptions, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Give each picture of a batch no hints, points, strokes or a dense guess.

    Args:
        ab: (N, 2, H, W) true a*b*.
        options: the share of each kind.
        rng: source of the choices.

    Returns:
        (N, 2, H, W) hint a*b*, 0 where there is none; (N, 1, H, W) hint weight 0 to 1.
    """
    n, _, h, w = ab.shape
    shares = np.array([options.none, options.points, options.strokes, options.dense])
    kind = rng.choice(4, size=n, p=shares / shares.sum())
    hint = torch.zeros_like(ab)
    weight = ab.new_zeros(n, 1, h, w)
    dense = partial(_dense, cast=options.cast)
    for which, paint in ((_POINTS, _points), (_STROKES, _strokes), (_DENSE, dense)):
        chosen = np.flatnonzero(kind == which)
        if chosen.size:
            at = send(chosen, ab.device)
            painted, confidence = paint(ab[at], rng)
            hint = hint.index_copy(0, at, painted)
            weight = weight.index_copy(0, at, confidence)
    return hint, weight


def _points(ab: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Patches that reveal their mean color; their number is geometric, and now and then up to 200."""
    n, _, h, w = ab.shape
    count = rng.geometric(1 / 8, n)
    many = rng.random(n) < 0.2
    count[many] = np.exp(rng.uniform(np.log(10), np.log(200), int(many.sum()))).astype(int)
    most = int(count.max())
    centered = rng.random((n, 1)) < 0.5
    y = np.where(centered, rng.normal(0.5, 0.25, (n, most)), rng.random((n, most)))
    x = np.where(centered, rng.normal(0.5, 0.25, (n, most)), rng.random((n, most)))
    side = rng.integers(1, _LARGEST_PATCH + 1, (n, most))
    live = np.arange(most)[None] < count[:, None]
    rows = send((np.clip(y, 0, 0.999) * h).astype(np.int64), ab.device)
    columns = send((np.clip(x, 0, 0.999) * w).astype(np.int64), ab.device)
    sides = send(side, ab.device)
    alive = send(live, ab.device)
    return _paint(ab, rows, columns, sides, alive)


def _strokes(ab: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """One to six strokes that wander and stay where the color is the one they began with."""
    n, _, h, w = ab.shape
    strokes, points = 6, _POINTS_OF_A_STROKE
    heading = rng.uniform(0, 2 * np.pi, (n, strokes, 1)) + np.cumsum(
        rng.normal(0, 0.25, (n, strokes, points)), axis=2
    )
    pace = rng.uniform(0.5, 2.5, (n, strokes, 1))
    y = rng.uniform(0, h, (n, strokes, 1)) + np.cumsum(np.sin(heading) * pace, axis=2)
    x = rng.uniform(0, w, (n, strokes, 1)) + np.cumsum(np.cos(heading) * pace, axis=2)
    inside = (y >= 0) & (y < h) & (x >= 0) & (x < w)
    drawn = np.arange(strokes)[None, :, None] < rng.integers(1, strokes + 1, (n, 1, 1))
    side = np.broadcast_to(rng.integers(1, 6, (n, strokes, 1)), inside.shape)
    rows = send(np.clip(y, 0, h - 1).astype(np.int64), ab.device)
    columns = send(np.clip(x, 0, w - 1).astype(np.int64), ab.device)
    picture = torch.arange(n, device=ab.device)[:, None, None]
    along = ab.permute(0, 2, 3, 1)[picture, rows, columns]
    same = (along - along[:, :, :1]).norm(dim=-1) < 12
    alive = send(inside & drawn, ab.device) & (same.cumprod(dim=2) > 0)
    sides = send(side, ab.device)
    return _paint(ab, *(t.flatten(1) for t in (rows, columns, sides, alive)))


def _paint(ab: Tensor, rows: Tensor, columns: Tensor, sides: Tensor, alive: Tensor) -> tuple[Tensor, Tensor]:
    """Paint square patches of their own mean color: rows, columns, sides, alive are (N, K)."""
    n, _, h, w = ab.shape
    reach = torch.arange(_LARGEST_PATCH, device=ab.device)
    dy, dx = reach[:, None], reach[None, :]
    half = sides // 2
    y = rows[:, :, None, None] - half[:, :, None, None] + dy
    x = columns[:, :, None, None] - half[:, :, None, None] + dx
    covered = (
        alive[:, :, None, None]
        & (dy < sides[:, :, None, None])
        & (dx < sides[:, :, None, None])
        & (y >= 0) & (y < h) & (x >= 0) & (x < w)
    )  # fmt: skip
    flat = (y.clamp(0, h - 1) * w + x.clamp(0, w - 1)).flatten(1)
    seen = torch.gather(ab.flatten(2), 2, flat[:, None].expand(-1, 2, -1)).view(n, 2, *covered.shape[1:])
    inside = covered[:, None].float()
    mean = (seen * inside).sum((3, 4)) / inside.sum((3, 4)).clamp_min(1)
    # Pixels outside their patch are written to one spare pixel past the end.
    target = torch.where(covered.flatten(1), flat, h * w)
    hint = ab.new_zeros(n, 2, h * w + 1)
    color = mean[:, :, :, None, None].expand(-1, -1, -1, *covered.shape[2:]).flatten(2)
    hint.scatter_(2, target[:, None].expand(-1, 2, -1), color)
    weight = ab.new_zeros(n, 1, h * w + 1)
    weight.scatter_(2, target[:, None], 1.0)
    return hint[..., :-1].view(n, 2, h, w), weight[..., :-1].view(n, 1, h, w)


def _dense(ab: Tensor, rng: np.random.Generator, *, cast: float) -> tuple[Tensor, Tensor]:
    """The colors as a previous frame would bring them: shifted, bent, blurred, faded, cast, noisy, with holes."""
    n, _, h, w = ab.shape
    size = (n, 4, 4, 2)
    bend = rng.normal(0, 1, size) * rng.uniform(0.002, 0.03, (n, 1, 1, 1)) * 2
    flow = F.interpolate(
        send(bend.astype(np.float32), ab.device).permute(0, 3, 1, 2), size=(h, w), mode="bicubic"
    )
    identity = F.affine_grid(
        torch.eye(2, 3, device=ab.device).expand(n, 2, 3), [n, 2, h, w], align_corners=False
    )
    moved = F.grid_sample(ab, identity + flow.permute(0, 2, 3, 1), padding_mode="border", align_corners=False)
    small = F.avg_pool2d(moved, 4)
    blurred = F.interpolate(small, size=(h, w), mode="bilinear", align_corners=False)
    soft = send((rng.random(n) < 0.6)[:, None, None, None], ab.device)
    fade = send(rng.uniform(0.85, 1.05, (n, 1, 1, 1)).astype(np.float32), ab.device)
    noise = rng.normal(0, 1, (n, 2, h // 8, w // 8)) * rng.uniform(0, 4, (n, 1, 1, 1))
    noisy = F.interpolate(send(noise.astype(np.float32), ab.device), size=(h, w), mode="bilinear")
    guess = torch.where(soft, blurred, moved) * fade + noisy
    if cast:
        guess = guess + send(rng.normal(0, cast, (n, 2, 1, 1)).astype(np.float32), ab.device)
    level = rng.uniform(0.15, 1, (n, 1, 1, 1)).astype(np.float32)
    holes = (rng.random((n, 1, h // 16, w // 16)) > rng.uniform(0, 0.5, (n, 1, 1, 1))).astype(np.float32)
    weight = F.interpolate(send(holes * level, ab.device), size=(h, w), mode="nearest")
    return guess * (weight > 0), weight
