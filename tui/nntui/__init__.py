"""nntui: the face of the debugger for NumPy training loops. The engine is `nntui_core`."""

__version__ = "0.1.0"
