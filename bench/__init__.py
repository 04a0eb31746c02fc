"""`make bench`: the portal at city scale, each operation as a ratio to a limit measured in the same run.

`city` builds and keeps the database, `rates`, `pages` and `documents` hold the rows (`ROWS`: one function a row or a
few), `measure` interleaves the rounds, `picture` draws the result. Nothing here is asserted by the tests.
"""
