"""Options of the workshop's verbs; the docstring under a field is its help text on the command line."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rechroma.errors import OptionError
from rechroma_train.nets.hintnet.options import HintNetOptions
from rechroma_train.nets.parts.net import NetOptions

CONFIG = "config.yaml"
"""A run's options, in its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackOptions:
    """Decode photographs once into a packed folder."""

    sources: list[Path]
    """Folders of pictures (searched to the bottom, .tar files in them too) and .tar files of pictures."""
    out: Path
    """Folder for the packed pixels and their index."""
    short_side: int = 160
    """Photographs whose short side is longer are shrunk to this, in pixels."""
    jobs: int = 2
    """Decoding processes."""


@dataclass(frozen=True, kw_only=True)
class DegradeOptions:
    """How often training pictures are made to look old."""

    emulsion_share: float = 0.2
    """Share of pictures whose lightness is recorded by an old emulsion."""
    aged_share: float = 0.3
    """Share of pictures that age: fade, blur, grain, vignette, JPEG."""
    effect_share: float = 0.4
    """Chance of each effect on a picture that ages."""


@dataclass(frozen=True, kw_only=True)
class HintOptions:
    """Shares of the kinds of simulated hints."""

    none: float = 0.40
    """No hints at all."""
    points: float = 0.35
    """Points and patches (Zhang et al. 2017)."""
    strokes: float = 0.10
    """Strokes along regions of one color."""
    dense: float = 0.15
    """The whole picture's colors, displaced and damaged, as from a previous frame."""
    cast: float = 0.0
    """Standard deviation, in a*b* units, of the one color by which all dense hints of a picture are off; a net adds
    about 1 to its own last frame (docs/experiments.md, section 7)."""


@dataclass(frozen=True, kw_only=True)
class LossOptions:
    """What is lessened beside the plain classification; a term of weight 0 costs nothing."""

    focal: float = 0.0
    """Exponent of the focal form of the cross-entropy (Lin et al. 2017); 0: the plain form."""
    consistency: float = 0.0
    """Weight of the difference between the predictions for two degradations of one window; doubles the work."""
    colorfulness: float = 0.0
    """Weight of the colorfulness term (Kang et al. 2023); known to cause blotches."""
    perceptual: float = 0.0
    """Weight of the difference in VGG-19 features."""
    vgg: Path | None = None
    """VGG-19 weights up to conv3_4 (safetensors), for the perceptual term."""
    adversarial: float = 0.0
    """Weight of the patch critic's judgement, late in the run."""
    adversarial_from: float = 0.85
    """Share of the run after which the critic begins to learn."""
    critic_head_start: float = 0.02
    """Share of the run in which the critic learns alone, before the net is told its judgement."""
    critic_rate: float = 2e-4
    """Learning rate of the critic."""
    temperature: float = 0.6
    """Annealed-mean temperature of the pictures that colorfulness, perceptual and adversarial terms see."""
    vividness: float = 0.5
    """Vividness of those pictures."""


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """What a net learns; a task's own options begin here."""

    name: str
    """A row of the table of tasks."""

    @property
    def sees_pictures(self) -> bool:
        """Whether a loss looks at whole pictures, so that batches have their true lightness."""
        return False

    @property
    def repeats(self) -> bool:
        """Whether a loss compares two degradations of one window."""
        return False


@dataclass(frozen=True, kw_only=True)
class ClassifyOptions(TaskOptions):
    """Classify the colors of pixels (Zhang et al. 2016)."""

    name: Literal["classify"] = "classify"
    """The task."""
    regression: float = 0.5
    """Weight of the regression term beside the cross-entropy."""
    uniform_share: float = 0.5
    """Zhang et al. 2016: lambda, how much of the uniform distribution goes into the rebalancing weights; 1: none."""
    losses: LossOptions = field(default_factory=LossOptions)
    """Terms beside the classification."""

    @property
    def sees_pictures(self) -> bool:
        """Whether a term looks at pictures."""
        return bool(self.losses.colorfulness or self.losses.perceptual or self.losses.adversarial)

    @property
    def repeats(self) -> bool:
        """Whether consistency is learned."""
        return bool(self.losses.consistency)


