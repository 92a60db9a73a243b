"""Trains `mini` end to end so that it needs its prompt, and writes a checkpoint for `medclipseg`. Part of `src/make.ts`.

    python tools/mini/train.py --data DATA --out OUT --hours 2.5 --threads 2

Starts from the weights in packages/mini, or from OUT where a training was ended, however it was. Removing OUT/finished and giving more hours
continues one that has ended. The schedule depends on the share of the hours
that is used: image size, learning rate and composition of the batches follow it, and the training ends with them. With `--clock cpu` the hours
are those of the processor, for a training in the background. A later `--hours` stretches the schedule.

What makes the model read its prompt (one seed, from the weights of an earlier mini):
- pairs: two rows of a batch with the same image and another lesion asked for;
- heads for the row, column, size and color that a prompt names, on its text vector; they are thrown away;
- a selection loss on the pixels of the asked and of the other lesions of a pair;
- negatives: prompts for what an image does not show, with an empty mask.
"""

import argparse
import copy
import fcntl
import json
import math
import multiprocessing
import os
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

import words
from network import Network, load_exported, read_checkpoint, with_words, write_checkpoint
from scenes import Batch, Data, Scene, Scenes

START = pathlib.Path(__file__).parents[2] / "packages/mini/weights/mini.safetensors"
SEED = 668
# Share of the time up to which a size is used. Small images teach the prompt's words quickly where steps are slow.
STAGES = {"cpu": [(0.3, 96), (0.5, 160), (1.0, 224)], "cuda": [(0.05, 96), (0.15, 160), (1.0, 224)]}
# Processes that make batches, batches of 16 that make one step, factor of the learning rates.
DEFAULTS = {
    "cpu": {"workers": 1, "groups": 1, "rate": 1.0},
    "cuda": {"workers": max(1, (os.cpu_count() or 1) - 3), "groups": 4, "rate": 1.5},
}
PHASES = ["early", "late"]
EARLY = 0.45  # share of the time with more pairs and a stronger selection loss
RATES = {"vision": 3e-4, "others": 9e-4, "heads": 3e-3}
END, WARMUP, DECAY, CLIP, AVERAGE, DROP_PATH = 0.02, 60, 0.03, 1.0, 0.998, 0.05
SELECTION = {"early": 0.4, "late": 0.2}
PLACE_WEIGHT, WORD_WEIGHT = 0.3, 0.15
# For a mask without foreground, Dice has no gradient. This share of the image counts as half a mistake instead.
EMPTY_AREA = 0.01
MORE_WORDS = ["light", "big"]
HEADS = {"row": 3, "column": 3, "size": len(words.SIZES), "color": len(words.COLORS)}
SAVE_SECONDS = 240


def half(device):
    """bfloat16 if the processor supports it; emulated it is ten times slower than float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda" or torch.cpu._is_avx512_bf16_supported())


class Batches(IterableDataset):
    """The batches from a step on, each made of `groups` batches of 16. A batch depends on (step, phase) alone; `phase` is shared with the processes
    that make them."""

    def __init__(self, scenes, tokenizer, first, groups, phase):
        self.scenes, self.tokenizer, self.first, self.groups, self.phase = scenes, tokenizer, first, groups, phase

    def __iter__(self):
        worker = get_worker_info()
        step, stride = (self.first + worker.id, worker.num_workers) if worker else (self.first, 1)
        while True:
            yield self.batch(step, PHASES[self.phase.value])
            step += stride

    def batch(self, step, phase):
        random = np.random.default_rng([SEED, step])
        parts = [self.scenes.batch(random, phase) for _ in range(self.groups)]
        # All pairs come first.
        scenes = [s for part, paired in parts for s in part[:paired]] + [s for part, paired in parts for s in part[paired:]]
        return Batch(scenes, sum(paired for _, paired in parts), random, self.tokenizer)


def soft_contrastive(image, text, temperature=0.2):
    """As published: the targets are the rows of t·tᵀ divided by their norms."""
    with torch.no_grad():
        similarity = text @ text.t() / temperature
        goals = (similarity / similarity.norm(dim=-1, keepdim=True)).softmax(-1)
    logits = image @ text.t() / temperature
    terms = goals * logits.log_softmax(-1), goals.t() * logits.t().log_softmax(-1)
    return -sum(term.sum(-1).mean() for term in terms) / 2


def mask_loss(logits, mask):
    """Region Dice, or for an empty mask the marked area, and cross-entropy."""
    probability, truth = logits.sigmoid().flatten(1), mask.flatten(1)
    area, wanted = probability.sum(1), truth.sum(1)
    dice = 1 - (2 * (probability * truth).sum(1) + 1e-5) / (area + wanted + 1e-5)
    vain = area / (area + EMPTY_AREA * truth.shape[1])
    return 0.5 * torch.where(wanted > 0, dice, vain).mean() + 0.5 * F.binary_cross_entropy_with_logits(logits, mask)


def selection_loss(logits, mask, other):
    """Cross-entropy on the pixels of the asked and of the other lesions only, each lesion with the same weight."""
    inside = lambda values, where: (values * where).flatten(1).sum(1) / where.flatten(1).sum(1).clamp(min=1)
    return (inside(F.softplus(-logits), mask) + inside(F.softplus(logits), other)).mean() / 2


def head_loss(heads, text, goals):
    unit = F.normalize(text, dim=-1) * 5
    total = 0
    for column, (name, head) in enumerate(heads.items()):
        goal = goals[:, column]
        weight = PLACE_WEIGHT / 2 if name in ("row", "column") else WORD_WEIGHT
        sum_ = F.cross_entropy(head(unit), goal, ignore_index=-1, reduction="sum")
        total = total + weight * sum_ / (goal >= 0).sum().clamp(min=1)
    return total


class Average:
    """The moving average of a network's weights; faster at first, so that the initial weights are soon forgotten."""

    def __init__(self, network):
        self.network = copy.deepcopy(network).eval()
        values = lambda module: [v for v in module.state_dict().values() if v.is_floating_point()]
        self.kept, self.values = values(self.network), values(network)

    @torch.no_grad()
    def follow(self, step):
        torch._foreach_lerp_(self.kept, self.values, 1 - min(AVERAGE, (step + 1) / (step + 10)))


