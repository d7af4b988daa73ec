"""`ctrl+s`: the session into a .npz file, or the program's text into a .py file. Nothing of anybody else's is lost."""

from pathlib import Path

from nntui_core import files
from nntui_core.session import Refused, Session


def save(session: Session, path: str) -> str:
    """Write a session, or its program's text, to a file; return what was done.

    A session file takes the place of another session file; no other file is overwritten.

    Raises:
        Refused: it cannot be written there, or something else is there.
    """
    file = Path(path).expanduser()
    if file.suffix not in (".npz", ".py"):
        raise Refused(f"{path}: a name in .npz keeps the session, one in .py the program's text")
    try:
        if file.suffix == ".py":
            with file.open("x", encoding="utf-8", newline="") as stream:
                stream.write(session.program.source)
        elif file.exists() and not files.is_session(file):
            raise FileExistsError
        else:
            files.save(session, file)
    except FileExistsError:
        raise Refused(f"{path} is there already, and nothing is overwritten: give another name") from None
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    return f"saved as {path}"
