"""Bad settings and bad files: one sentence, exit code 2, and nothing half-written."""

import json
import re
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning
import torch
from omegaconf import OmegaConf
from PIL import Image

from forger.config.build import build
from forger.metrics import evaluator
from forger.runs.curves import append
from forger.runs.files import write_json
from forger.runs.record import record
from forger.runs.version import version
from full_disk import full_disk
from tiny import composed

Forger = Callable[..., str]
TOY = ["train", "experiment=gaussian_1d"]
SMALL = ["generator=mlp", "discriminator=mlp", "generator.widths=[8]", "discriminator.widths=[8]"]
FOLDER = ["train", *SMALL, "data=image_folder", "data.root=cache", "data.shape=[1,8,8]"]
SQUARE = ["data=image_folder", "data.root=cache", "data.shape=[1,28,28]"]
PICTURES = [*FOLDER, "data.folder={bad}/images", "data.batch_size=2"]
PLAIN = ["~callbacks.measure", "~callbacks.best"]
TOLD = ["train", "generator=conditional", "discriminator=conditional"]

# What is typed, and what the one sentence must say; {bad} is the folder that `bad` fills.
CASES = {
    # Words.
    "a name in a list": (
        ["train", *SMALL, "generator.widths.first=3"],
        "an element of a list is named by its number, as in generator.widths.0",
    ),
    "unknown verb": (["trian"], "no verb trian: did you mean train?"),
    "unknown key": (["train", "modl.k=2"], "modl.k is not a setting: did you mean model.k?"),
    "unknown key of another verb": (["sample", "ckp=x"], "not a setting: did you mean ckpt?"),
    "unknown key in a group": (
        ["train", "model.latent=2"],
        "model.latent is not a setting: did you mean model.latent_dim?",
    ),
    "unknown key added": (
        ["train", "+model.latent=2"],
        "model.latent is not a setting of GAN: did you mean latent_dim?",
    ),
    "the last part of a path added": (
        [*TOY, "+lr=1e-3"],
        "lr is not a setting: did you mean optimizer.generator.lr or optimizer.discriminator.lr?",
    ),
    "a number where a text is meant": (
        [*TOY, "+callbacks=anneal", "callbacks.anneal.setting=3"],
        "setting (=3) should be a text: as a text, \"callbacks.anneal.setting='3'\"",
    ),
    "unknown key in a dictionary": (["train", "loss={shift: 1}"], "loss.shift is not a setting"),
    "unknown key taken away": (["train", "~modl.k"], "did you mean model.k?"),
    "unknown key of the option chosen": (
        ["train", *SMALL, "generator.width=64"],
        "generator.width is not a setting: did you mean generator.widths?",
    ),
    "key of another option": (
        ["train", "optimizer=sgd", "optimizer.generator.betas=[0,0.9]"],
        "optimizer.generator.betas is not a setting: ",
    ),
    "a group without a plus": (
        ["train", "sweep=latent_k"],
        "sweep has no option yet: add one by +sweep=...",
    ),
    "a group of a stored run": (
        ["train", "resume={bad}/run", "loss=hinge"],
        "loss of a stored run cannot be replaced: set its values, loss.x=...",
    ),
    "a sweep of one run": (["train", "+sweep=latent_k"], "+sweep is for several runs: add -m"),
    "dashes": (["train", "--experiment", "ring"], "--experiment is no option: a setting has no"),
    "nothing like it": (["train", "zzzz=1"], "zzzz is not a setting: forger train --help lists"),
    "a part of a name": (
        ["train", "latent=3"],
        "latent is not a setting: did you mean model.latent_",
    ),
    "a name run together": (["train", "batchsize=3"], "did you mean data.batch_size?"),
    "a group misspelt": (["train", "discriminater=mlp"], "did you mean discriminator?"),
    "a penalty that rewards": (
        ["train", *SMALL, "penalty=r1", "penalty.r1.gamma=-1"],
        "penalty.r1: gamma (=-1) must be at least 0",
    ),
    "two progress bars": (
        [*TOY, "+callbacks.bar._target_=pytorch_lightning.callbacks.TQDMProgressBar"],
        "callbacks.progress and callbacks.bar are both progress bars: give ~callbacks.progress",
    ),
    "a callback's wrong value": (
        [*TOY, "+callbacks=best", "callbacks.best.mode=least"],
        "callbacks.best.mode (=least) should be 'min' or 'max'",
    ),
    "plain ddp": ([*TOY, "+trainer.strategy=ddp"], "give trainer=ddp, or ddp_find_unused"),
    "known key added": (["train", "+seed=1"], "seed is a setting already: leave out the + before"),
    "an optimizer that is made at once": (
        [*TOY, "~optimizer.generator._partial_"],
        "optimizer.generator gets its params when a run starts: add _partial_: true to its",
    ),
    "unknown option": (["train", "loss=minmax"], "no option minmax: did you mean minimax?"),
    "unknown option in a list": (["train", "callbacks=[grit]"], "did you mean grid?"),
    "unknown experiment": (["train", "experiment=gausian"], "did you mean gaussian_1d?"),
    "no option": (["train", "loss=null"], "loss (=null) must be the name of an option: give loss="),
    "a number for an option": (
        ["train", "callbacks=[grid,3]"],
        "callbacks (=[grid,3]) must be the name of an option: give callbacks=NAME, or callbacks=[]",
    ),
    "a number for an option of another verb": (
        ["evaluate", "ckpt=x", "metrics=3"],
        "metrics (=3) must be the name of an option",
    ),
    "numbers for jobs' options": (["train", "-m", "loss=1,2"], "loss (=1,2) must be the name of"),
    "two launchers": (
        [*TOY, "-m", "seed=1,2", "+launcher=[joblib,together]"],
        "launcher (=[joblib,together]) must be one option of the group, not a list",
    ),
    "another sweeper without its class": (
        [*TOY, "-m", "seed=1,2", "hydra/sweeper=other"],
        "hydra/sweeper brings settings alone, since forger train sets the class: give hydra.sweep",
    ),
    "an option given and removed": (
        ["train", "experiment=ring", "-m", "penalty=r1,dragan", "~penalty.r1"],
        "penalty=r1,dragan gives r1, and ~penalty.r1 removes it: leave out one of the two",
    ),
    "an option given and its group removed": (
        ["train", "experiment=ring", "penalty=r1", "~penalty"],
        "penalty=r1 gives r1, and ~penalty removes it: leave out one of the two",
    ),
    "an option of a list given and removed": (
        ["evaluate", "ckpt=x", "metrics=[frechet]", "~metrics.frechet"],
        "metrics=[frechet] gives frechet, and ~metrics.frechet removes it: leave out one",
    ),
    "two paths for one": (["sample", "a", "b"], "should be a text: give one, ckpt=a\n"),
    "a comma too many": (["train", "-m", "seed=0,"], "seed=0,: a value, bracket or quote is miss"),
    "arguments of a function": (
        ["train", "-m", "seed=range(a,b)"],
        "seed=range(a,b): mismatch type argument",
    ),
    "a range of nothing": (
        ["train", "-m", "seed=range(3,1)"],
        "seed=range(3,1) has no values: give",
    ),
    "a range without steps": (["train", "-m", "seed=range(0,9,0)"], "a range with a step of 0 has"),
    "no name": (["train", "=3"], "=3 has no name before =: give KEY=VALUE, without spaces\n"),
    "a number for a group of Hydra's": (
        ["train", "hydra/launcher=3"],
        "give GROUP=NAME, or ~GROUP",
    ),
    "several names of a sweep": (
        [*TOY, "-m", "seed=0,1", "name=a,b"],
        "name=a,b has several values, and is the same for all jobs: give one;",
    ),
    "several launchers of a sweep": (
        [*TOY, "-m", "seed=0,1", "+launcher=together,joblib"],
        "+launcher=together,joblib has several values, and is the same for all jobs: give one;",
    ),
    "a run whose checkpoint was cut": (
        ["train", "resume={bad}/cut", "trainer.max_steps=9"],
        "last.ckpt is damaged or not a checkpoint of Forger: give another one",
    ),
    "a run that lost its settings": (
        ["train", "resume={bad}/hollow", "trainer.max_steps=9"],
        "trainer.max_steps is not in config/config.yaml of the run: restore it, or leave",
    ),
    "a run that lost its name": (
        ["train", "repeat={bad}/hollow"],
        "config.yaml is damaged: it lacks name; restore it, or start a new run; the checkpoint",
    ),
    "a run that lost what others refer to": (
        ["train", "resume={bad}/modelless"],
        "config.yaml is damaged: model is 3, not settings; restore it, or start a new run",
    ),
    "an array of no images": (
        ["evaluate", "images={bad}/none.npy", "data=digits8"],
        "none.npy has no images: its array is empty, of shape [0, 8, 8]",
    ),
    "an array of something else": (
        ["evaluate", "images={bad}/noise.npy", "data=digits8"],
        "noise.npy is not an array that NumPy can read: ",
    ),
    "a default that is nothing": (["sample", "ckpt=x", "sampler=null"], "forger: no file x: give"),
    "unreadable": (["train", "model.k"], "model.k"),
    "unreadable value": (["train", "model.k=[1"], "model.k"),
    "unknown reference": (["train", "model.k=${nothing}"], "model.k has no value"),
    "two faults": (
        ["train", "model.k=two", "+data.batchsize=2"],
        "(=two) should be a whole number; data.batchsize is not a setting of MNIST: did you mean",
    ),
    "several values": (["train", "seed=0,1"], "forger: seed=0,1 has several values: add -m"),
    "several values where there is no sweep": (
        ["sample", "ckpt=x", "seed=0,1"],
        "forger: seed=0,1 has several values: add [] for a list",
    ),
    "codes of a prior without": (
        ["train", "term=information_maximization"],
        "forger: term.information_maximization.values is read from model.prior.categorical, which",
    ),
    "removing null": (
        ["train", "~model.ema_rampup", "experiment=dcgan"],
        "forger: model.ema_rampup is null: there is nothing to remove",
    ),
    "a resumed run in another folder": (
        ["train", "resume={bad}/run", "hydra.run.dir=elsewhere"],
        "resume goes on in the folder of its run, with its weights: remove hydra.run.dir\n",
    ),
    "a resumed run and another": (
        ["train", "resume={bad}/run", "repeat={bad}/constant"],
        "resume goes on in the folder of its run, with its weights: remove repeat\n",
    ),
    "several runs in one folder": (
        ["train", "resume=run", "seed=1,2", "-m"],
        "resume continues one run, in its folder: remove -m",
    ),
    "a sweep to show": (
        [*TOY, "-m", "--cfg", "job"],
        "--cfg shows the settings of one run: remove -m",
    ),
    # Groups.
    "an option that one job has not": (
        [*TOY, "-m", "loss=hinge,minmax"],
        "loss has no option minmax: did you mean minimax?",
    ),
    "jobs that cannot be trained together": (
        [*TOY, "-m", "model.k=1,2", "+launcher=together"],
        "jobs that differ in seed and learning rates only, and here model.k differs: take",
    ),
    "two losses": ([*TOY, "loss=[minimax,hinge]"], "loss (=[minimax,hinge]) must be one option"),
    "two experiments": (
        ["train", "experiment=[ring,grid]"],
        "experiment (=[ring,grid]) must be one",
    ),
    "two options apart": (
        [*TOY, "+callbacks=best", "+callbacks=field"],
        "callbacks is given 2 times: give +callbacks=[best,field]\n",
    ),
    "two options, one of them added": (
        ["train", "+penalty=r1", "penalty=r2"],
        "penalty is given 2 times: give +penalty=[r1,r2]\n",
    ),
    "an option added to another": (
        ["train", "+experiment=grid"],
        "experiment has an option already: give experiment=grid, without +\n",
    ),
    "an option added to another of several": (
        ["train", "experiment=ring", "+penalty=r2"],
        "give penalty=r2, without +, or penalty=[...,r2] for both\n",
    ),
    "an option with options of its own, added again": (
        ["train", "experiment=infogan", "+term=information_maximization"],
        "is given by two options: choose each option once, without +\n",
    ),
    "a list of options removed": (
        ["train", "experiment=stacked_mnist", "~penalty"],
        "~penalty is for a single option: give penalty=[] to remove all",
    ),
    "spectral regularisation of no layer": (
        ["train", "experiment=dirac", "+term=spectral"],
        "the discriminator has none: give ~term.spectral\n",
    ),
    "an option twice": (["train", "penalty=[r1,r1]"], "penalty (=[r1,r1]) has r1 twice: give it"),
    "an endless number of updates": (
        [*TOY, "trainer.max_steps=1e400"],
        "forger: trainer.max_steps (=inf) must be a finite number\n",
    ),
    "the long name of a run": (
        ["train", f"resume={'a' * 300}"],
        f"forger: {'a' * 40}... is too long for a file name: give a shorter one\n",
    ),
    "a metric of other data": (
        [*TOY, "metrics=[mixture]"],
        "metrics.mixture needs data.centres, which the data chosen does not have: give ~metrics",
    ),
    "no measurements and no best checkpoint": (
        ["train", *SMALL, "data=digits8", "data.evaluator=null", "name=x"],
        "such as metrics=[nearest], or give ~callbacks.measure ~callbacks.best\n",
    ),
    "no measurements": (
        ["train", *SMALL, "data=digits8", "data.evaluator=null", "name=x", "~callbacks.best"],
        "such as metrics=[nearest], or give ~callbacks.measure\n",
    ),
    "no loss": ([*TOY, "~loss"], "loss is not set: give loss=..."),
    "no data": ([*TOY, "~data"], "data is not set: give data=..."),
    "no model": (
        [*TOY, "~model"],
        "model (={'latent_dim': 1, 'k': 2, 'ema_halflife': 50000, 'ema_rampup': None}) should be",
    ),
    "one optimizer": ([*TOY, "~optimizer.generator"], "optimizer has discriminator: give"),
    "no callback": ([*TOY, "+callbacks.mine=3"], "callbacks.mine (=3) should be an option"),
    "a loss as a callback": (
        [*TOY, "+callbacks.mine._target_=forger.losses.Hinge"],
        "callbacks.mine is a Hinge, not a Lightning Callback",
    ),
    "a loss as a penalty": (
        [*TOY, "+penalty.mine._target_=forger.losses.Hinge"],
        "penalty.mine is a Hinge, which cannot be called on examples",
    ),
    "a loss as data": (
        [*TOY, "data={_target_: forger.losses.Hinge, shape: [1]}"],
        "data",
    ),
    "half a conditional pair": (
        ["train", "generator=conditional"],
        "generator has classes=10 and discriminator classes=None",
    ),
    "classes of data without": (
        [*TOLD, "data=gaussian_1d"],
        "generator.classes takes the value of data.classes, which the data chosen does not",
    ),
    # Values.
    "k": ([*TOY, "model.k=0"], "k (=0) must be at least 1"),
    "latent_dim": ([*TOY, "model.latent_dim=0"], "latent_dim (=0) must be at least 1"),
    "negative width": ([*TOY, "generator.widths=[-3]"], "widths (=[-3]) must be at least 1"),
    "negative size": ([*TOY, "data.size=-4"], "data: size (=-4) must be at least 1"),
    "batch size 0": ([*TOY, "data.batch_size=0"], "batch_size (=0) must be at least 1"),
    "k apart from the model's": ([*TOY, "+data.minibatches=7"], "minibatches is not a setting of"),
    "learning rate 0": ([*TOY, "optimizer.generator.lr=0"], "must be a positive number"),
    "learning rate nan": ([*TOY, "optimizer.generator.lr=nan"], "lr (=nan) must be a finite"),
    "no number": ([*TOY, "data.std=nan"], "data.std (=nan) must be a finite number"),
    "beyond 32 bits": (
        ["traverse", "ckpt=none", "high=1e300"],
        "high (=1e+300) is too large for a 32-bit float: give a number below 3.4e38",
    ),
    "nothing to measure": (["evaluate", "ckpt=none", "metrics=[]"], "metrics is empty"),
    "a negative width of data": ([*TOY, "data.std=-1"], "std (=-1) must be"),
    "infinite": ([*TOY, "model.ema_halflife=inf"], "model.ema_halflife (=inf) must be a finite"),
    "betas": ([*TOY, "optimizer.generator.betas=[2,3]"], "optimizer.generator: Invalid beta"),
    "one beta": ([*TOY, "optimizer.generator.betas=[0.5]"], "optimizer.generator: "),
    "no gradient clipping": (
        [*TOY, "+callbacks=gradient_clipping", "callbacks.gradient_clipping.generator=0"],
        "gradient_clipping: generator (=0) must be positive",
    ),
    "negative seed": ([*TOY, "seed=-1"], "seed (=-1) must be in 0..4294967295"),
    "endless seed": ([*TOY, f"seed={10**30}"], "must be in 0..4294967295"),
    "an empty name": (["train", "name="], "name is empty: give name=VALUE, or leave it out\n"),
    "a name of blanks": ([*TOY, "name=' '"], "name (= ) must name one folder"),
    "an empty group": (["train", "generator="], "generator is empty: give generator=OPTION\n"),
    "an empty folder's name": (
        [*FOLDER, "data.folder="],
        "data.folder is empty: give data.folder=",
    ),
    "an empty measure": ([*TOY, "+objective="], "objective is empty: give objective=VALUE"),
    "an empty checkpoint": (
        ["export", "ckpt="],
        "ckpt is empty: give a run folder or a .ckpt file",
    ),
    "a checkpoint of blanks": (["info", "ckpt=' '"], "ckpt is empty: give a run folder or a .ckpt"),
    "an empty argument": (
        ["sample", ""],
        "ckpt is empty: give a run folder or a .ckpt file of one",
    ),
    "no run to resume": (["train", "resume="], "resume is empty: give a run folder, or a .ckpt"),
    "no run to repeat": (["train", "repeat="], "repeat is empty: give a run folder, or a .ckpt"),
    "no runs to report": (["report", "runs="], "runs is empty: give run folders, or folders with"),
    "a list of no runs": (
        ["compare", "runs=[]"],
        "runs is empty: give run folders, or folders with",
    ),
    "a name that leads out": ([*TOY, "name=../x"], "name (=../x) must name one folder"),
    "a class in place of a name": (
        [*TOY, "model.prior._target_=my_prior.Prior"],
        "model.prior._target_ is not a setting yet: add it by +model.prior._target_=...\n",
    ),
    "two names of one folder": (
        ["sample", "ckpt=x", "out=a", "hydra.run.dir=b"],
        "out and hydra.run.dir both name the folder: give out alone\n",
    ),
    "values of a sweep as settings of Hydra's": (
        [*TOY, "-m", 'hydra.sweeper.params={seed:"0,1"}'],
        "hydra.sweeper.params.seed is not a setting: did you mean seed",
    ),
    "values of a sweep for Hydra's sweeper": (
        [*TOY, "-m", '+hydra.sweeper.params.model.k="1,2"'],
        '+hydra.sweeper.params.model.k="1,2" is for a file in conf/sweep/: give the settings',
    ),
    "a term of z for a generator without": (
        ["train", "experiment=dirac", "+term=path_length"],
        "term.path_length is for a generator that uses z: leave it out\n",
    ),
    "a list for a node": (
        ["train", "experiment=ring", "data.centres=[[0,1]]"],
        "data.centres is a group of settings: set them, data.centres.x=..., or remove",
    ),
    "minutes that cannot be": (
        [*TOY, "callbacks.checkpoint.every_n_minutes=-2"],
        "checkpoint: every_n_minutes (=-2) must be positive, or null",
    ),
    "a callback without what it moves": (
        [*TOY, "+callbacks=ada"],
        "callbacks.ada moves the strength of augment=ada: give that as well\n",
    ),
    "a bar that never looks": (
        [*TOY, "callbacks.progress.refresh_every=0"],
        "progress: refresh_every (=0) must be at least 1",
    ),
    "null name": ([*TOY, "name=null"], "name (=null) should be a text"),
    "more samples than the memory takes": (
        [*TOY, f"callbacks.measure.n={10**12}"],
        "callbacks.measure.n (=1000000000000) would take ",
    ),
    "more of a film's lines": (
        [*TOY, "+callbacks=densities", f"callbacks.densities.lines={10**12}"],
        "callbacks.densities.lines (=1000000000000) would take ",
    ),
    "a grid beyond the memory": (
        [*PICTURES, f"callbacks.grid.rows={10**9}", *PLAIN],
        "callbacks.grid.rows (=1000000000), callbacks.grid.columns (=12) would take ",
    ),
    "endless subsets": (
        [*TOY, "+metrics=kernel", f"metrics.kernel.subsets={10**12}"],
        "subsets (=1000000000000) must be at most 100000",
    ),
    # The trainer.
    "devices": ([*TOY, "trainer.devices=nonsense"], "trainer.devices (=nonsense) must be"),
    "no devices": ([*TOY, "trainer.devices=0"], "trainer.devices (=0) must be a number of"),
    "no numbers of devices": ([*TOY, "trainer.devices=[]"], "trainer.devices (=[]) must be a"),
    "accelerator": ([*TOY, "trainer.accelerator=quantum"], "trainer: You selected an invalid"),
    "no end": ([*TOY, "trainer.max_steps=-1"], "trainer.max_steps or trainer.max_epochs must be"),
    "no updates": ([*TOY, "trainer.max_steps=0"], "trainer.max_steps or trainer.max_epochs must"),
    "a schedule of no length": (
        [*TOY, "trainer.max_steps=-1", "trainer.max_epochs=2"],
        "schedule.generator.total_iters (=-1) must be at least 1 update: give it, or trainer.max",
    ),
    "interval 0": (
        [*TOY, "trainer.log_every_n_steps=0"],
        "trainer.log_every_n_steps (=0) must be at least 1",
    ),
    "precision": ([*TOY, "trainer.precision=16-mixed"], "must be 32-true, bf16-mixed or, on a GPU"),
    "a monitor that nothing measures": (
        [*TOY, "+callbacks=early_stopping", "callbacks.early_stopping.monitor=metric/fdi"],
        "(=metric/fdi) is not measured: did you mean metric/fid? Or give ~callbacks.early",
    ),
    "a best without its metric": (
        ["train", *SMALL, "metrics=nearest"],
        "objective (=metric/fid) is not measured: give one of metric/nearest, metric/nearest_",
    ),
    "a metric under no name": (
        ["train", *SMALL, "+metrics._target_=forger.metrics.kernel.Kernel"],
        "forger: metrics._target_ (=forger.metrics.kernel.Kernel) stands under no name: write"
        " in the file of the option a",
    ),
    "a metric without an evaluator": (
        [*FOLDER, "data.folder={bad}/images", "data.batch_size=2", "data.validation_share=0.2"],
        "metrics.frechet: these data have no evaluator (data.evaluator), so no metric of",
    ),
    "a name too long": (
        [*TOY, f"name={'a' * 300}"],
        "is too long for a file name: give a shorter one",
    ),
    "a logger of the trainer": ([*TOY, "+trainer.logger=true"], "choose it by logger=..."),
    # Shapes.
    "generator and data": (["train", "generator.shape=[1,14,14]"], "data.shape is [1, 28, 28]"),
    "generator and latents": (
        [*TOY, "generator.latent_dim=7"],
        "generator does not take latent vectors of [1]: ",
    ),
    "examples and shape": (
        [*TOY, "data.shape=[2]"],
        "data.shape is [2], but the train examples are [1]",
    ),
    "batch": (
        [*TOY, "data.batch_size=30000"],
        "must be at most 50000, the number of training examples",
    ),
    # Data.
    "no archives": (
        ["train", *SMALL, "data=kmnist", "data.root=nowhere"],
        "KMNIST is not in nowhere/KMNIST/raw and could not be downloaded",
    ),
    "truncated archive": (
        ["train", *SMALL, "data=kmnist", "data.root={bad}/truncated"],
        "train-images-idx3-ubyte.gz is corrupt: its MD5 sum is not",
    ),
    "another magic number": (
        ["train", *SMALL, "data=kmnist", "data.root={bad}/magic"],
        "train-labels-idx1-ubyte.gz is corrupt: its MD5 sum is not",
    ),
    "images that have no range": (
        ["train", *SMALL, "data=digits8", "generator.output=identity", *PLAIN],
        "states value_range None, as for points, but these data are images",
    ),
    "floats that have one": (
        ["train", *SMALL, "data=table", "data.file={bad}/floats.npy", "data.shape=[1,2,2]"],
        "states value_range (-1.0, 1.0), as for images, but these data are points, or images of",
    ),
    "no folder": ([*FOLDER, "data.folder=nowhere"], "data.folder (=nowhere) is no folder"),
    "the home of nobody": (["report", "~nobody-here"], "begins with ~ and the name of no user"),
    "a file as a folder": ([*FOLDER, "data.folder={bad}/file"], "file) is no folder"),
    "folder not given": ([*FOLDER], "data.folder is not set: give data.folder=..."),
    "empty folder": ([*FOLDER, "data.folder={bad}/empty"], "has no images that Pillow can read"),
    "damaged image": (
        [*FOLDER, "data.folder={bad}/damaged"],
        "; repair, shrink or remove them, or give data.corrupt=skip",
    ),
    "no readable image": (
        [*FOLDER, "data.folder={bad}/damaged", "data.corrupt=skip"],
        "not an image that Pillow can read",
    ),
    "too few images of mixed sizes": (
        [*FOLDER, "data.folder={bad}/images"],
        "data.batch_size (=64) times model.k (=1) must be at most 8",
    ),
    "classes not counted": (
        [*TOLD, *SQUARE, "data.folder={bad}/images"],
        "generator.classes (=null) should be a whole number: give data.classes=...",
    ),
    "a class missing": (
        [*TOLD, *SQUARE, "data.folder={bad}/images", "data.batch_size=2", "data.classes=3"],
        "images has 2 classes, a, b: give data.classes=2",
    ),
    "a class too many": (
        [*FOLDER, "data.folder={bad}/images", "data.batch_size=2", "data.classes=1"],
        "images has 2 classes, a, b: give data.classes=2",
    ),
    "a class named twice": (
        [*FOLDER, "data.folder={bad}/images", "data.class_names=[a,a]"],
        "class_names (=['a', 'a']) has a name twice: give each once",
    ),
    "a background of no colour": (
        [*FOLDER, "data.folder={bad}/images", "data.background=whit"],
        "background (=whit) must be a colour, such as white",
    ),
    # Checkpoints and runs.
    "checkpoint not given": (["sample"], "ckpt is not set: give ckpt=..."),
    "missing checkpoint": (["sample", "ckpt=nowhere"], "no file nowhere"),
    "foreign checkpoint": (
        ["sample", "ckpt={bad}/foreign.ckpt"],
        "foreign.ckpt is not a checkpoint",
    ),
    "hollow checkpoint": (["sample", "ckpt={bad}/hollow.ckpt"], "hollow.ckpt is not a checkpoint"),
    "truncated checkpoint": (["sample", "ckpt={bad}/truncated.ckpt"], "truncated.ckpt is damaged"),
    "text for a checkpoint": (["sample", "ckpt={bad}/file"], "file is damaged or not a checkpoint"),
    "another network's weights": (
        ["sample", "ckpt={bad}/mixed.ckpt"],
        "mixed.ckpt does not fit the networks of these settings",
    ),
    "no samples": (["sample", "ckpt={bad}/run", "n=0"], "n (=0) must be at least 1"),
    "a place of data that have none": (
        ["evaluate", "ckpt={bad}/run", "data.folder=elsewhere"],
        "data.folder is not a setting of forger.data.toys.Gaussian1D",
    ),
    "label of no class": (
        ["sample", "ckpt={bad}/run", "npz=true", "label=3"],
        "label (=3) needs a conditional GAN: remove label",
    ),
    "missing run": (["train", "resume=nowhere"], "no file nowhere"),
    "foreign run": (["train", "resume={bad}/foreign.ckpt"], "is not in a run folder"),
    "weights alone": (
        ["train", "resume={bad}/weights", "trainer.max_steps=9"],
        "last.ckpt has weights but no optimizer state, so no run can be resumed from it: give",
    ),
    "finished run": (
        ["train", "resume={bad}/run"],
        "last.ckpt is the end of its run, update 3, and of its schedule: start one of trainer.max",
    ),
    "finished run at a constant rate": (
        ["train", "resume={bad}/constant"],
        "last.ckpt is the end of its run, update 3: to go on give trainer.max_steps=6",
    ),
    "a killed run that is to end earlier": (
        ["train", "resume={bad}/killed", "trainer.max_steps=2"],
        "last.ckpt is after trainer.max_steps (=2), update 3: to go on give trainer.max_steps=6",
    ),
    "another end of the schedule": (
        ["train", "resume={bad}/run", "trainer.max_steps=9"],
        "total_iters (=9, as trainer.max_steps) cannot be changed on resume: keep 3, or start a",
    ),
    "another learning rate": (
        ["train", "resume={bad}/run", "optimizer.generator.lr=1e-5", "trainer.max_steps=9"],
        "optimizer.generator.lr cannot be changed on resume: keep ",
    ),
    "changed architecture": (
        ["train", "resume={bad}/run", "generator.widths=[9]", "trainer.max_steps=9"],
        "last.ckpt does not fit the networks of these settings: keep model, generator and",
    ),
    "a file for a folder": (
        [*TOY, "hydra.run.dir={bad}/file"],
        "file: File exists; give another folder by hydra.run.dir=...",
    ),
    "no setting, and too long for a file": ([*TOY, "a" * 5000], "cannot read aaa"),
    "a folder named by nothing": ([*TOY, "hydra.run.dir=x${y}"], "hydra.run.dir has no value: "),
    "no name of a folder": ([*TOY, "hydra.run.dir="], "hydra.run.dir is empty: name a folder"),
    "no name of a job's folder": (
        [*TOY, "-m", "seed=0,1", "hydra.sweep.subdir=''"],
        "hydra.sweep.subdir is empty: name a folder",
    ),
    "a sweep where no folder can be": (
        [*TOY, "-m", "seed=0,1", "hydra.sweep.dir=/proc/x"],
        "cannot write /proc/x: No such file or directory; give another folder by hydra.sweep.dir",
    ),
    "a place where no folder can be": (
        [*TOY, "hydra.run.dir=/proc/x/y"],
        "forger: cannot write /proc",
    ),
    "a folder beyond a link to itself": (
        ["sample", "ckpt={bad}/run", "out={bad}/loop/x"],
        "give another folder by out=...",
    ),
    "a file for a sweep's folder": (
        [*TOY, "-m", "seed=0,1", "hydra.sweep.dir={bad}/file"],
        "file: File exists; give another folder by hydra.sweep.dir=...",
    ),
    "a long name of the best checkpoint": (
        ["train", *SMALL, f"callbacks.best.filename={'a' * 300}"],
        "callbacks.best: filename (=aaaa",
    ),
    "a rate that is none": (
        [*TOY, "optimizer.generator.lr=true"],
        "optimizer.generator.lr (=True) must be a positive number",
    ),
    "a precision that nobody has": (
        [*TOY, "trainer.precision=17"],
        "forger: trainer.precision (=17) must be 32-true, bf16-mixed or, on a GPU, 16-mixed\n",
    ),
    "a term of another latent size": (
        ["train", "experiment=ring", "+term=transport", "model.latent_dim=3"],
        "term.transport needs z and x of one size, but z has 3 numbers and x has 2: give model.lat",
    ),
    "a term that augmentations mislead": (
        ["train", *SMALL, "+term=approximate_r1", "augment=translation"],
        "augment.translation does not work with a penalty by differences of logits",
    ),
    "several discriminator updates at once": (
        ["train", "experiment=ring", "model=extragradient", "model.k=3"],
        "model: k (=3) must be 1: both networks are updated at once",
    ),
    "a profiler that is none": (
        [*TOY, "+trainer.profiler=3"],
        "trainer.profiler (=3) must be simple, advanced or pytorch\n",
    ),
    "a time without its unit": (
        [*TOY, "+trainer.max_time=3.5"],
        "trainer.max_time (=3.5) must be days, hours, minutes and seconds, such as 00:02:30:00\n",
    ),
    "a pair of numbers": (
        [*TOY, "optimizer.generator.betas=x"],
        "optimizer.generator.betas (=x) should be a list of numbers\n",
    ),
    "a union of types": (
        [*TOY, "+trainer.benchmark=x"],
        "benchmark (=x) should be true or false or null\n",
    ),
    "a least number of updates": (
        [*TOY, "trainer.max_steps=2", "+trainer.min_steps=3"],
        "trainer.min_steps (=3) must be at most trainer.max_steps (=2)",
    ),
    "a package to trust": (
        [*TOY, "trust=mine"],
        "trust (=mine) should be a list of texts: give trust=[mine]",
    ),
    "a mode of Hydra's": (
        [*TOY, "hydra.mode=NEVER"],
        "hydra.mode: Invalid value 'NEVER', expected one of [RUN, MULTIRUN]",
    ),
    "a flag without its value": (
        ["train", "--cfg"],
        "forger: --cfg shows settings: give --cfg job, hydra or all\n",
    ),
    "a flag for another": (
        ["train", "--resolve"],
        "--resolve is for settings that are shown: give",
    ),
    "help on a word": (
        ["train", "--help", "model.k"],
        "cannot read model.k: a setting is KEY=VALUE",
    ),
    "a flag of Hydra's": (["sample", "ckpt=x", "-cn", "x"], "-cn is no option: a setting has no"),
    "a flag without its folder": (
        ["train", "--config-dir"],
        "--config-dir (=) is not a folder: give one with your options",
    ),
    "a run to resume with a plus": (
        ["train", "++resume={bad}/empty"],
        "/empty has no checkpoints/last.ckpt, since it is no run or was never saved: give a",
    ),
    "two flags that show": (
        ["sample", "--cfg", "job", "--help"],
        "--cfg and --help both show settings: give one of them\n",
    ),
    "no name of a file": ([*TOY, "hydra.run.dir=a\0b"], "a character of number 0 is in no name"),
    "report of nothing": (
        ["report", "{bad}/empty"],
        "has no runs: no folder in it has a run.json",
    ),
}
if not torch.cuda.is_available():
    CASES["GPU"] = ([*TOY, "trainer=gpu"], "no GPU here: give trainer=cpu")


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files that are not what they should be, and a run that is."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "file").write_text("no checkpoint")
    (folder / "empty").mkdir()
    (folder / "loop").symlink_to("loop")
    for root, archive in (("truncated", "train-images-idx3"), ("magic", "train-labels-idx1")):
        raw = folder / root / "KMNIST" / "raw"
        raw.mkdir(parents=True)
        (raw / f"{archive}-ubyte.gz").write_bytes(b"\x1f\x8b")
    (folder / "damaged").mkdir()
    (folder / "damaged" / "a.png").write_bytes(b"\x89PNG\r\n")
    for i in range(10):
        image = folder / "images" / "ab"[i % 2] / f"{i}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8 + i, 9), 25 * i, np.uint8)).save(image)

    settings = ["experiment=gaussian_1d", "trainer.max_steps=3"]
    config, constant = composed(*settings), composed(*settings, "schedule=constant")
    gan = build(config)
    whole = {"config": gan.config, "state_dict": gan.state_dict(), "global_step": 3}
    other = build(composed("experiment=gaussian_1d", "generator.widths=[9]")).state_dict()
    torch.save({"state_dict": {}}, folder / "foreign.ckpt")
    torch.save(whole | {"config": {}}, folder / "hollow.ckpt")
    torch.save(whole | {"state_dict": other}, folder / "mixed.ckpt")
    run = {"optimizer_states": [], "loops": {}}
    for name, more, settings in (
        ("weights", {}, config),
        ("run", run, config),
        ("constant", run | {"config": build(constant).config}, constant),
    ):
        for part in ("checkpoints", "config"):
            (folder / name / part).mkdir(parents=True)
        torch.save(whole | more, folder / name / "checkpoints" / "last.ckpt")
        OmegaConf.save(settings, folder / name / "config" / "config.yaml")
        ended = {"status": "done", "updates": 3, "seconds": 1.0, "metrics": {}}
        (folder / name / "summary.json").write_text(json.dumps(ended))
    shutil.copytree(folder / "constant", folder / "killed")
    (folder / "killed" / "summary.json").unlink()
    np.save(folder / "none.npy", np.zeros((0, 8, 8), np.uint8))
    np.save(folder / "floats.npy", np.ones((99, 1, 2, 2)))
    (folder / "noise.npy").write_bytes(bytes(range(99)))
    saved = (folder / "run" / "checkpoints" / "last.ckpt").read_bytes()
    for name in ("cut", "hollow"):
        shutil.copytree(folder / "run", folder / name)
    (folder / "cut" / "checkpoints" / "last.ckpt").write_bytes(saved[:400])
    (folder / "hollow" / "config" / "config.yaml").write_text("model: 3")
    shutil.copytree(folder / "run", folder / "modelless")
    lost = OmegaConf.create(OmegaConf.to_container(config) | {"model": 3})  # pyright: ignore
    OmegaConf.save(lost, folder / "modelless" / "config" / "config.yaml")
    (folder / "truncated.ckpt").write_bytes(saved[: len(saved) // 2])
    return folder


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """What should be refused before training must not get there."""

    def fit(*_: object, **__: object) -> None:
        raise AssertionError("it trains")

    monkeypatch.setattr(pytorch_lightning.Trainer, "fit", fit)
    # Nobody listens there: whatever asks the internet is refused at once. urllib keeps the opener
    # that it made with the proxies of its first request: none from before, none for later tests.
    monkeypatch.setattr(urllib.request, "_opener", None)
    for proxy in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.slow
@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(("arguments", "sentence"), CASES.values(), ids=CASES.keys())
def test_bad_input_gets_one_clear_sentence_and_leaves_nothing(
    forger: Forger, tmp_path: Path, bad: Path, arguments: list[str], sentence: str
) -> None:
    before = contents(bad)
    said = forger(*(argument.replace("{bad}", str(bad)) for argument in arguments))
    assert said.startswith("forger: ")
    assert sentence in said
    # Images that were decoded are kept, all of them.
    assert [file for file in contents(tmp_path) if not file.startswith("cache/")] == []
    assert contents(bad) == before


def test_what_is_refused_leaves_no_empty_folder_and_takes_none_away(
    forger: Forger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forger("sample", "ckpt=none.ckpt")
    forger("train", "model.k=0")
    assert not (tmp_path / "outputs").exists()
    (empty := tmp_path / "empty").mkdir()
    monkeypatch.chdir(empty)
    forger("info", "ckpt=none.ckpt")
    assert empty.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"sha256": "0" * 64}, "mine.safetensors does not match mine.json"),
        (None, "mine.json is damaged: Expecting property name"),
        (
            {"shape": "x"},
            "mine.json is damaged: its content.shape (=x) should be a list of whole numbers",
        ),
        ({"classes": 3}, "mine.safetensors is damaged: Error(s) in loading state_dict"),
        ({}, "data.evaluator (=mine) sees images of [1, 28, 28], and these data are of [1, 8, 8]"),
    ],
    ids=["hash", "damaged", "shape", "classes", "size"],
)
def test_an_evaluator_that_does_not_fit_is_refused_before_the_first_update(
    forger: Forger, tmp_path: Path, bad: Path, about: dict[str, Any] | None, sentence: str
) -> None:
    file = tmp_path / "cache" / "evaluators" / "mine.safetensors"
    evaluator.save(evaluator.Evaluator(), file, {})
    facts = file.with_suffix(".json")
    facts.write_text("{" if about is None else json.dumps(json.loads(facts.read_text()) | about))
    settings = [f"data.folder={bad}/images", "data.batch_size=2", "data.evaluator=mine"]
    assert sentence in forger(*FOLDER, *settings)
    assert not list(tmp_path.rglob("*.ckpt"))