@dataclass(frozen=True, kw_only=True)
class RegressOptions(TaskOptions):
    """Regress the colors of pixels."""

    name: Literal["regress"] = "regress"
    """The task."""
    distance: Literal["l2", "l1", "huber"] = "l2"
    """Of predicted and true a*b*, in parts of 110."""


@dataclass(frozen=True, kw_only=True)
class AdversarialOptions(TaskOptions):
    """Regress colors that a discriminator takes for true (Isola et al. 2017)."""

    name: Literal["adversarial"] = "adversarial"
    """The task."""
    distance: Literal["l2", "l1", "huber"] = "l1"
    """Of predicted and true a*b*, in parts of 110."""
    distance_weight: float = 100.0
    """Weight of the distance beside the discriminator's judgement."""
    generator_steps: int = 1
    """Steps of the generator on every batch."""
    discriminator_steps: int = 1
    """Steps of the discriminator on every batch."""
    discriminator_rate: float = 2e-4
    """Largest learning rate of the discriminator."""
    discriminator_width: int = 64
    """Channels of its first convolution."""
    discriminator_layers: int = 3
    """Its convolutions after the first; 3: patches of 70 predicted pixels."""
    soft_label: float = 1.0
    """What it is told of true pictures in place of 1 (Salimans et al. 2016, one-sided smoothing: 0.9)."""
    swapped_labels: float = 0.0
    """Share of pictures whose labels, true and made, it is told the other way round."""

    def __post_init__(self) -> None:
        if min(self.generator_steps, self.discriminator_steps) < 1:
            raise OptionError(
                f"generator_steps {self.generator_steps}, discriminator_steps {self.discriminator_steps};"
                " accepted: 1 or more of each"
            )
        if not (0 < self.soft_label <= 1 and 0 <= self.swapped_labels < 0.5):
            raise OptionError(
                f"soft_label {self.soft_label}, swapped_labels {self.swapped_labels}; accepted: above 0 to 1, and 0"
                " to less than a half"
            )

    @property
    def sees_pictures(self) -> bool:
        """Always: the discriminator sees lightness and color."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """One run: where, how long, on what."""

    out: Path
    """Folder of the run: last.ckpt, curve.csv, config.yaml."""
    start: Path | None = None
    """What a new run begins from: a checkpoint, kept weights, a graph that `export` wrote, or the name of shipped
    weights (hintnet). Weights of the same name and shape are taken, the rest is fresh; of a graph its prior too."""
    pictures: int = 1_000_000
    """Pictures in the whole run: the learning rate reaches zero at this number."""
    minutes: float | None = None
    """Minutes of the whole run, over all commands, in place of `pictures`: the plan written for `pictures` (size_ends,
    decay, keep_at, shares of the run) is stretched or shrunk to take this long. Needs a resident corpus."""
    max_minutes: float | None = None
    """Stop this long after the command began, with a checkpoint; the schedule is that of the whole run."""
    keep_at: list[int] = field(default_factory=list)
    """Pictures at which the averaged weights are kept, as kept.PICTURES.safetensors, to be blended at the end."""
    seed: int = 0
    """Everything random follows from this number and the number of the step."""
    threads: int = 1
    """Torch threads; one more process prepares the batches."""
    checkpoint_minutes: float = 5.0
    """Time between checkpoints."""
    log_every: int = 50
    """Batches between two lines of curve.csv."""
    device: Literal["cpu", "cuda"] = "cpu"
    """On cuda the corpora are copied into its memory and augmented there."""
    resident: bool = False
    """Make the batches in this process, on the device that trains; always so on cuda."""
    compile: bool = False
    """Compile the net (torch.compile), once for each size; what cannot be compiled stops the run."""

    def __post_init__(self) -> None:
        if self.device not in {"cpu", "cuda"}:
            raise OptionError(f"device is {self.device}; accepted: cpu, cuda")
        if self.minutes is not None and not self.makes_batches:
            raise OptionError("a run planned in minutes makes its batches in its own process: add resident")

    @property
    def makes_batches(self) -> bool:
        """Whether batches are made in the process that trains."""
        return self.resident or self.device == "cuda"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOptions:
    """What a run learns from."""

    corpora: list[Path]
    """Packed folders (see `pack`)."""
    corpus_shares: list[list[float]] = field(default_factory=list)
    """For each size a list with each corpus's share of a batch, rounded to whole pictures: thumbnails early,
    photographs late. Empty: every picture is equally likely."""
    sizes: list[int] = field(default_factory=lambda: [96, 128, 160])
    """Side of the training windows in pixels, multiples of what the net asks: small ones first, for speed."""
    size_ends: list[int] = field(default_factory=lambda: [400_000, 800_000])
    """Pictures after which the next size begins; one number fewer than there are sizes."""
    zoom_smallest: float = 0.5
    """Smallest window, as a share of the picture's short side."""
    zoom_largest: float = 1.0
    """Largest window, as a share of the picture's short side."""
    batch: int = 32
    """Pictures a batch."""
    degrade: DegradeOptions = field(default_factory=DegradeOptions)
    """The "old photograph" model."""
    hints: HintOptions = field(default_factory=HintOptions)
    """The simulated hints."""
    prior: Path | None = None
    """JSON file of bin counts; counted over `prior_pictures` pictures of the corpora where not given."""
    prior_pictures: int = 4096
    """Pictures over which the prior of the bins is counted."""

    def __post_init__(self) -> None:
        if len(self.size_ends) != len(self.sizes) - 1:
            raise OptionError(
                f"{len(self.sizes)} sizes need {len(self.sizes) - 1} size_ends; given: {self.size_ends}"
            )
        shares = self.corpus_shares
        if shares and len(shares) != len(self.sizes):
            raise OptionError(f"{len(self.sizes)} sizes need as many corpus_shares; given: {len(shares)}")
        for row in shares:
            if len(row) != len(self.corpora) or min(row) < 0 or not 0 < sum(row) < math.inf:
                raise OptionError(
                    f"a list of corpus_shares has a share, 0 or more, for each of {len(self.corpora)} corpora;"
                    f" given: {row}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerOptions:
    """How a net learns."""

    learning_rate: float = 1.5e-3
    """Largest learning rate."""
    encoder_rate: float = 0.15
    """Learning rate of what others trained (a net's encoder), as a share of the rest's."""
    weight_decay: float = 0.01
    """AdamW weight decay."""
    warmup: int = 10_000
    """Pictures over which the learning rate rises."""
    decay: float = 0.4
    """The learning rate is constant after the warm-up and falls over this last share of the pictures."""
    ema: float = 0.998
    """Decay of the moving average of the weights, a step."""
    accumulate: int = 1
    """Batches whose gradients are added up for one step."""

    def __post_init__(self) -> None:
        if self.accumulate < 1:
            raise OptionError(f"accumulate is {self.accumulate}; accepted: 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """One training run; it stops by time, by pictures or by a signal, and goes on from its last checkpoint."""

    run: RunOptions
    """Where, how long, on what."""
    data: DataOptions
    """What it learns from."""
    optimizer: OptimizerOptions = field(default_factory=OptimizerOptions)
    """How it learns."""
    net: NetOptions = field(default_factory=HintNetOptions)
    """What learns: a row of the table of nets by its name, and its options."""
    task: TaskOptions = field(default_factory=ClassifyOptions)
    """What it learns: a row of the table of tasks by its name, and its options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """Make the graph of a trained net."""

    run: Path
    """Folder of the training run."""
    out: Path
    """The .onnx file to write."""
    blend: list[Path] | Path | None = None
    """Checkpoints of earlier stops of the same run, or kept weights, that are averaged in: two ends of one valley are
    often better than either (Wortsman et al. 2022)."""
    blend_share: float = 0.35
    """Share of the earlier weights together, 0 to 1."""
    name: str = "hintnet.small"
    """`architecture.tag` of the weights."""
    task: Literal["colorize", "features"] = "colorize"
    """colorize: the whole net; features: its encoder, by which places of two pictures are matched."""
    corpora: list[Path] = field(default_factory=list)
    """Packed folders (see `pack`) over whose pictures features are whitened."""
    work_size: int = 192
    """Side in pixels of the square whose area lightness is resized to."""
    vividness: float = 0.5
    """Default vividness, 0 to 1."""
    temperature: float = 0.7
    """Default annealed-mean temperature, above 0 to 1."""
    license: str = "Apache-2.0"
    """License of the weights."""
