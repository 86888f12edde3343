from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from torch import Tensor, nn
from torch_fidelity import feature_extractor_inceptionv3
from torchmetrics.image import fid

from forger.errors import ForgerError
from forger.metrics.frechet import Frechet
from forger.metrics.inception import Inception
from forger.metrics.samples import Samples


def samples(seed: int, channels: int = 3) -> Samples:
    generator = torch.Generator().manual_seed(seed)
    size = (6, channels, 32, 32)
    images = torch.randint(256, size, dtype=torch.uint8, generator=generator)
    return Samples(images, None)


def measure(metric: Inception, fake: Samples, real: Samples) -> float:
    return metric(fake, real, train=real, validation=real)["inception_fid"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file like torch-fidelity's, of random weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            feature_extractor_inceptionv3, "load_state_dict_from_url", lambda *_, **__: {}
        )
        patch.setattr(nn.Module, "load_state_dict", lambda *_, **__: None)
        network = feature_extractor_inceptionv3.FeatureExtractorInceptionV3("x", ["2048"])
    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    torch.save(network.state_dict(), path)
    return path


class Few(fid.FrechetInceptionDistance):
    """With 64 features in place of 2,048, whose eigenvalues take half a minute."""

    def __init__(self, **settings: object) -> None:
        super().__init__(feature=64, **settings)  # pyright: ignore[reportArgumentType]


@pytest.mark.slow
def test_it_is_the_frechet_distance_of_inceptions_features(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forger.metrics.inception.FrechetInceptionDistance", Few)
    metric = Inception(str(weights))
    sets = [samples(seed) for seed in range(3)]
    found = [measure(metric, sets[0], real) for real in (*sets, sets[1])]
    assert found[0] == pytest.approx(0, abs=1e-4)
    assert found[1] == found[3]
    network = feature_extractor_inceptionv3.FeatureExtractorInceptionV3(
        "x", ["64"], feature_extractor_weights_path=str(weights)
    )

    def features(one: Samples) -> Tensor:
        return network(one.images)[0].flatten(1)

    for other, value in zip(sets[1:], found[1:3], strict=True):
        points = [Samples(features(one), None) for one in (sets[0], other)]
        expected = Frechet()(*points, train=points[1], validation=points[1])["fid"]
        assert value == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_grey_images_are_refused() -> None:
    with pytest.raises(ForgerError, match="takes 3 channels, got 1"):
        measure(Inception(None), samples(0, channels=1), samples(1, channels=1))


def test_without_a_network_the_weights_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr(feature_extractor_inceptionv3, "load_state_dict_from_url", fail)
    with pytest.raises(ForgerError, match=r"metrics.inception.weights=<path of pt_inception"):
        measure(Inception(None), samples(0), samples(1))


def test_a_file_that_is_not_weights_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(b"not weights")
    with pytest.raises(ForgerError, match=r"weights \(=.*weights.pth\) is not a file of weights"):
        measure(Inception(str(file)), samples(0), samples(1))
