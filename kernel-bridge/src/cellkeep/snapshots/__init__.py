"""The notebook with every run: what a snapshot is made of, and when one is taken.

``outputs.py`` keeps what each cell shows (taken from the kernel's own messages by ``iopub.py``, from a terminal by ``terminal.py``);
``taking.py`` takes snapshots in a thread of its own, from ``document.py`` (the notebook on disk; the editor sends its own),
``environment.py``, ``packages.py``, ``machine.py``, ``working_tree.py``, ``files.py``, ``seeds.py`` and ``variables.py`` (with
``secrecy.py``). ``canonical.py`` writes cells and outputs as bytes that name themselves, ``parts.py`` sends each of them once.
What always holds: a cell waits for none of it, nothing that looks like a secret leaves the process, and what cannot be found out is left
out with a warning.
"""
