"""A process that appends is killed at any moment: what it flushed is there, whole, and nothing of what it did not."""

import random
import signal
import time

import numpy as np
import pytest

from _ds import Store
from test_processes import start

KILLS = 12

# Row n is full of n. A printed number of rows was acknowledged by flush.
WRITER = """
import sys
import numpy as np
from _ds import LIBRARY, Store
assert LIBRARY.ds_configure(b'{"staging_budget": 20000}') == 0
store = Store(sys.argv[1], staging=sys.argv[2], codec="none", delta=False)
if not store.exists("log"):
    store.create("log", "i8", (0, 64), chunks=[5, 40])
print("open", flush=True)
rows = store.shape("log")[0]
while True:
    for _ in range(7):
        store.append("log", np.full((1, 64), rows, "i8"))
        rows += 1
    store.flush()
    print(rows, flush=True)
"""


@pytest.mark.parametrize("staging", ["auto", "disk"])
def test_a_killed_writer_leaves_whole_rows(tmp_path, staging):
    path = tmp_path / "log.zarr"
    chance = random.Random(7)
    acknowledged = 0
    for _ in range(KILLS):
        writer = start(WRITER, path, staging)
        assert writer.stdout.readline() == "open\n"
        time.sleep(chance.uniform(0.02, 0.25))
        writer.send_signal(signal.SIGKILL)
        lines = writer.communicate()[0].split()
        acknowledged = max([acknowledged, *map(int, lines)])
        if not path.exists():
            continue
        with Store(path, mode="r") as store:
            assert store.verify() == []
            rows = store.load("log") if store.exists("log") else np.empty((0, 64), "i8")
        assert len(rows) >= acknowledged, "a flushed row is lost"
        np.testing.assert_array_equal(rows, np.repeat(np.arange(len(rows))[:, None], 64, 1))
        acknowledged = len(rows)
    assert acknowledged >= 7
    with Store(path):
        pass
    left = [p.name for p in [*tmp_path.iterdir(), *path.iterdir()] if p.name.startswith(".ds-")]
    assert left == [], "the next writer cleans up"
