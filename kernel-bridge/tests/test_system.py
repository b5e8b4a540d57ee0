"""What is read of the machine."""

from __future__ import annotations

import pytest

from cellkeep.system import Machine, gpu_levels

ANSWERS = [
    ("two GPUs", "35, 1024, 71.5, 40\n0, 2, 20, 30\n", {"gpu0_utilization_percent": 35.0, "gpu1_memory_used_bytes": 2.0 * 1024**2}),
    ("not told", "[N/A], 5, [Not Supported], 41", {"gpu0_memory_used_bytes": 5.0 * 1024**2, "gpu0_temperature_celsius": 41.0}),
    ("no GPU", "No devices were found\n", {}),
    ("nothing", "", {}),
]


@pytest.mark.parametrize(("answer", "levels"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_gpu_levels(answer: str, levels: dict[str, float]) -> None:
    found = gpu_levels(answer)
    assert levels.items() <= found.items()
    if "[N/A]" in answer or not levels:
        assert found == levels


def test_a_sample_has_plausible_values() -> None:
    found = Machine().sample()
    assert 0 <= found.levels["cpu_percent"] <= 100
    assert 0 < found.levels["process_memory_bytes"] < found.levels["memory_used_bytes"] * 10
    assert found.levels["disk_used_bytes"] > 0
    assert all(value >= 0 for value in found.counters.values())
