"""The kernel every room agrees on: errors, model, configuration, query language, due-ness and the store."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("tickerwire")
except PackageNotFoundError:  # run from an unpacked source tree that was never installed
    __version__ = "0+unknown"
