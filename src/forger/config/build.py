"""Builds a GAN, its data and all other objects that a configuration describes."""

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, cast

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin

from forger.config.hints import is_list_of_floats
from forger.config.origins import source_of
from forger.config.settings import NETWORKS, PARTS
from forger.config.signatures import arguments_of
from forger.data.memory import InMemory
from forger.errors import ForgerError, first_line, line_of_own_code, try_call
from forger.gan import GAN


def instantiate_node(config: DictConfig, name: str, **built: Any) -> Any:
    """What the node `name`, as loss or callbacks.best, describes; `built` are objects already.

    Raises ForgerError naming the node if the constructor refuses its arguments, or makes a layer of
    unknown size.
    """
    # A copy: Hydra would resolve interpolations in `config` itself.
    node: Any = with_floats(OmegaConf.to_container(OmegaConf.select(config, name), resolve=True))
    try:
        # Plain lists and dicts: one ListConfig in an optimizer makes its checkpoints unloadable.
        if built:
            part = instantiate(node, _convert_="all", _partial_=True)(**built)
        else:
            part = plain_partials(instantiate(node, _convert_="all"))
    except Exception as error:
        raise ForgerError(refusal(config, name, error)) from error
    check_known_sizes(part, name)
    return part


def refusal(config: DictConfig, name: str, error: Exception) -> str:
    """Why the constructor of a node refuses its arguments, and what to give."""
    cause = error.__cause__ if isinstance(error, InstantiationException) else None
    reason = first_line(cause or error)
    # Of a node in a node, such as model.prior.
    if part := re.search(r"full_key: (\S+)", str(error)):
        name = f"{name}.{part[1]}"
    if lacking := re.search(r"missing \d+ required .*arguments?: '(\w+)'", reason):
        setting = lacking[1]
        if setting in ("params", "optimizer") or (name, setting) == ("model.prior", "count"):
            return (
                f"{name} gets its {setting} when a run starts: add _partial_: true to its settings"
            )
        return f"{name} lacks {setting}: give {name}.{setting}=..."
    sources = [source_of(config, f"{name}.{key}") for key in OmegaConf.select(config, name)]
    unset = [source for source in sources if source and OmegaConf.select(config, source) is None]
    where = line_of_own_code(cause or error)
    return f"{name}: {reason}{where}" + (
        f"; {unset[0]} is null: give {unset[0]}=..." if unset else ""
    )


def check_known_sizes(part: Any, name: str) -> None:
    """Raises ForgerError for a layer of a network that waits for an example to know its size."""
    for path, module in part.named_modules() if isinstance(part, nn.Module) else ():
        if isinstance(module, LazyModuleMixin):
            layer = f"{name}.{path}".rstrip(".")
            raise ForgerError(
                f"{layer} is a {type(module).__name__}, whose weights do not exist before its"
                " first example: give a layer with its size, or call the network once in its"
                " constructor"
            )


def with_floats(node: Any) -> Any:
    """The same with floats for the whole numbers in lists that a class wants floats in.

    People type betas=[0,0.9], which torch's optimizers refuse.
    """
    if not isinstance(node, dict):
        return list(map(with_floats, node)) if isinstance(node, list) else node
    _, hints, _ = arguments_of(node.get("_target_"))
    of_floats = {key for key, hint in hints.items() if is_list_of_floats(hint)}
    return {
        key: [float(v) if type(v) is int else v for v in value]
        if key in of_floats and isinstance(value, list)
        else with_floats(value)
        for key, value in node.items()
    }


def plain_partials(part: Any) -> Any:
    """The same with functools.partial in place of Hydra's own, which is slow.

    Each call of Hydra's takes 0.1 to 0.3 ms, as long as an update of a small GAN's optimizer.
    """
    if isinstance(part, partial):
        keywords = {name: plain_partials(value) for name, value in part.keywords.items()}
        return partial(part.func, *map(plain_partials, part.args), **keywords)
    if type(part) is dict:
        return {name: plain_partials(value) for name, value in part.items()}
    return list(map(plain_partials, part)) if type(part) is list else part


