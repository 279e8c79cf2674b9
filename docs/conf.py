"""How Sphinx builds the documentation: ``python -m tests.docs`` calls it."""

import re
from typing import Any

from sphinx.application import Sphinx

from entitlement_sim import __version__

project = "entitlement-sim"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3

# A name in single backquotes of a docstring is an argument or a column.
default_role = "code"
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_class_signature = "separated"
maximum_signature_line_length = 60
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_title = f"entitlement-sim {__version__}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
# Nothing is fetched from anywhere, and pages opened as files cannot fetch each other.
html_show_search_summary = False
html_show_copyright = False
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False


def _skip_bare_fields(
    app: Sphinx, kind: str, name: str, value: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out fields of named tuples, which the words of their class describe."""
    words = getattr(value, "__doc__", None) or ""
    return True if words.startswith("Alias for field number") else None


def _leave_types_as_words(
    app: Sphinx, kind: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    """Keep types of attributes from being links: a word in them may be the name of many things."""
    lines[:] = [re.sub(r"^(\s+):type: ", r"\1:Type: ", line) for line in lines]


def setup(app: Sphinx) -> None:
    """Tell Sphinx what is left out, and what is no link; the latter after napoleon."""
    app.connect("autodoc-skip-member", _skip_bare_fields)
    app.connect("autodoc-process-docstring", _leave_types_as_words, priority=900)