# What a file is damaged by: what it holds then, or None for a folder in its place.
DAMAGES: dict[str, bytes | None] = {
    "empty": b"",
    "cut": b'{"step": 1, "se',
    "a list": b"[1]\n",
    "an object": b"{}\n",
    "a number": b"3\n",
    "null": b"null\n",
    "not UTF-8": b'{"seed": "\xe9\xff"}\n',
    "deep": b"[" * 99_999 + b"\n",
    "a folder": None,
}
# A file of a run, by the commands that read it.
READ_BY = {
    "run.json": (["info", "ckpt=run"], ["train", "resume=run", "trainer.max_steps=9"]),
    "summary.json": (
        ["info", "ckpt=run"],
        ["report", "run"],
        ["train", "resume=run", "trainer.max_steps=9"],
    ),
    "curves.jsonl": (["info", "ckpt=run"], ["report", "run"]),
    "config/config.yaml": (
        ["report", "run"],
        ["train", "resume=run", "trainer.max_steps=9"],
        ["train", "repeat=run"],
    ),
    "checkpoints/last.ckpt": (
        ["info", "ckpt=run"],
        ["sample", "ckpt=run"],
        ["interpolate", "ckpt=run"],
        ["traverse", "ckpt=run"],
        ["directions", "ckpt=run"],
        ["invert", "ckpt=run", "image=images/a/0.png"],
        ["export", "ckpt=run"],
        ["evaluate", "ckpt=run"],
        ["train", "resume=run", "trainer.max_steps=9"],
    ),
}


