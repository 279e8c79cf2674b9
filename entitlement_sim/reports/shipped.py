"""Where notebooks are found."""

from pathlib import Path

from ..telling import nearest
from .errors import ReportError

#: `notebooks/` of the repository; a link within the package, so that wheels carry its files.
_FOLDERS = tuple(folder / "notebooks" for folder in Path(__file__).parents[1:3])


def shipped_notebooks() -> list[Path]:
    """Return the notebooks that come with the package, in the order in which to read them."""
    for folder in _FOLDERS:
        # Where links cannot be checked out, the second folder is the repository's own.
        if folder.is_dir():
            return sorted(folder.glob("*.ipynb"))
    return []


def find_notebook(name: str) -> Path:
    """Return the notebook that a person means: a file, or a shipped one by its name.

    Raises
    ------
    ReportError
        There is none.
    """
    file = Path(name)
    if file.suffix == ".ipynb" and file.is_file():
        return file
    shipped = {place.stem: place for place in shipped_notebooks()}
    for stem, place in shipped.items():
        # `04_renewals` may be asked for as `renewals`.
        if file.name in (stem, place.name, stem.lstrip("0123456789_")):
            return place
    guess = nearest(file.stem, shipped)
    hint = f"did you mean '{guess}'?" if guess else f"there are: {', '.join(shipped)}"
    raise ReportError(f"there is no notebook '{name}'; {hint}")
