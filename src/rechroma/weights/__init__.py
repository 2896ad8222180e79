"""Weight files: the rows of weights.toml (`table`), and the way from a row to a verified file (`files`)."""

from rechroma.weights.files import DATA, Progress, digest, local_path, path_of
from rechroma.weights.table import TABLE, Row, find, parse, rows, to_toml

__all__ = [
    "DATA",
    "TABLE",
    "Progress",
    "Row",
    "digest",
    "find",
    "local_path",
    "parse",
    "path_of",
    "rows",
    "to_toml",
]
