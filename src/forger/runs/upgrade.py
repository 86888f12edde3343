"""Configurations that earlier versions stored, as this version would have stored them."""

from typing import Any


def upgrade(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration without the settings that are no more.

    `data.per_iteration` was `model.k` a second time, up to version 0.1.0.
    """
    data = config.get("data")
    if isinstance(data, dict) and "per_iteration" in data:
        config = config | {"data": {k: v for k, v in data.items() if k != "per_iteration"}}
    return config
