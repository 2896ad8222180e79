"""Small a*b* made ready for the picture: tidied at the work size, then brought up along the edges of the lightness."""

from rechroma.errors import InputError, MissingExtra, OptionError
from rechroma.refine.upsampling import check_ab, chroma_planes, upsample_ab, upsampled_bands
from rechroma.types import AB, REFINEMENTS, Lightness, Logits, Refinement

__all__ = ["chroma_planes", "tidy", "upsample_ab", "upsampled_bands"]


def tidy(kind: Refinement, ab: AB, lightness: Lightness, logits: Logits | None, bins: AB | None) -> AB:
    """Mend a prediction at the size at which it was made: less bleeding over edges, fewer blotches.

    Args:
        kind: Which remedy; each module of this package is one, with its paper and its constants. "crf" decides by
            the predicted distribution and does not look at `ab`; the others do not look at the distribution.
        ab: (h, w, 2) predicted a*b*.
        lightness: (H, W) L* 0 to 100 that it was predicted from.
        logits: (h, w, Q) scores over the bins, where the method has them.
        bins: (Q, 2) a*b* of the bins.

    Returns:
        (H, W, 2) float32 a*b*; for "none", `ab` itself.

    Raises:
        InputError: An array has another shape.
        OptionError: `kind` is none of REFINEMENTS, or is "crf" and there are no logits.
        MissingExtra: A library of the extra "methods" is not installed.
    """
    if kind not in REFINEMENTS:
        raise OptionError(f"refine is {kind!r}; accepted: {', '.join(REFINEMENTS)}")
    if kind == "none":
        return ab
    check_ab(ab, lightness)
    if kind == "crf":
        if logits is None or bins is None:
            raise OptionError(
                "refine is 'crf', which needs the predicted distribution, and this method gives none; accepted: "
                "a network whose graph has an output 'logits', such as hintnet, or another refinement"
            )
        if logits.ndim != 3 or bins.shape != (logits.shape[2], 2) or 0 in logits.shape:
            raise InputError(
                f"logits have shape {logits.shape}, bins {bins.shape}; expected (h, w, Q), (Q, 2)"
            )
    try:
        return _tidied(kind, ab, lightness, logits, bins)
    except ModuleNotFoundError as error:
        library = {"scipy": "SciPy", "skimage": "scikit-image"}.get((error.name or "").partition(".")[0])
        if library is None:
            raise
        raise MissingExtra(library, "methods", f"refine = {kind}") from error


def _tidied(kind: Refinement, ab: AB, lightness: Lightness, logits: Logits | None, bins: AB | None) -> AB:
    """Do it, with the modules that need SciPy or scikit-image imported where they are wanted."""
    if kind == "crf" and logits is not None and bins is not None:
        from rechroma.refine.crf import mean_field

        return mean_field(logits, bins, lightness)
    large = upsample_ab(ab, lightness)
    if kind == "bilateral":
        from rechroma.refine.bilateral import joint_bilateral

        return joint_bilateral(large, lightness)
    if kind == "guided":
        from rechroma.refine.guided import guided_filter

        return guided_filter(large, lightness)
    if kind == "segments":
        from rechroma.refine.segments import color_by_segment

        return color_by_segment(large, lightness)
    from rechroma.refine.variation import least_variation

    return least_variation(large, lightness)
