"""Which executions made a value: the least set of them, in an order that runs.

``observer.py`` watches each cell: before it runs only identities are noted (``identities.py``); after it, its syntax is walked
(``syntax.py``, ``statements.py``, ``expressions.py``, ``libraries.py``), the code that it called is followed (``calling.py``,
``codes.py``), the values that it mentioned are looked at and compared (``looks.py``, ``look_arrays.py``, ``changes.py``), and so are
files, random streams and settings (``opened_files.py``, ``mentioned_files.py``, ``surroundings.py``, ``figures.py``,
``user_magics.py``). ``assembling.py`` makes of it what the execution *needed* (earlier executions), ``touching.py`` what it *touched*
(names), which is stored with it.
``selection.py`` computes slices from such records alone, here or much later; ``late_reads.py`` tells then what functions read when they
are called. ``slices.py`` shows a slice and writes it as a notebook or a script; ``rerun.py`` runs it in a fresh process.

What always holds: nothing of the user's is wrapped, copied or kept alive, no code of the user is called, and the code of a cell runs as it
was written. Where it cannot be told whether an execution is needed it is in the slice, and the reason says so.
"""

from __future__ import annotations
