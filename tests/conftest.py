"""Tests train networks so small that a second thread costs more than it gives."""

import os

import torch

os.environ["OMP_NUM_THREADS"] = "1"  # the commands that tests start
torch.set_num_threads(1)
