"""OpenSSH's server on this machine's loopback, with keys of its own that live as long as the test."""

import getpass
import os
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.terminal.conftest import require
from tests.terminal.pane import DEADLINE

SETTINGS = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
PrintLastLog no
ClientAliveInterval 1
ClientAliveCountMax 1
"""
"""The last two: a client that does not answer for a few seconds is taken to be gone."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    _ssh: str
    _folder: Path

    def login(self, command: str, port: int | None = None) -> str:
        """Return the line that logs in, with a terminal, and runs a command; by a port, such as a wire's."""
        return (
            f"{self._ssh} -q -tt -F none -i {self._folder}/user -p {port or self.port}"
            f" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes"
            f" {getpass.getuser()}@127.0.0.1 {shlex.quote(command)}"
        )


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Run a server whose files are in a folder."""
    ssh, keygen = require("ssh"), require("ssh-keygen")
    sshd = require("sshd", "/usr/sbin")
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where root's sshd locks itself in; Debian makes it at boot
    port = _free_port()
    (folder / "config").write_text(SETTINGS.format(port=port, folder=folder))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    try:
        _await_answer(port, process, folder / "log")
        yield Server(port, ssh, folder)
    finally:
        process.terminate()
        process.wait(DEADLINE)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _await_answer(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert process.poll() is None, f"sshd has ended: {log.read_text()}"
            assert time.monotonic() < deadline, f"sshd does not answer: {log.read_text()}"
            time.sleep(0.02)
        else:
            return
