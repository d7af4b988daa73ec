"""The screen in ASCII: one character for one, so that no column moves."""

TABLE = str.maketrans(
    {
        **dict.fromkeys("╭╮╰╯", "+"),
        **dict.fromkeys("─", "-"),
        **dict.fromkeys("│┤┆▏▎▍", "|"),
        **dict.fromkeys("█▉▊▋▌▖▗▘▙▚▛▜▝▞▟▀▄▐▓", "#"),
        "▒": "+",
        "░": ".",
        "○": "o",
        "▶": ">",
        "▼": "v",
        "●": "o",
        "◆": "?",
        "→": ">",
        "←": "<",
        "↑": "^",
        "↓": "v",
        "‹": "<",
        "✓": "v",
        "✗": "x",
        "…": "~",
        "·": "*",
        "×": "x",
        "−": "-",
        "–": "-",
        "∂": "d",
        "Δ": "d",
        "δ": "d",
        "γ": "r",
        "Σ": "S",
        "½": "h",
        "²": "2",
        "³": "3",
        "≤": "<",
        "≥": ">",
        "≠": "!",
        **dict(zip("ᵢⱼₖₗₘₙ", "ijklmn", strict=True)),
    }
)


def in_ascii(text: str) -> str:
    """Return a text in ASCII, as long as it was; what has no likeness is a question mark."""
    return text.translate(TABLE).encode("ascii", "replace").decode()
