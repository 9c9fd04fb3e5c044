"""New due times for a million open cases at once after a calendar was edited (批量重算时限).

`shapes` replays each story of moves once, however many cases share it; `reckoning` does the
calendar's arithmetic on arrays; `columns` reads and writes; `sweep` goes through the city batch
by batch, and can be stopped anywhere. What comes out equals `cases.timing.refresh` to the
microsecond: `cases/tests/test_retiming_arrays.py` compares them on random stories.
"""
