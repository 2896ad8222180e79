"""The options of the commands, with their help."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Out = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        help="Folder for the results; for one picture also a file, or - for stdout.",
        metavar="PATH",
    ),
]


def _method_names(incomplete: str) -> list[str]:
    """Complete the name of a way to color."""
    from rechroma import methods

    return [name for name in methods.available() if name.startswith(incomplete)]


def _model_names(incomplete: str) -> list[str]:
    """Complete the name of something that `rechroma models list` lists."""
    from rechroma import methods, weights

    return [n for n in (*(row.name for row in weights.rows()), *methods.METHODS) if n.startswith(incomplete)]


Method = Annotated[
    str,
    typer.Option(help="A name from `rechroma models list`, or an .onnx file.", autocompletion=_method_names),
]
ModelName = Annotated[
    str, typer.Argument(help="A name from `rechroma models list`.", autocompletion=_model_names)
]
Vividness = Annotated[
    float | None, typer.Option(help="0 faithful and muted, 1 colorful; the model's own default if not given.")
]
Temperature = Annotated[
    float | None,
    typer.Option(help="Above 0 to 1: 1 averages the likely colors; the model's default if not given."),
]
Saturation = Annotated[float, typer.Option(help="Factor on the colors' strength, 0 to 2.")]
Warmth = Annotated[float, typer.Option(help="-1 shifts the colors towards blue, 1 towards amber.")]
Hint = Annotated[
    list[str],
    typer.Option(
        help="A color that you know: x,y from 0 to 1 of width and height, and #rrggbb or gray; repeatable.",
        metavar="X,Y,COLOR",
    ),
]
HintFiles = Annotated[
    list[Path],
    typer.Option(
        "--hints",
        help="A hints file of `rechroma serve` (.json), or a painted layer: a PNG with alpha; repeatable.",
        metavar="FILE",
    ),
]
Reach = Annotated[
    float, typer.Option(help="How far hints count: 1 wherever the model sees fit, 0 only near them.")
]
References = Annotated[
    list[Path],
    typer.Option(
        "--reference",
        help="A color picture to take colors from where it matches; repeatable.",
        metavar="FILE",
    ),
]
ReferenceLibrary = Annotated[
    Path | None,
    typer.Option(help="A folder of color pictures; the most similar become references.", metavar="DIR"),
]
Refine = Annotated[
    Literal["none", "bilateral", "guided", "tv", "segments", "crf"],
    typer.Option(help="How the prediction is tidied; all but none need rechroma[methods]."),
]
Proposals = Annotated[
    int,
    typer.Option(
        help="Colorings of each picture: the likeliest, then others as NAME.color.2.jpg with their hints files.",
        min=1,
    ),
]
Uncertainty = Annotated[
    bool,
    typer.Option(
        "--uncertainty", help="Write NAME.color.uncertainty.png too: orange where the model is unsure."
    ),
]
Format = Annotated[
    Literal["same", "jpeg", "png", "tiff", "webp"], typer.Option(help="File format of the results.")
]
Quality = Annotated[int, typer.Option(help="JPEG and WebP quality, 1 to 100.")]
Provenance = Annotated[
    bool, typer.Option(help="Write into the metadata that the colors were added, and by which model.")
]
LosslessLuma = Annotated[bool, typer.Option(help="Keep the luma scan of a gray JPEG byte for byte.")]
MaxMegapixels = Annotated[float, typer.Option(help="Refuse larger pictures before decoding them.")]
Device = Annotated[
    Literal["auto", "cpu", "cuda", "coreml", "directml", "openvino"],
    typer.Option(help="Where the network runs."),
]
Threads = Annotated[int, typer.Option(help="Threads of the network; 0 = all cores, shared by the workers.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Search folders in folders too.")]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Make results again that were made with other options, and replace other files; never an input.",
    ),
]
Workers = Annotated[int, typer.Option(help="Processes side by side; 0 = by cores and pictures.", min=0)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout, an object a line.")]
Sheet = Annotated[
    Path | None,
    typer.Option(help="Write a contact sheet, before and after, to this file.", metavar="FILE.html"),
]
Log = Annotated[
    Path | None,
    typer.Option(help="Add to this file what a report of a fault needs: where errors were.", metavar="FILE"),
]
