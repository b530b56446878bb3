"""docs/faults.md has every row of the catalogue, names tests that exist, and every test of a row is in it."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROWS = 42


def table() -> dict:
    """Row -> its last cell."""
    lines = (ROOT / "docs" / "faults.md").read_text().splitlines()
    rows = [line.strip("|").split("|") for line in lines if re.match(r"\| *\d+ *\|", line)]
    return {int(cells[0]): cells[-1].strip() for cells in rows}


def row_tests() -> set:
    return {
        name for path in pathlib.Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"^def (test_row_\w+)", path.read_text(), re.MULTILINE)
    }


def test_every_row_is_there_once():
    assert list(table()) == list(range(1, ROWS + 1))


def test_every_row_names_a_test_that_exists_or_a_reason():
    existing = row_tests()
    for row, cell in table().items():
        named = re.findall(r"`([^`]+)`", cell)
        own = [name for name in named if name.startswith("test_row_")]
        assert named, f"row {row} names nothing"
        assert set(own) <= existing, f"row {row}: {set(own) - existing}"
        assert all(name.startswith(f"test_row_{row:02d}_") for name in own), f"row {row}: {own}"
        if not own:
            assert "not automated:" in cell or any((ROOT / name).exists() for name in named), f"row {row} has neither test nor reason"


def test_every_test_of_a_row_is_in_the_table():
    cells = " ".join(table().values())
    assert row_tests() == set(re.findall(r"`(test_row_\w+)`", cells))
