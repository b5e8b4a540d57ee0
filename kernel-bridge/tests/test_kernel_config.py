"""The line that loads the bridge in every kernel, beside whatever else stands there."""

from __future__ import annotations

from pathlib import Path

from cellkeep import kernel_config


def test_install_adds_and_remove_takes_away(tmp_path: Path) -> None:
    path = tmp_path / "etc/ipython/ipython_kernel_config.py"
    assert kernel_config.install(path)
    assert not kernel_config.install(path)
    assert kernel_config.is_installed(path)
    assert kernel_config.remove(path)
    assert not path.exists()


def test_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "ipython_kernel_config.py"
    path.write_text("c = get_config()\nc.IPKernelApp.matplotlib = 'inline'")
    kernel_config.install(path)
    assert path.read_text().startswith("c = get_config()\nc.IPKernelApp.matplotlib = 'inline'\n")
    kernel_config.remove(path)
    assert path.read_text() == "c = get_config()\nc.IPKernelApp.matplotlib = 'inline'\n"


def test_the_file_of_the_wheel_counts_as_installed() -> None:
    shipped = Path(__file__).parents[1] / "etc/ipython/ipython_kernel_config.py"
    assert kernel_config.is_installed(shipped)
    assert not kernel_config.remove(shipped)