def build(config: DictConfig, chosen: Collection[str] = PARTS) -> GAN:
    """The GAN that a composed configuration describes, with initial weights from `config.seed`.

    chosen: the parts to make; the others are empty, as in a GAN that is not to be trained.
    Raises ForgerError for a generator without value_range.
    """
    # The initial weights follow from the seed, whatever was computed before.
    torch.manual_seed(config.seed)
    parts = {name: instantiate_node(config, name) if name in chosen else {} for name in PARTS}
    for name in NETWORKS:
        if not isinstance(parts[name], nn.Module):
            what = "is no network: give a child of torch.nn.Module"
            raise ForgerError(f"{name}._target_ (={config[name]._target_}) {what}")
    if not hasattr(parts["generator"], "value_range"):
        raise ForgerError(
            f"generator._target_ (={config.generator._target_}) has no value_range: give the class"
            " (-1.0, 1.0) for images that end in a tanh, (0.0, 1.0) for a sigmoid, None for points"
        )
    gan = instantiate_node(config, "model", **parts, seed=config.seed)
    if not isinstance(gan, GAN) or not hasattr(gan, "latent_dim"):
        what = "is no child of GAN, or does not call super().__init__(...)"
        raise ForgerError(f"model._target_ (={config.model._target_}) {what}")
    gan.config = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    return gan


def build_data(config: DictConfig) -> InMemory:
    """The data set that a configuration describes, with k minibatches in an iteration.

    Raises ForgerError if it is none of Forger's kind, or not a whole one.
    """
    data, target = instantiate_node(config, "data"), f"data._target_ (={config.data._target_})"
    if not isinstance(data, InMemory):
        raise ForgerError(f"{target} must be a child of InMemory")
    if not hasattr(data, "splits"):
        raise ForgerError(f"{target} has a constructor that does not call super().__init__(...)")
    if type(data).load is InMemory.load and type(data).setup is InMemory.setup:
        raise ForgerError(f"{target} has no method load: write one that returns its splits")
    # k belongs to the model; the data need it for the size of an iteration.
    data.minibatches = OmegaConf.select(config, "model.k", default=1)
    return data


def open_data(config: DictConfig) -> InMemory:
    """`build_data`, with all splits read; ForgerError where own code fails at that."""
    data = build_data(config)
    try:
        data.prepare_data()
        data.setup("fit")  # as Lightning calls it: a child may need the stage
    except Exception as error:
        if isinstance(error, ForgerError) or not (where := line_of_own_code(error)):
            raise
        raise ForgerError(f"data: {first_line(error)}{where}") from error
    return data


def shown(value: Any) -> str:
    """What a part of one's own returns, in words: its shape and its type, unless that is usual."""
    if not isinstance(value, Tensor):
        return type(value).__name__
    kind = "" if value.dtype == torch.float32 else f" of {value.dtype}"
    return f"{list(value.shape)}{kind}"


def sampler_of(config: DictConfig, gan: GAN) -> Callable[[int, int], Tensor]:
    """What makes so many examples of a seed: the sampler that a verb was given, or the GAN itself.

    Raises ForgerError where the sampler fails, or does not take this GAN.
    """
    if config.sampler is None:
        return gan.sample
    sampler = instantiate_node(config, "sampler")
    usual, target = gan.sample(1, seed=0), f"sampler._target_ (={config.sampler._target_})"
    is_ours = config.sampler._target_.startswith("forger.")
    draw = sampler if is_ours else partial(try_call, sampler, target)

    def sample(count: int, seed: int) -> Tensor:
        examples = draw(gan, count, seed)
        wanted = usual.expand(count, *usual.shape[1:])
        # One of the user's own may return anything.
        if not isinstance(examples, Tensor) or shown(examples) != shown(wanted):
            raise ForgerError(
                f"{target} returns {shown(examples)} where {count} examples are asked for: return"
                f" {shown(wanted)}"
            )
        return examples.detach()

    return sample


def sample_bytes(gan: GAN) -> int:
    """About the memory that a sample takes: its latent vector, and its example in some copies."""
    return 500 + 8 * gan.latent_dim + 8 * gan.sample(1, seed=0).numel()
