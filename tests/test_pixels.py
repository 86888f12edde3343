import pytest
import torch

from forger.pixels import Range, to_float, to_uint8, to_unit

RANGES: list[Range] = [(-1.0, 1.0), (0.0, 1.0)]
BYTES = torch.arange(256, dtype=torch.uint8).reshape(4, 1, 8, 8)


@pytest.mark.parametrize("value_range", RANGES)
def test_all_bytes_survive_the_way_there_and_back(value_range: Range) -> None:
    assert torch.equal(to_uint8(to_float(BYTES, value_range), value_range), BYTES)


@pytest.mark.parametrize("value_range", RANGES)
def test_bytes_span_the_range_evenly(value_range: Range) -> None:
    assert value_range is not None
    floats = to_float(BYTES, value_range)
    assert floats.dtype == torch.float32
    expected = torch.linspace(*value_range, 256).reshape(BYTES.shape)
    torch.testing.assert_close(floats, expected)


@pytest.mark.parametrize("value_range", RANGES)
def test_floats_round_to_the_nearest_byte_and_clip(value_range: Range) -> None:
    assert value_range is not None
    low, high = value_range
    step = (high - low) / 255
    floats = torch.tensor([low - 9, low, low + 0.4 * step, low + 0.6 * step, high, high + 9])
    assert to_uint8(floats, value_range).tolist() == [0, 0, 0, 1, 255, 255]


@pytest.mark.parametrize("value_range", RANGES)
def test_the_unit_range_is_the_bytes_over_255_and_clipped(value_range: Range) -> None:
    assert value_range is not None
    floats = to_float(BYTES, value_range)
    torch.testing.assert_close(to_unit(floats, value_range), BYTES / 255)
    low, high = value_range
    assert to_unit(torch.tensor([low - 9, high + 9]), value_range).tolist() == [0, 1]


@pytest.mark.parametrize("value_range", RANGES)
def test_the_input_stays_as_it_was(value_range: Range) -> None:
    floats = torch.tensor([0.25, 5.0])
    to_uint8(floats, value_range)
    to_unit(floats, value_range)
    assert floats.tolist() == [0.25, 5.0]


def test_points_pass_unchanged() -> None:
    points = torch.tensor([[-3.5], [700.0]])
    assert to_float(points, None) is points
    assert to_uint8(points, None) is points
    assert to_unit(points, None) is points
