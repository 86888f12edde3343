"""One seed out of many numbers."""


def derive_seed(*parts: int) -> int:
    """A seed that is a pure function of its parts, such as run seed, rank and update.

    Returns 32 bits, all that the CPU's Mersenne Twister reads of a seed. Python hashes a tuple of
    integers the same way in every process, whatever PYTHONHASHSEED says.
    """
    return hash(parts) & 0xFFFF_FFFF
