"""Which version of yomi this is."""

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """The version of the installed package, `unknown` where only the sources lie around."""
    try:
        return version("yomi")
    except PackageNotFoundError:
        return "unknown"
