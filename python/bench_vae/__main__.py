"""`python -m bench_vae` is the program `bench`."""

import os
import sys

from ._program import program

os.execv(program(), ["bench", *sys.argv[1:]])
