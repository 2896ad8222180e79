"""`python -m rechroma`, and the entry point of the `rechroma` command."""

import signal
import sys


def main() -> int:
    """Run the command with the arguments of this process and return its exit code."""
    heard = signal.getsignal(signal.SIGINT)
    if heard is signal.default_int_handler:  # Ctrl-C in the middle of an import would show where that was
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from rechroma import settings
    from rechroma.cli import main as run

    settings.hush_libraries()
    signal.signal(signal.SIGINT, heard)
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