class Validation:
    """Figures on the validation split: Dice with the images' own prompts, and whether prompts are followed."""

    def __init__(self, data, tokenizer, mean, deviation, limit):
        self.tokenizer, self.norm, self.limit = tokenizer, (mean, deviation), limit
        scenes, random = Scenes(data, "val"), np.random.default_rng(1)
        own = lambda index: [self.scene(data, index)]
        self.sets = {name: [s for i in data.pools["val"][name][:limit] for s in own(i)] for name in ("Kvasir", "ISIC")}
        self.sets["drawn"] = [s for i in [i for i in data.pools["val"]["drawn"] if data.samples[i]["lesions"]][:limit] for s in own(i)]
        pairs = lambda maker, count: [s for _ in range(count) for s in maker() or []]
        self.sets["mosaics"] = pairs(lambda: scenes.mosaic(random), limit)
        self.sets["several"] = pairs(lambda: scenes.phantom(random), limit)
        self.sets["sizes"] = pairs(lambda: scenes.phantom(random, "sizes", ("size",)), limit)
        crops = (scenes.free_window(random, i) for i in data.pools["val"]["Kvasir"][:limit])
        empty = np.zeros((224, 224), bool)
        self.sets["free"] = [Scene(crop, empty, "polyp") for crop in crops if crop is not None]
        self.sets["denied"] = [Scene(s.image, empty, "no polyp in the image") for s in self.sets["Kvasir"]]

    @staticmethod
    def scene(data, index):
        return Scene(data.images[index], data.mask(index), data.samples[index]["prompt"])

    @torch.no_grad()
    def __call__(self, network):
        report = {}
        for name, scenes in self.sets.items():
            dice, covered, area = [], [], []
            for part in (scenes[i : i + 20] for i in range(0, len(scenes), 20)):
                batch = Batch(part, 0, None, self.tokenizer).to(self.norm[0].device)
                image, mask, other = batch.rendered(224, *self.norm)
                with half(image.device):
                    found = network(image, batch.ids, noisy=False)[0] > 0
                truth, other = mask > 0.5, other > 0.5
                count = lambda values: values.flatten(1).sum(1).double()
                dice += ((2 * count(found & truth) + 1e-7) / (count(found) + count(truth) + 1e-7)).tolist()
                covered += (count(found & other) / count(other).clamp(min=1)).tolist()
                area += found.flatten(1).double().mean(1).tolist()
            figures = lambda values: round(float(np.mean(values)), 4) if values else None
            if name in ("free", "denied"):
                report[name] = {"area": figures(area), "empty": figures([a == 0 for a in area])}
            elif name in ("mosaics", "several", "sizes"):
                report[name] = {"asked": figures(dice), "other": figures(covered)}
            else:
                report[name] = figures(dice)
        return report


def score_of(report):
    """One number to choose by: what issue 17 asks for, equally weighted."""
    parts = [report["Kvasir"], report["ISIC"], report["mosaics"]["asked"], report["several"]["asked"], report["sizes"]["asked"], report["free"]["empty"], report["denied"]["empty"]]
    return round(float(np.mean([p for p in parts if p is not None])), 4)


