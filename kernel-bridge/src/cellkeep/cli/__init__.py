"""The command ``cellkeep``: ``main.py`` reads the words, one file for each group of commands does the work.

Results go to stdout (as a table, ``--json`` or ``--csv``), everything else to stderr. Exit codes: 0 done; 1 the server or the input says
no; 2 wrong words; 3 the server is away; 4 the token is missing or not accepted.
"""
