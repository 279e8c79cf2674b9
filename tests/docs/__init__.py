"""The documentation site: pages made of what the package says of itself, built by Sphinx.

``python -m tests.docs`` makes the pages in ``build/docs/source``, beside those that people write in
``docs/``, builds ``build/docs/html`` without a warning, and checks every link in it.
"""
