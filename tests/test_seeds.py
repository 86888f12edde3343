import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from forger.seeds import derive_seed


def test_a_seed_has_32_bits() -> None:
    seeds = [derive_seed(a, b) for a in range(-50, 50) for b in range(50)]
    assert min(seeds) >= 0
    assert max(seeds) < 2**32
    assert max(seeds) > 2**31


def test_neighbouring_parts_give_different_seeds() -> None:
    seeds = [
        derive_seed(seed, rank, update)
        for seed in range(4)
        for rank in range(4)
        for update in range(500)
    ]
    assert len(set(seeds)) == len(seeds)


def test_the_place_of_a_part_counts() -> None:
    assert (
        len(
            {
                derive_seed(1, 2),
                derive_seed(2, 1),
                derive_seed(1, 2, 0),
                derive_seed(0, 1, 2),
                derive_seed(3),
            }
        )
        == 5
    )


def test_numbers_of_other_libraries_are_the_same_parts_and_texts_are_none() -> None:
    assert derive_seed(np.int64(3), torch.tensor(5)) == derive_seed(3, 5)  # pyright: ignore
    with pytest.raises(TypeError, match="interpreted as an integer"):
        derive_seed("3")  # pyright: ignore


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_a_seed_is_the_same_in_every_process(hash_seed: str) -> None:
    code = "from forger.seeds import derive_seed; print(derive_seed(3, 0, 1234))"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert int(run.stdout) == derive_seed(3, 0, 1234)
