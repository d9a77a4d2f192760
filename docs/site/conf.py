"""Sphinx's configuration; ``assemble.py`` writes the folder of sources that it builds."""

import mdpzoo

project = "MDPZoo"
author = copyright = "The MDPZoo authors"
version = release = mdpzoo.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
html_theme = "furo"
html_title = "MDPZoo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": True}
html_show_sphinx = False
html_copy_source = False
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["ref.python", "myst.header", "myst.xref_missing_lexer"]
copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True
napoleon_google_docstring, napoleon_numpy_docstring = True, False
napoleon_use_ivar = True  # attributes stand in the class's own text; as members they would stand twice
napoleon_custom_sections = [("Source", "notes"), ("Costs", "notes"), ("Rewards", "notes"), ("Ends", "notes")]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
