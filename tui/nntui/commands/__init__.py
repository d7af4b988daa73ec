"""The subcommands, one module each: `arguments(parser)` declares what it takes, `execute(args)` does it.

`execute` returns the exit status. A module is imported when its command is used; what is heavy (NumPy, Textual) it
imports inside `execute`.
"""
