"""The panels of the screen, one a file."""
