"""One seed out of many numbers."""

from operator import index


def derive_seed(*parts: int) -> int:
    """A seed that is a pure function of its parts, such as run seed, rank and update.

    Returns 32 bits, all that the CPU's Mersenne Twister reads of a seed. Python hashes a tuple of
    integers the same way in every process, whatever PYTHONHASHSEED says. Raises TypeError for other
    parts, since texts have another hash in each process, and tensors one of their own.
    """
    return hash(tuple(map(index, parts))) & 0xFFFF_FFFF
