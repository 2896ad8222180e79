"""Every error that Rechroma raises.

```text
RechromaError
├── InputError(ValueError)      what was given cannot be used
│   ├── UnreadableImage         not an image, damaged, or of a kind that no installed codec reads
│   ├── UnreadableVideo         the same for films
│   ├── TooLarge                more pixels than the limit allows
│   └── MissingHints            a method that lives from hints got none
├── OutputError(OSError)        the result cannot be stored: folder read-only, target exists
│   └── DiskFull                no room for it, as for all that would follow
├── OptionError(ValueError)     an option outside the values that its field accepts
├── UnknownMethod(LookupError)  no such method; the message names the nearest
├── WeightsError                weights that cannot be used
│   ├── WeightsNotFound         no such row, no such file
│   ├── ChecksumMismatch        the file is not the one that its row describes
│   ├── ContractMismatch        the graph does not keep the graph contract
│   └── Offline                 a download would be needed and RECHROMA_OFFLINE forbids it
├── WorkerDied                  a worker process ended before it had finished a picture
└── MissingExtra(ImportError)   an optional library is not installed; the message has the pip command
```
"""


class RechromaError(Exception):
    """Base of every error raised on purpose by Rechroma."""


class InputError(RechromaError, ValueError):
    """The given input cannot be used."""


class UnreadableImage(InputError):
    """The input is no image that can be read: unknown kind, damaged, truncated."""


class UnreadableVideo(InputError):
    """The input is no film that can be read."""


class TooLarge(InputError):
    """The picture has more pixels than the limit allows."""


class MissingHints(InputError):
    """The method needs hints and got none."""


class OutputError(RechromaError, OSError):
    """The result cannot be stored where it was asked to be."""


class DiskFull(OutputError):
    """The result cannot be stored because the disk is full, or the user's share of it."""


class OptionError(RechromaError, ValueError):
    """An option has a value that its field does not accept."""


class UnknownMethod(RechromaError, LookupError):
    """No method has this name."""


class WeightsError(RechromaError):
    """Weights cannot be used."""


class WeightsNotFound(WeightsError):
    """No row of weights.toml and no file has this name."""


class ChecksumMismatch(WeightsError):
    """A file's SHA-256 differs from the one its row gives."""


class ContractMismatch(WeightsError):
    """A graph's inputs, outputs or metadata differ from the graph contract."""


class Offline(WeightsError):
    """A download is needed and the settings forbid network access."""


class WorkerDied(RechromaError):
    """A worker process ended before it had finished a picture."""


class MissingExtra(RechromaError, ImportError):
    """An optional library is needed and not installed."""

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {library}, which is not installed: pip install 'rechroma[{extra}]' "
            f"(in a clone of the repository: pip install '.[{extra}]')"
        )
