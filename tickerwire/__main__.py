"""`python -m tickerwire`: the command line without an installed script."""

from tickerwire.cli import main

if __name__ == "__main__":
    main()
