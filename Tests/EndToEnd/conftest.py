import pathlib
import shutil
import sys
import tempfile
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.stack import Stack, Team  # noqa: E402


@pytest.fixture(scope="session")
def stack():
    """One stack for the whole run, in a folder that PostgreSQL's own user may enter."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tocsin-e2e-"))
    folder.chmod(0o755)
    running = Stack(folder)
    try:
        running.up()
        yield running
    finally:
        running.down()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def team(stack):
    """A team of its own for each test, so that tests do not see each other's incidents."""
    stack.wait_ready()
    return Team(stack, f"t-{uuid.uuid4().hex[:12]}")


def pytest_runtest_makereport(item, call):
    """Shows the ends of the logs when a test of the stack fails."""
    if call.when == "call" and call.excinfo is not None and "stack" in item.fixturenames:
        running = item.funcargs.get("stack")
        if running is None:
            return
        for path in sorted((running.folder / "log").glob("*.log")):
            tail = path.read_text(errors="replace").splitlines()[-6:]
            if tail:
                item.add_report_section("call", f"log {path.stem}", "\n".join(line[:600] for line in tail))
