from __future__ import annotations

from benchmarks.compare_original import print_pairs
from benchmarks.processes import Measured


def test_the_last_ratio_is_the_middle_one_of_the_pairs(capsys):
    # Of the columns' medians it would be 12 / 2.
    times = [(1, 12), (2, 10), (3, 24)]
    print_pairs(1000, [(Measured(a, 2 * a, 50, ""), Measured(b, 2 * b, 80, "")) for a, b in times])
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "| 1 | 1000.0 | 83.3 | 12.00 | 2.00, original 24.00 | 12.00 |"
    assert lines[5] == "| **median** | 500.0 | 83.3 | 8.00 | 4.00, original 24.00 | 8.00 |"
