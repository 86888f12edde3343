import torch

from forger.data.units import Units, to_file, to_training


def test_each_channel_has_its_own_unit() -> None:
    units = Units(names=["a", "b"], mean=[1e9, 5.0], deviation=[0.5, 0.0])
    for size in ((3, 2), (3, 2, 4), (3, 2, 4, 4)):
        ones = torch.ones(size)
        found = to_file(ones, units)
        # Beyond what float32 can hold.
        assert (found[:, 0] == 1e9 + 0.5).all()
        assert (found[:, 1] == 5).all()
        back = to_training(found, units)
        assert (back[:, 0] == 1).all()
        # A constant column has no unit.
        assert not back[:, 1].any()


def test_what_was_not_scaled_stays_as_it_is() -> None:
    images = torch.randint(256, (2, 1, 4, 4), dtype=torch.uint8)
    assert to_file(images, None) is images
    points = torch.randn(2, 1)
    assert to_file(points, Units(names=["a"], mean=None, deviation=None)) is points
