import os
import subprocess
import sys

import pytest

from forger.seeds import mix


def test_a_seed_has_32_bits() -> None:
    seeds = [mix(a, b) for a in range(-50, 50) for b in range(50)]
    assert min(seeds) >= 0
    assert max(seeds) < 2**32
    assert max(seeds) > 2**31


def test_neighbouring_parts_give_different_seeds() -> None:
    seeds = [
        mix(seed, rank, update) for seed in range(4) for rank in range(4) for update in range(500)
    ]
    assert len(set(seeds)) == len(seeds)


def test_the_place_of_a_part_counts() -> None:
    assert len({mix(1, 2), mix(2, 1), mix(1, 2, 0), mix(0, 1, 2), mix(3)}) == 5


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_a_seed_is_the_same_in_every_process(hash_seed: str) -> None:
    code = "from forger.seeds import mix; print(mix(3, 0, 1234))"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert int(run.stdout) == mix(3, 0, 1234)
