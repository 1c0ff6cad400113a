"""What a network's training costs: the first call, all building and compiling included, and a step.

This runs in Python 3.8, too, which Theano 1.0.5 needs.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

import numpy as np

STEPS = 150


def digits():
    """Four batches of 64 pictures of 28 x 28, and their classes."""
    random = np.random.RandomState(1)
    pictures = random.uniform(size=(4, 64, 1, 28, 28)).astype("float32")
    return list(zip(pictures, random.randint(0, 10, size=(4, 64)).astype("int32")))


def texts():
    """Four batches of 32 texts of 60 words each, and whether somebody liked them."""
    random = np.random.RandomState(2)
    words = random.randint(0, 2000, size=(4, 32, 60)).astype("int32")
    return list(zip(words, random.randint(0, 2, size=(4, 32, 1)).astype("float32")))


DATA = {"lenet": digits, "lstm": texts}


def measure(networks):
    """Print what the network named on the command line costs; `networks` has functions that build its step.

    Times are of the CPU, of this process and of the compilers that it calls; the costs of the first steps are
    printed to be compared.
    """
    name = sys.argv[1]
    batches = DATA[name]()
    start = _cpu()
    step = networks[name]()
    costs = [float(step(*batches[0]))]
    first = _cpu() - start
    costs += [float(step(*batches[k % 4])) for k in range(1, 10)]
    times = []
    for k in range(STEPS):
        start = _cpu()
        step(*batches[k % 4])
        times.append(1e3 * (_cpu() - start))
    print(json.dumps({"first": first, "least": min(times), "median": statistics.median(times), "costs": costs}))


def _cpu():
    spent = os.times()  # counts in hundredths of a second: that will do for compilers
    return time.process_time() + spent.children_user + spent.children_system
