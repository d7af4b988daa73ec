"""The engine of nntui: programs, stepping, explaining, checking. It imports NumPy and never a user interface.

Import what you need from its modules (`from nntui_core.session import Session`); this file imports none of them,
so that a front end can show its first picture before NumPy has been loaded.
"""