def locked(folder):
    """Keeps a second training out of a folder; the lock ends with the process, however it ends."""
    lock = open(folder / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(f"{folder}: expected a folder that no other process trains in. End that process first.")
    return lock


def write_atomically(path, write):
    part = path.with_suffix(path.suffix + ".part")
    write(part)
    with open(part, "rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


class Training:
    def __init__(self, options):
        self.options = options
        self.device = torch.device(options.device)
        self.stages = STAGES[self.device.type]
        torch.set_num_threads(options.threads)
        torch.set_float32_matmul_precision("high")
        torch.manual_seed(SEED)
        self.data = Data(options.data)
        self.scenes = Scenes(self.data)
        parameters, config, vocabulary = read_checkpoint(options.start)
        parameters, config, vocabulary = with_words(parameters, config | {"skips": True}, vocabulary, MORE_WORDS)
        self.tokenizer = words.Tokenizer(vocabulary)
        self.network = Network(config)
        load_exported(self.network, parameters)
        self.network.to(self.device)
        if options.frozen:
            self.network.vision.requires_grad_(False)
            self.network.text.requires_grad_(False)
        for block in self.network.vision.blocks[:-1]:
            block.drop = 0 if options.frozen else DROP_PATH
        self.average = Average(self.network)
        self.heads = nn.ModuleDict({name: nn.Linear(config["text"]["outputs"], count) for name, count in HEADS.items()}).to(self.device)
        norm = config["preprocessing"]
        self.mean, self.deviation = (torch.tensor(norm[k], device=self.device)[:, None, None] for k in ("mean", "deviation"))
        named = [(n, p) for n, p in self.network.named_parameters() if p.requires_grad]
        group = lambda vision, matrix: [p for n, p in named if n.startswith("vision.") == vision and (p.dim() > 1) == matrix]
        groups = [
            {"params": group(vision, matrix), "weight_decay": DECAY if matrix else 0.0, "top": RATES["vision" if vision else "others"] * options.rate}
            for vision in (True, False)
            for matrix in (True, False)
        ]
        groups.append({"params": list(self.heads.parameters()), "weight_decay": 0.0, "top": RATES["heads"]})
        groups = [group for group in groups if group["params"]]
        self.optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=True)
        self.step, self.seconds, self.best = 0, 0.0, 0.0
        self.validation = Validation(self.data, self.tokenizer, self.mean, self.deviation, options.limit)
        self.state_path, self.log_path = options.out / "state.pt", options.out / "log.jsonl"
        if self.state_path.exists():
            self.restore()

    def restore(self):
        state = torch.load(self.state_path, map_location=self.device, weights_only=False)
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.heads.load_state_dict(state["heads"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"].cpu())
        self.step, self.seconds, self.best = state["step"], state["seconds"], state["best"]
        # Lines of steps that are trained again.
        if self.log_path.exists():
            lines = [line for line in self.log_path.read_text().splitlines(True) if json.loads(line)["step"] <= self.step]
            write_atomically(self.log_path, lambda path: path.write_text("".join(lines)))
        print(f"resumed at step {self.step}, {self.seconds / 3600:.2f} h", flush=True)

    def save(self):
        state = {
            "network": self.network.state_dict(), "average": self.average.network.state_dict(), "heads": self.heads.state_dict(),
            "optimizer": self.optimizer.state_dict(), "random": torch.get_rng_state(), "step": self.step, "seconds": self.seconds, "best": self.best,
        }  # fmt: skip
        write_atomically(self.state_path, lambda path: torch.save(state, path))
        self.export("encoders.safetensors")

    def export(self, name):
        write_atomically(self.options.out / name, lambda path: write_checkpoint(path, copy.deepcopy(self.average.network).cpu(), self.tokenizer.json))

    def share(self, total):
        """How much of the schedule is done."""
        return self.options.begin + (1 - self.options.begin) * self.seconds / total

    def stage(self, share):
        return next(size for until, size in self.stages if share <= until or until == 1.0), "early" if share < EARLY else "late"

    def learn(self, batch, share):
        size, phase = self.stage(share)
        batch = batch.to(self.device)
        image, mask, other = batch.rendered(size, self.mean, self.deviation)
        warm, paired = min(1, (self.step + 1) / WARMUP), batch.paired
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * (END + (1 - END) * (1 + math.cos(math.pi * share)) / 2) * warm
        with half(self.device):
            logits, patches, text = self.network(image, batch.ids)
        text = text.float()
        terms = {
            "mask": mask_loss(logits, mask),
            "selection": SELECTION[phase] * selection_loss(logits[:paired], mask[:paired], other[:paired]),
            "heads": head_loss(self.heads, text, batch.goals),
            "contrast": 0.1 * soft_contrastive(patches.float().mean(1), text),
        }
        self.optimizer.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        self.average.follow(self.step)
        self.step += 1
        return torch.stack([term.detach() for term in terms.values()])

    def means(self, terms):
        """Means of the terms of the loss. Asked for every hundred steps, since a GPU would wait for each."""
        values = torch.stack(terms).mean(0).tolist()
        if not all(map(math.isfinite, values)):
            raise SystemExit(f"step {self.step}: expected a finite loss, got {values}. The last state is intact; lower --rate.")
        return dict(zip(("mask", "selection", "heads", "contrast"), (round(v, 4) for v in values)))

    def log(self, record):
        line = json.dumps({"step": self.step, "hours": round(self.seconds / 3600, 4)} | record)
        with open(self.log_path, "a") as file:
            file.write(line + "\n")
        print(line, flush=True)

    def validate(self):
        report = self.validation(self.average.network)
        score = score_of(report)
        if score >= self.best:
            self.best = score
            self.export("best.safetensors")
        self.log({"validation": report, "score": score, "best": score == self.best})

    def estimate(self):
        """Measures steps of every size and prints what the hours are enough for; changes nothing on disk."""
        clock = time.process_time if self.options.clock == "cpu" else time.monotonic
        batches = Batches(self.scenes, self.tokenizer, 0, self.options.groups, None)
        begin, steps, count = 0.0, 0, 4
        for until, size in self.stages:
            learn = lambda step: self.learn(batches.batch(step, self.stage(until)[1]), until).tolist()
            learn(0)
            began = clock()
            for step in range(count):
                learn(step)
            seconds = (clock() - began) / count
            share = (until - begin) * self.options.hours * 3600
            steps, begin = steps + share / seconds, until
            print(f"{size} px: {seconds:.2f} s per step with its batch, {share / 60:.0f} min for {share / seconds:.0f} steps", flush=True)
        print(f"{self.options.hours} h: about {steps:.0f} steps; other processes make the batches next to the steps", flush=True)

    def run(self):
        total = self.options.hours * 3600
        clock = time.process_time if self.options.clock == "cpu" else time.monotonic
        if self.step == 0:
            self.validate()
        phase = multiprocessing.Value("i", PHASES.index(self.stage(self.share(total))[1]))
        batches = Batches(self.scenes, self.tokenizer, self.step, self.options.groups, phase)
        loader = DataLoader(batches, batch_size=None, num_workers=self.options.workers, pin_memory=self.device.type == "cuda", multiprocessing_context="fork")
        last, saved, validated, terms, rates = clock(), self.seconds, self.seconds, [], []
        for batch in loader:
            share = self.share(total)
            phase.value = PHASES.index(self.stage(share)[1])
            terms.append(self.learn(batch, share))
            now = clock()
            rates.append(now - last)
            self.seconds, last = self.seconds + now - last, now
            if self.step % 100 == 0 or len(terms) == 20 == self.step:
                self.log(self.means(terms) | {"size": self.stage(share)[0], "secondsPerStep": round(float(np.mean(rates)), 4), "hoursLeft": round((total - self.seconds) / 3600, 3)})
                terms, rates = [], []
            if self.seconds - saved > min(SAVE_SECONDS, total / 4):
                saved = self.seconds
                self.save()
                last = clock()
            if self.seconds - validated > total / self.options.validations:
                validated = self.seconds
                self.validate()
                last = clock()
            if self.seconds >= total or self.step >= self.options.steps:
                break
        self.validate()
        self.save()
        (self.options.out / "finished").touch()


def main():
    parser = argparse.ArgumentParser(description="Trains mini end to end.")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="written by src/prepare.ts")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="state, log and checkpoints; resumed if it exists")
    parser.add_argument("--hours", type=float, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, help="processes that make batches")
    parser.add_argument("--groups", type=int, help="batches of 16 that make one step")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--start", type=pathlib.Path, default=START)
    parser.add_argument("--frozen", action="store_true", help="train adapters and decoder only")
    parser.add_argument("--rate", type=float, help="factor of all learning rates")
    parser.add_argument("--steps", type=int, default=10**9, help="ends earlier, for tests")
    parser.add_argument("--begin", type=float, default=0.0, help="share of the schedule to leave out: 0.75 trains a finished model on at low rates")
    parser.add_argument("--validations", type=int, default=10)
    parser.add_argument("--estimate", action="store_true", help="only measure the speed")
    parser.add_argument("--limit", type=int, default=60, help="validation images of each kind")
    options = parser.parse_args()
    for name, value in DEFAULTS[options.device].items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.out.mkdir(parents=True, exist_ok=True)
    lock = locked(options.out)  # noqa: F841 (held until the process ends)
    training = Training(options)
    training.estimate() if options.estimate else training.run()


if __name__ == "__main__":
    main()
