"""What files that set a whole run, such as experiments, set for options that are not chosen."""

from collections.abc import Iterator
from typing import Any, cast

import hydra
from hydra.conf import HydraConf
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf, open_dict

from forger.config.conf_folder import CONF
from forger.config.messages import dotted
from forger.config.overrides import key_of, parsed
from forger.config.setters import find_setter
from forger.config.settings import MULTI_OPTION_GROUPS, NETWORK_GROUPS, NETWORKS
from forger.config.signatures import arguments_of

# Nodes that an option may leave empty, as a constant schedule does.
NULLABLE = tuple(f"schedule.{network}" for network in NETWORKS)


def composed(name: str, overrides: list[str], folder: str | None = None) -> DictConfig:
    """What Hydra composes, without what would be left out; folder: that of --config-dir."""
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        if folder:
            loader = cast(Any, GlobalHydra.instance().config_loader())
            search = loader.get_search_path()
            search.prepend("command-line", f"file://{folder}", "schema")
            loader.repository.initialize_sources(search)
        config = hydra.compose(name, overrides, return_hydra_config=True)
    leave_out_replaced(config, config.hydra)
    return config


def leave_out_replaced(config: DictConfig, hydra: HydraConf) -> None:
    """Remove what an experiment sets for an option in whose place another is chosen.

    Only what the other one lacks: `experiment=ring generator=linear` has no widths. What is removed
    is printed. hydra: Hydra's own node of the configuration.
    """
    typed = typed_keys(hydra)
    plain = cast(dict[str, Any], OmegaConf.to_container(config))
    removed: dict[str, list[str]] = {}
    for path in [*lacking(plain, ""), *nodes_of_no_network(plain)]:
        # What is typed within it, too, was meant for this option.
        setter = None if any(within(key, path) for key in typed) else find_setter(hydra, path)
        if setter and any(chooses(key, path) for key in typed | setter.chosen_after):
            node, _, name = path.rpartition(".")
            with open_dict(config):
                if path in NULLABLE:
                    OmegaConf.select(config, node)[name] = None
                else:
                    del OmegaConf.select(config, node)[name]
            removed.setdefault(setter.option, []).append(path)
    for option, paths in removed.items():
        them = "them for other options" if len(paths) > 1 else "it for another option"
        print(f"left out {', '.join(paths)}: {option} sets {them}")
    tell_kept_rates(config, hydra, typed)


def tell_kept_rates(config: DictConfig, hydra: HydraConf, typed: frozenset[str]) -> None:
    """Print the learning rates that an experiment sets for an optimizer that was typed.

    Every optimizer has a rate, so that none is left out; that of another one may be far off.
    """
    kept: dict[str, list[str]] = {}
    for network in config.optimizer if "optimizer" in typed else ():
        path = f"optimizer.{network}.lr"
        setter = None if any(within(key, path) for key in typed) else find_setter(hydra, path)
        if setter and (rate := OmegaConf.select(config, path)):
            kept.setdefault(setter.option, []).append(f"{path}={rate}")
    for option, rates in kept.items():
        print(f"kept     {' '.join(rates)}: {option} sets it, whatever the optimizer")


def typed_keys(hydra: HydraConf) -> frozenset[str]:
    """The settings and groups that were typed, those in a dictionary too."""
    # As they were typed: a value may be a reference that leads nowhere.
    typed = cast(list[str], OmegaConf.to_container(hydra.overrides.task))
    return frozenset(key for argument in typed for key in keys_in(argument))


def keys_in(argument: str) -> Iterator[str]:
    yield key_of(argument)
    if "={" in argument and (override := parsed(argument)):
        yield from dotted(override.value(), f"{key_of(argument)}.")


def lacking(node: Any, path: str) -> Iterator[str]:
    """The settings that their class does not take, and in groups of several those of no class."""
    if not isinstance(node, dict):
        return
    names, _, takes_any = arguments_of(node.get("_target_"))
    for name, value in node.items():
        full = f"{path}.{name}".lstrip(".")
        classless = isinstance(value, dict) and "_target_" not in value
        # Hydra's own keys, such as _target_ and _partial_, begin with a line.
        refused = not (takes_any or name in names or str(name).startswith("_"))
        if refused or (classless and (path in MULTI_OPTION_GROUPS or full in NULLABLE)):
            yield full
        else:
            yield from lacking(value, full)


def nodes_of_no_network(plain: dict[str, Any]) -> Iterator[str]:
    """The optimizers and schedules of networks that the model does not have."""
    model, nodes = plain.get("model"), {group: plain.get(group) for group in NETWORK_GROUPS}
    target = model.get("_target_") if isinstance(model, dict) else None
    taken, _, takes_any = arguments_of(target)
    for group, node in nodes.items():
        for network in node if isinstance(node, dict) and not takes_any else ():
            if network not in (*NETWORKS, *taken):
                yield f"{group}.{network}"


def chooses(key: str, path: str) -> bool:
    """Whether a key of Hydra's chooses the option, and not a value, that a setting belongs to."""
    group, _, package = key.partition("@")
    root, _, network = path.partition(".")
    # A third network, with its optimizer and schedule, is the model's.
    if root in NETWORK_GROUPS and network.partition(".")[0] not in NETWORKS and group == "model":
        return True
    return "." not in group and within(path, package or group)


def within(path: str, node: str) -> bool:
    """Whether a setting is this node or in it."""
    return f"{path}.".startswith(f"{node}.")
