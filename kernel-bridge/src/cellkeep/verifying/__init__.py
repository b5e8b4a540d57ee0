"""Whether a run can be made again: what was recorded of it is executed anew, in an environment like its own, and compared.

``original.py`` reads what the server has of the run; ``environment.py`` finds or builds an interpreter with the recorded packages
(``packages.py``, ``building.py``); ``workplace.py`` is the scratch folder with copies of the recorded input files; ``kernel.py`` executes
there; ``remade.py`` reads what the bridge and MLflow have logged meanwhile, into that folder alone; ``compare_*.py`` compare, each what
its name says; ``verify.py`` is the order of it all, ``telling.py`` tells the server.
What always holds: nothing of the person's is written or changed but what cells write to absolute paths; no token and no address of the
server is known to the cells; another user's code runs only where whoever asks has named that user; what could not be compared is said.
"""