def leave_all(folder: Path) -> None:
    """A run of images with every file that a run leaves, but untrained."""
    settings = [*SMALL, "seed=0", "model.latent_dim=4", "trainer.max_steps=3", "logger=[]"]
    config = composed(*settings)
    gan = build(config)
    contents = {"config": gan.config, "state_dict": gan.state_dict(), "global_step": 3}
    more = {"optimizer_states": [o.state_dict() for o in gan.configure_optimizers()[0]]}
    more |= {"loops": {"fit_loop": {"state_dict": {}}}, "forger_version": version()}
    record(folder, config, settings, {"shared": [], "data_sha256": "0" * 64})
    append(folder, {"metric/fid": 2.0, "loss/generator": 1.0}, 3)
    ended = {"status": "stopped", "updates": 3, "seconds": 1.0, "metrics": {"metric/fid": 2.0}}
    write_json(folder / "summary.json", ended)
    (folder / "checkpoints").mkdir()
    torch.save(contents | more, folder / "checkpoints" / "last.ckpt")


@pytest.fixture
def run(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of such a run."""
    whole = tmp_path_factory.getbasetemp() / "whole"
    if not whole.exists():
        leave_all(whole)
    return shutil.copytree(whole, tmp_path / "run")


@pytest.mark.slow
@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("file", "command"),
    [(file, command) for file, commands in READ_BY.items() for command in commands],
    ids=[f"{file} by {' '.join(c[:2])}" for file, commands in READ_BY.items() for c in commands],
)
def test_a_damaged_file_is_named_by_whatever_reads_it(
    forger: Forger, tmp_path: Path, run: Path, file: str, command: list[str], damage: str
) -> None:
    content = DAMAGES[damage]
    if file == "curves.jsonl" and damage in ("empty", "cut"):
        pytest.skip("as a run leaves it that was killed")
    (run / file).unlink()
    if content is None:
        (run / file).mkdir()
    else:
        (run / file).write_bytes(content)
    before = contents(tmp_path)
    said = forger(*command)
    assert said.startswith("forger: ")
    assert Path(file).name in said or (content is None and "run" in said)
    assert len(said) < 500
    assert contents(tmp_path) == before


# Where in a file a value is of another type, and what the sentence must name.
MISFITS = {
    "run.json": [("seed", "x"), ("packages", []), ("command", "x"), ("data_sha256", None)],
    "summary.json": [
        ("status", 3),
        ("updates", "x"),
        ("seconds", None),
        ("metrics", []),
        ("metrics", {"metric/fid": "low"}),
    ],
}


@pytest.mark.parametrize(
    ("file", "key", "value"), [(file, *pair) for file, pairs in MISFITS.items() for pair in pairs]
)
def test_a_value_of_another_type_is_named(
    forger: Forger, run: Path, file: str, key: str, value: object
) -> None:
    content = json.loads((run / file).read_text())
    node = content[-1] if isinstance(content, list) else content
    for change in ("another", "none"):
        node[key] = value
        if change == "none":
            del node[key]
        (run / file).write_text(json.dumps(content))
        said = forger("info", "ckpt=run")
        assert said.startswith("forger: ")
        assert file in said
        assert key in said


# What of a stored configuration is of another type or missing; `resume` and `sample` read it.
FOREIGN = {
    "a text for a number": {"model": {"latent_dim": "abc"}},
    "a list for a node": {"generator": [1]},
    "a number for a node": {"loss": 3},
    "a list for a dictionary": {"penalty": [1]},
    "a number that is none": {"model": {"ema_halflife": float("nan")}},
    "no class": {"loss": {"_target_": 3}},
    "a class of another Forger": {"loss": {"_target_": "forger.losses.Quantum"}},
    "a setting of another Forger": {"generator": {"depth": 3}},
    "nothing": {"discriminator": None},
}


@pytest.mark.slow
@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("command", [["sample", "ckpt=run"], ["train", "resume=run"]], ids=str)
def test_a_setting_that_no_longer_fits_is_named_with_the_version_that_stored_it(
    forger: Forger, run: Path, change: dict[str, Any], command: list[str]
) -> None:
    starts = json.loads((run / "run.json").read_text())
    starts[-1]["packages"]["forger"] = "9.8.7"
    (run / "run.json").write_text(json.dumps(starts))
    checkpoint, file = run / "checkpoints" / "last.ckpt", run / "config" / "config.yaml"
    saved = torch.load(checkpoint, weights_only=True) | {"forger_version": "9.8.7"}
    config: Any = OmegaConf.load(file)
    for node in (saved["config"], config):
        for name, part in change.items():
            node[name] = {**node[name], **part} if isinstance(part, dict) else part
    torch.save(saved, checkpoint)
    OmegaConf.save(config, file)
    said = forger(*command, *(["trainer.max_steps=9"] if command[0] == "train" else []))
    if command[0] == "sample" and not {"loss", "penalty"}.isdisjoint(change):
        # Nothing to draw samples by.
        assert said.startswith("samples  ")
        return
    assert said.startswith("forger: ")
    assert next(iter(change)) in said or "Quantum" in said
    assert "9.8.7" in said


def test_weights_of_another_kind_are_refused(forger: Forger, run: Path) -> None:
    checkpoint = run / "checkpoints" / "last.ckpt"
    saved = torch.load(checkpoint, weights_only=True)
    name = next(iter(saved["state_dict"]))
    saved["state_dict"][name] = saved["state_dict"][name] + 1j
    torch.save(saved, checkpoint)
    for command in (["sample", "ckpt=run"], ["train", "resume=run", "trainer.max_steps=9"]):
        assert f"({name} holds complex numbers)" in forger(*command)


@pytest.mark.parametrize("verb", ["sample", "interpolate", "traverse", "directions", "export"])
def test_a_diverged_generator_leaves_no_file(
    forger: Forger, tmp_path: Path, run: Path, verb: str
) -> None:
    saved = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    for tensor in saved["state_dict"].values():
        if tensor.is_floating_point():
            tensor[...] = float("nan")
    torch.save(saved, run / "checkpoints" / "last.ckpt")
    assert "has weights that are not finite" in forger(verb, "ckpt=run", "hydra.run.dir=out")
    assert not (tmp_path / "out").exists()


ADAM = ("optimizer_states", 0)
UPDATE = dict.fromkeys(("real", "fake", "loss/discriminator", "loss/generator"), torch.ones(2))
# Where a checkpoint's state of a run is put another value, and what is told of it.
UNFIT: list[tuple[tuple[Any, ...], Any, str]] = [
    (("optimizer_states",), [], "optimizer_states has 0 entries, but the run has 2"),
    (("optimizer_states", 1), {}, "optimizer_states.discriminator lacks state"),
    ((*ADAM, "state", 0), {}, "optimizer_states.generator.state.0 lacks step"),
    (
        (*ADAM, "state", 0),
        {"step": 1, "exp_avg": "x", "exp_avg_sq": torch.zeros(3)},
        "optimizer_states.generator.state.0.exp_avg is str, not [",
    ),
    ((*ADAM, "param_groups", 0, "betas"), "no", "param_groups.0.betas is str, not tuple"),
    ((*ADAM, "param_groups"), [], "param_groups has 0 parts, not 1"),
    (("lr_schedulers",), [{"last_epoch": 0}], "lr_schedulers has 1 entries, but the run has 0"),
    (("loops",), {}, "loops lacks fit_loop"),
    (("loops", "fit_loop", "state_dict"), {"combined_loader": [{}]}, "lacks the position in the"),
    (("loops", "fit_loop", "epoch_progress"), {"total": -1}, "epoch_progress.total (=-1) is no"),
    (
        ("loops", "fit_loop", "epoch_progress"),
        {"total": 1},
        "epoch_progress.total is int, not dict",
    ),
    (
        ("loops", "fit_loop", "epoch_loop.batch_progress"),
        {"total": {"ready": {"ready": 3}}},
        "batch_progress.total.ready is dict, not a number",
    ),
    (
        ("loops", "fit_loop", "state_dict", "combined_loader"),
        [{"epoch": 0, "taken": {"x": 3}, "size": 4}],
        "lacks the position in the data",
    ),
    (("callbacks",), {"SampleGrid": {"z": torch.ones(2, 3)}}, "has latent vectors of 3 numbers"),
    (
        ("callbacks",),
        {"Curves": {"updates": [UPDATE, UPDATE | {"real": torch.ones(3)}]}},
        "callbacks.Curves cannot be loaded: updates must have tensors of the same shapes",
    ),
    (("callbacks",), {"Curves": {"updates": [1]}}, "callbacks.Curves cannot be loaded: "),
    (("callbacks",), {"Measure": {}}, "callbacks.Measure cannot be loaded: KeyError 'measured'"),
    (("callbacks",), {"SampleGrid": {"z": "x"}}, "callbacks.SampleGrid cannot be loaded: z must"),
    (("pytorch-lightning_version",), 3.5j, "pytorch-lightning_version (=3.5j) is not a version"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), UNFIT, ids=[case[2] for case in UNFIT])
def test_a_state_that_no_run_can_go_on_with_is_told_before_anything_is_written(
    forger: Forger, run: Path, path: tuple[Any, ...], value: Any, sentence: str
) -> None:
    checkpoint = run / "checkpoints" / "last.ckpt"
    saved = torch.load(checkpoint, weights_only=True)
    *above, last = path
    node = saved
    for key in above:
        node = node[key]
    node[last] = value
    torch.save(saved, checkpoint)
    before = contents(run)
    said = forger("train", "resume=run", "trainer.max_steps=9")
    assert "last.ckpt is damaged: a run cannot be resumed from its state" in said
    assert sentence in said
    assert contents(run) == before


ENDLESS = [
    ["sample", "n=1000000000"],
    ["sample", f"n={10**30}"],
    ["evaluate", "n=1000000000"],
    ["evaluate", "repeats=1000000000"],
    ["interpolate", "pairs=1000000000"],
    ["interpolate", "frames=1000000000"],
    ["traverse", "steps=1000000000"],
    ["directions", "n=1", "steps=1000000000"],
    ["directions", "n=1", "bases=1000000000"],
    ["invert", "image=a.png", "draws=1000000000"],
]


@pytest.mark.parametrize("command", ENDLESS, ids=" ".join)
def test_more_than_the_memory_takes_is_refused_before_anything_is_made(
    forger: Forger, run: Path, command: list[str]
) -> None:
    said = forger(*command, f"ckpt={run}")
    assert command[-1].partition("=")[0] in said
    assert "GB of memory" in said


def test_a_report_goes_on_without_a_damaged_run_and_says_so(forger: Forger, sweep: Path) -> None:
    (sweep / "0_k-1_seed-0" / "summary.json").write_text("{")
    (sweep / "1_k-1_seed-1" / "config" / "config.yaml").write_text("")
    said = forger("report", str(sweep))
    assert "6 runs: 3 done, 1 diverged, 1 failed, 1 running" in said
    for run, file in (("0_k-1_seed-0", "summary.json"), ("1_k-1_seed-1", "config.yaml")):
        assert re.search(rf"^left out \S+{run}: \S+{file} is damaged: ", said, re.MULTILINE)


def test_a_refused_command_leaves_no_folder(forger: Forger, tmp_path: Path) -> None:
    forger("train", *SMALL, "generator.widths=[0]")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "outputs" / "mine").mkdir(parents=True)
    forger("train", *SMALL, "generator.widths=[0]")
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["mine"]


def test_no_jobs_at_a_time_are_no_sweep(forger: Forger) -> None:
    none = ["+launcher=joblib", "hydra.launcher.n_jobs=0"]
    said = forger(*TOY, "-m", "seed=0,1", *none)
    assert "hydra.launcher.n_jobs (=0) must be a number of jobs, or -1 for all cores" in said


@pytest.mark.parametrize("flag", ["-m", "--multirun"])
@pytest.mark.parametrize("verb", ["sample", "info", "report", "train-evaluator"])
def test_a_verb_that_knows_no_sweep_says_so(forger: Forger, verb: str, flag: str) -> None:
    assert f"-m is for forger train: call forger {verb} once" in forger(verb, flag, "seed=0,1")


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("learning_rate=-1", "learning_rate (=-1) must be positive"),
        ("learning_rate=0", "learning_rate (=0) must be positive"),
        ("weight_decay=-1", "weight_decay (=-1) must be at least 0"),
        ("shift=-1", "shift (=-1) must be at least 0"),
        ("shift=28", "shift (=28) must be less than the images' side, 28"),
        ("epochs=0", "epochs (=0) must be at least 1"),
        ("batch_size=0", "batch_size (=0) must be at least 1"),
    ],
)
def test_an_evaluator_is_not_trained_by_numbers_that_cannot_be(
    forger: Forger, setting: str, sentence: str
) -> None:
    assert sentence in forger("train-evaluator", setting)


# What would take minutes in a verb whose result cannot be written.
WORK = {
    "train-evaluator": "train_evaluator.fit_evaluator",
    "evaluate ckpt=run": "evaluate.sampler_of",
    "evaluate images=pictures data=digits8 data.root=cache": "evaluate.read_images",
    "compare run other": "compare.read_run",
}


@pytest.mark.parametrize(
    ("command", "out"),
    [
        *((command, out) for command in WORK for out in ("file/x", "/proc/x/y")),
        ("train-evaluator", "run"),
        ("evaluate ckpt=run", "file"),
    ],
)
def test_what_could_not_be_kept_is_not_computed(
    forger: Forger,
    tmp_path: Path,
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    out: str,
) -> None:
    shutil.copytree(run, tmp_path / "other")
    (tmp_path / "file").touch()
    before = contents(tmp_path)
    monkeypatch.delattr(f"forger.verbs.{WORK[command]}")
    assert "forger: cannot write " in forger(*command.split(), f"out={out}")
    assert contents(tmp_path).keys() == before.keys()


def test_a_picture_beyond_all_sizes_is_told_by_its_size(
    forger: Forger, tmp_path: Path, run: Path
) -> None:
    for name, side in (("large", 10_000), ("bomb", 20_000)):
        Image.new("1", (side, side)).save(tmp_path / f"{name}.png")
    chosen = [f"ckpt={run}", "draws=2", "restarts=1", "steps=1"]
    said = forger("invert", "image=large.png", *chosen)
    assert "large.png has 10000 x 10000 pixels: the generator's images have 28 x 28" in said
    said = forger("invert", "image=bomb.png", *chosen)
    assert "bomb.png cannot be read: too large, Image size (400000000 pixels) exceeds" in said
    assert "the generator's images have 28 x 28" in said


def test_descents_that_leave_all_numbers_write_nothing(
    forger: Forger, tmp_path: Path, run: Path
) -> None:
    Image.new("L", (28, 28)).save(tmp_path / "a.png")
    far = ["draws=2", "restarts=1", "steps=3", "learning_rate=1e30", "prior_weight=1"]
    said = forger("invert", f"ckpt={run}", "image=a.png", *far, "hydra.run.dir=out")
    assert "lower learning_rate (=1e+30) or prior_weight (=1)" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize("bytes_free", [600, 9_000, 25_000])
def test_a_full_disk_is_told_once_by_all_who_write(
    forger: Forger, tmp_path: Path, bytes_free: int
) -> None:
    often = ["trainer.log_every_n_steps=10", "callbacks.curves.every_n_updates=10"]
    with full_disk(bytes_free):
        said = forger(*TOY, "trainer.max_steps=300", "hydra.run.dir=run", *often)
    assert said.startswith("forger: cannot write ")
    assert "File too large" in said
    curves = tmp_path / "run" / "curves.jsonl"
    assert not curves.exists() or curves.read_bytes().endswith(b"\n")
