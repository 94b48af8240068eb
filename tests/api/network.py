"""A demo network on loopback: real processes, one for each party, and tokens for their programs."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path

PROGRAM = os.environ["LANDSIDE"]

# How long the demo may take until its consoles answer.
START_S = 240


class Network:
    """`landside demo --stay`, until it is closed."""

    def __init__(self) -> None:
        self._dir = tempfile.TemporaryDirectory(prefix="landside-api-")
        self.home = Path(self._dir.name) / "port"
        self._process = subprocess.Popen(
            [PROGRAM, "--json", "demo", "--stay", "--keep", str(self.home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.consoles: dict[str, str] = {}
        self.next_file: Path | None = None
        self._ready = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        if not self._ready.wait(START_S):
            self.close()
            raise RuntimeError("the demo network does not come up")

    def _read(self) -> None:
        for line in self._process.stdout:
            event = json.loads(line)
            if event["event"] == "demo-console":
                self.consoles[event["name"]] = event["url"].rsplit("/gate", 1)[0].rstrip("/")
            elif event["event"] == "demo-next":
                self.next_file = Path(event["file"])
                self._ready.set()

    def landside(self, party: str, *args: str, check: bool = True) -> list[dict]:
        """Runs a verb at a party's node; gives its objects."""
        command = [PROGRAM, "--json", "--home", str(self.home / party), *args]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{args} at {party}: {done.stdout} {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def token(self, party: str, person: str, *scopes: str) -> str:
        """A token of a person that is there."""
        args = ["token", "add", "--person", person, "--days", "1", "--label", "a test"]
        for scope in scopes:
            args += ["--scope", scope]
        return self.landside(party, *args)[0]["token"]

    def program(self, party: str, login: str, role: str, *scopes: str) -> str:
        """A token of an account that is made for a program."""
        name = f"Program {login} of {party}"
        self.landside(party, "people", "add", login, "--name", name, "--role", role)
        return self.token(party, login, *scopes)

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._dir.cleanup()


def until(what: str, look, seconds: float = 60.0):
    """Looks until something is there; never once alone."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")
