import math

import torch

from forger.terms.contrastive import Contrastive
from tiny import make_update


def test_contrastive_is_the_cross_entropy_of_the_paper_example_by_example() -> None:
    torch.manual_seed(0)
    term = Contrastive(
        2.0, "embedding", classes=3, size=5, temperature=0.5, positive=0.9, negative=0.1
    )
    label, output = torch.tensor([0, 1, 1, 2, 0, 2]), torch.randn(6, 5)
    points = [row / row.norm() for row in output]
    ways = [row / row.norm() for row in term.directions.weight.detach()]
    expected = 0.0
    for i, c in enumerate(label.tolist()):
        near = (min(float(points[i] @ ways[c]) - 0.9, 0)) / 0.5
        others = [
            math.exp(max(float(points[i] @ points[j]) - 0.1, 0) / 0.5)
            for j in range(6)
            if label[j] != c
        ]
        expected -= math.log(math.exp(near) / (math.exp(near) + sum(others))) / 6
    seen = make_update(
        label=label, real_outputs={"embedding": output}, fake_outputs={"embedding": -output}
    )
    torch.testing.assert_close(term.discriminator(seen), torch.tensor(2 * expected))
    assert term.generator(seen) != term.discriminator(seen)
