"""Arguments in; a command's result on standard output, its talk on standard error, and an exit code that means something, out."""

import sys

import click

from tickerwire.cli.group import root
from tickerwire.errors import TickerwireError
from tickerwire.stop import Stopped, stopping_on_signals


def main() -> None:
    """Run one command. Exit codes: 0 done, 1 some outlets or feeds failed, 2 usage or configuration, 3 busy, 4 storage,
    130/143 stopped by a signal after finishing cleanly."""
    try:
        with stopping_on_signals():
            status = root.main(standalone_mode=False, prog_name="tickerwire")
        sys.exit(status if isinstance(status, int) else 0)
    except TickerwireError as error:
        print(f"tickerwire: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Stopped as signal:
        sys.exit(128 + signal.number)
    except BrokenPipeError:  # `tickerwire … | head`
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        print(f"tickerwire: {error.filename or 'input/output'}: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        sys.exit(4)
