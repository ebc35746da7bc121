"""The console script: runs the command line and turns errors into messages and exit codes."""

from __future__ import annotations

import io
import os
import sys


def main() -> None:
    """Run `fleetstats`; never shows a traceback for an error that its reader can fix."""
    from fleetstats.core.errors import EXIT_CONFIGURATION, FleetstatsError, told

    # Helper processes of ours do not look for modules in the current folder, which is a user's
    os.environ["PYTHONSAFEPATH"] = "1"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        from fleetstats.cli.app import app

        app()
    except FleetstatsError as error:
        print(f"fleetstats: {told(error)}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); say nothing more to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        print(f"fleetstats: {error.strerror or error}{where}", file=sys.stderr)
        print("  to do:    give a place that can be written to", file=sys.stderr)
        sys.exit(EXIT_CONFIGURATION)
    except MemoryError as error:
        print(f"fleetstats: there is not enough memory{f': {error}' if str(error) else ''}", file=sys.stderr)
        print(
            "  to do:    end other programs or raise the limit; what is published is whole", file=sys.stderr
        )
        sys.exit(EXIT_CONFIGURATION)
    except KeyboardInterrupt:
        print("fleetstats: interrupted; fleetstats status says what is published", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
