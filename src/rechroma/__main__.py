"""`python -m rechroma`, and the entry point of the `rechroma` command."""

import sys


def main() -> int:
    """Run the command with the arguments of this process and return its exit code."""
    from rechroma import settings
    from rechroma.cli import main as run

    settings.hush_libraries()
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
