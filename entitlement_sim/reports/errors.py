"""The error of reports, and what they need beyond the package's own dependencies."""

from importlib.util import find_spec
from typing import Final

#: What notebooks and pages are made with, by the names of modules: the extra ``notebooks``.
_PACKAGES: Final = (
    "IPython",
    "bs4",
    "ipykernel",
    "ipywidgets",
    "jinja2",
    "nbclient",
    "nbconvert",
    "nbformat",
    "traitlets",
    "zmq",
)

#: How somebody comes by them.
HOW_TO_INSTALL: Final = (
    "install the package with its extra: pip install 'entitlement-sim[notebooks]', in a checkout "
    "pip install -e '.[notebooks]'"
)


class ReportError(Exception):
    """A report cannot be made as asked; the message says why and what to do."""


def require_notebooks() -> None:
    """Check that notebooks can be executed and pages made.

    Raises
    ------
    ReportError
        The extra ``notebooks`` is not installed.
    """
    missing = [name for name in _PACKAGES if not _is_installed(name)]
    if missing:
        raise ReportError(f"pages and notebooks need {missing[0]}; {HOW_TO_INSTALL}")


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):  # ValueError: whoever runs this has hidden it
        return False
