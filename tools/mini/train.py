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
import os
import pathlib
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import words
from network import Network, load_exported, read_checkpoint, with_words, write_checkpoint
from scenes import Data, Scene, Scenes, tensors

START = pathlib.Path(__file__).parents[2] / "packages/mini/weights/mini.safetensors"
SEED = 668
# Share of the time up to which a size is used. Small images teach the prompt's words quickly.
STAGES = [(0.3, 96), (0.5, 160), (1.0, 224)]
EARLY = 0.45  # share of the time with more pairs and a stronger selection loss
RATES = {"vision": 3e-4, "others": 9e-4, "heads": 3e-3}
END, WARMUP, DECAY, CLIP, AVERAGE = 0.02, 60, 0.03, 1.0, 0.998
SELECTION = {"early": 0.4, "late": 0.1}
PLACE_WEIGHT, WORD_WEIGHT = 0.3, 0.15
# For a mask without foreground, Dice has no gradient. This share of the image counts as half a mistake instead.
EMPTY_AREA = 0.01
MORE_WORDS = ["light", "big"]
HEADS = {"row": 3, "column": 3, "size": len(words.SIZES), "color": len(words.COLORS)}
SAVE_SECONDS, VALIDATE_SECONDS = 240, 900


def half():
    """bfloat16 if the processor supports it; emulated it is ten times slower than float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def ids_of(tokenizer, prompts):
    rows = tokenizer.rows(prompts)
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for row, tokens in zip(ids, rows):
        row[: len(tokens)] = torch.tensor(tokens)
    return ids


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


def head_loss(heads, text, prompts):
    unit = F.normalize(text, dim=-1) * 5
    goals = torch.tensor([words.targets(p) for p in prompts])
    total = 0
    for column, (name, head) in enumerate(heads.items()):
        goal = goals[:, column]
        if (goal >= 0).any():
            weight = PLACE_WEIGHT / 2 if name in ("row", "column") else WORD_WEIGHT
            total = total + weight * F.cross_entropy(head(unit), goal, ignore_index=-1)
    return total


@torch.no_grad()
def follow(average, network, step):
    """Updates the moving average; faster at first, so that the initial weights are soon forgotten."""
    share = 1 - min(AVERAGE, (step + 1) / (step + 10))
    for kept, value in zip(average.state_dict().values(), network.state_dict().values()):
        kept.lerp_(value, share) if kept.is_floating_point() else kept.copy_(value)


class Validation:
    """Figures on the validation split: Dice with the images' own prompts, and whether prompts are followed."""

    def __init__(self, data, tokenizer, mean, deviation, limit):
        self.tokenizer, self.norm, self.limit = tokenizer, (mean, deviation), limit
        scenes, random = Scenes(data, "val"), np.random.default_rng(1)
        own = lambda index: [self.scene(data, index)]
        self.sets = {name: [s for i in data.pools["val"][name][:limit] for s in own(i)] for name in ("Kvasir", "ISIC")}
        self.sets["drawn"] = [s for i in data.pools["val"]["drawn"][:limit] if data.samples[i]["lesions"] for s in own(i)]
        pairs = lambda maker, count: [s for _ in range(count) for s in maker() or []]
        self.sets["mosaics"] = pairs(lambda: scenes.mosaic(random), limit)
        self.sets["several"] = pairs(lambda: scenes.phantom(random), limit)
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
                image, mask, other, prompts = tensors(part, 0, 224, None, *self.norm)
                with half():
                    found = network(image, ids_of(self.tokenizer, prompts), noisy=False)[0] > 0
                truth, other = mask > 0.5, other > 0.5
                count = lambda values: values.flatten(1).sum(1).double()
                dice += ((2 * count(found & truth) + 1e-7) / (count(found) + count(truth) + 1e-7)).tolist()
                covered += (count(found & other) / count(other).clamp(min=1)).tolist()
                area += found.flatten(1).double().mean(1).tolist()
            figures = lambda values: round(float(np.mean(values)), 4) if values else None
            if name in ("free", "denied"):
                report[name] = {"area": figures(area), "empty": figures([a == 0 for a in area])}
            elif name in ("mosaics", "several"):
                report[name] = {"asked": figures(dice), "other": figures(covered)}
            else:
                report[name] = figures(dice)
        return report


def score_of(report):
    """One number to choose by: what issue 17 asks for, equally weighted."""
    parts = [report["Kvasir"], report["ISIC"], report["mosaics"]["asked"], report["several"]["asked"], report["free"]["empty"], report["denied"]["empty"]]
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
        torch.set_num_threads(options.threads)
        torch.manual_seed(SEED)
        self.data = Data(options.data)
        self.scenes = Scenes(self.data)
        parameters, config, vocabulary = read_checkpoint(options.start)
        parameters, config, vocabulary = with_words(parameters, config | {"skips": True}, vocabulary, MORE_WORDS)
        self.tokenizer = words.Tokenizer(vocabulary)
        self.network = Network(config)
        load_exported(self.network, parameters)
        self.average = copy.deepcopy(self.network).eval()
        self.heads = nn.ModuleDict({name: nn.Linear(config["text"]["outputs"], count) for name, count in HEADS.items()})
        norm = config["preprocessing"]
        self.mean, self.deviation = (torch.tensor(norm[k])[:, None, None] for k in ("mean", "deviation"))
        named = list(self.network.named_parameters())
        group = lambda vision, matrix: [p for n, p in named if n.startswith("vision.") == vision and (p.dim() > 1) == matrix]
        groups = [
            {"params": group(vision, matrix), "weight_decay": DECAY if matrix else 0.0, "top": RATES["vision" if vision else "others"] * options.rate}
            for vision in (True, False)
            for matrix in (True, False)
        ]
        groups.append({"params": list(self.heads.parameters()), "weight_decay": 0.0, "top": RATES["heads"]})
        self.optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=True)
        self.step, self.seconds, self.best = 0, 0.0, 0.0
        self.validation = Validation(self.data, self.tokenizer, self.mean, self.deviation, options.limit)
        self.state_path, self.log_path = options.out / "state.pt", options.out / "log.jsonl"
        if self.state_path.exists():
            self.restore()

    def restore(self):
        state = torch.load(self.state_path, weights_only=False)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.heads.load_state_dict(state["heads"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        self.step, self.seconds, self.best = state["step"], state["seconds"], state["best"]
        # Lines of steps that are trained again.
        if self.log_path.exists():
            lines = [line for line in self.log_path.read_text().splitlines(True) if json.loads(line)["step"] <= self.step]
            write_atomically(self.log_path, lambda path: path.write_text("".join(lines)))
        print(f"resumed at step {self.step}, {self.seconds / 3600:.2f} h", flush=True)

    def save(self):
        state = {
            "network": self.network.state_dict(), "average": self.average.state_dict(), "heads": self.heads.state_dict(),
            "optimizer": self.optimizer.state_dict(), "random": torch.get_rng_state(), "step": self.step, "seconds": self.seconds, "best": self.best,
        }  # fmt: skip
        write_atomically(self.state_path, lambda path: torch.save(state, path))
        self.export("encoders.safetensors")

    def export(self, name):
        write_atomically(self.options.out / name, lambda path: write_checkpoint(path, self.average, self.tokenizer.json))

    def stage(self, share):
        return next(size for until, size in STAGES if share <= until or until == 1.0), "early" if share < EARLY else "late"

    def prepared(self, step, share):
        """The batch of a step. Depends on (step, size, phase) alone."""
        size, phase = self.stage(share)
        random = np.random.default_rng([SEED, step])
        scenes, paired = self.scenes.batch(random, phase)
        return (*tensors(scenes, paired, size, random, self.mean, self.deviation), paired, size, phase)

    def learn(self, batch, share):
        image, mask, other, prompts, paired, size, phase = batch
        warm = min(1, (self.step + 1) / WARMUP)
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * (END + (1 - END) * (1 + math.cos(math.pi * share)) / 2) * warm
        with half():
            logits, patches, text = self.network(image, ids_of(self.tokenizer, prompts))
        text = text.float()
        terms = {
            "mask": mask_loss(logits, mask),
            "selection": SELECTION[phase] * selection_loss(logits[:paired], mask[:paired], other[:paired]),
            "heads": head_loss(self.heads, text, prompts),
            "contrast": 0.1 * soft_contrastive(patches.float().mean(1), text),
        }
        loss = sum(terms.values())
        if not torch.isfinite(loss):
            raise SystemExit(f"step {self.step}: expected a finite loss, got {loss.item()}. The last state is intact; lower --rate.")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        follow(self.average, self.network, self.step)
        self.step += 1
        return {name: float(torch.as_tensor(term).detach()) for name, term in terms.items()} | {"size": size}

    def log(self, record):
        line = json.dumps({"step": self.step, "hours": round(self.seconds / 3600, 4)} | record)
        with open(self.log_path, "a") as file:
            file.write(line + "\n")
        print(line, flush=True)

    def validate(self):
        report = self.validation(self.average)
        score = score_of(report)
        if score >= self.best:
            self.best = score
            self.export("best.safetensors")
        self.log({"validation": report, "score": score, "best": score == self.best})

    def estimate(self):
        """Measures steps of every size and prints what the hours are enough for; changes nothing on disk."""
        clock = time.process_time if self.options.clock == "cpu" else time.monotonic
        begin, steps = 0.0, 0
        for until, size in STAGES:
            self.learn(self.prepared(0, until), until)
            began, count = clock(), 4
            for step in range(count):
                self.learn(self.prepared(step, until), until)
            seconds = (clock() - began) / count
            share = (until - begin) * self.options.hours * 3600
            steps, begin = steps + share / seconds, until
            print(f"{size} px: {seconds:.2f} s per step with its batch, {share / 60:.0f} min for {share / seconds:.0f} steps", flush=True)
        print(f"{self.options.hours} h: about {steps:.0f} steps; batches are made next to the steps if a core is free", flush=True)

    def run(self):
        total = self.options.hours * 3600
        clock = time.process_time if self.options.clock == "cpu" else time.monotonic
        last, saved, validated, terms, rates = clock(), self.seconds, self.seconds, [], []
        if self.step == 0:
            self.validate()
        last = clock()
        # The next batch is made while a step computes.
        with ThreadPoolExecutor(1) as pool:
            ahead = pool.submit(self.prepared, self.step, self.seconds / total)
            while self.seconds < total and self.step < self.options.steps:
                share, batch = self.seconds / total, ahead.result()
                ahead = pool.submit(self.prepared, self.step + 1, share)
                terms.append(self.learn(batch, share))
                now = clock()
                rates.append(now - last)
                self.seconds, last = self.seconds + now - last, now
                if self.step % 100 == 0 or len(terms) == 20 == self.step:
                    mean = lambda name: round(float(np.mean([t[name] for t in terms])), 4)
                    left = total - self.seconds
                    self.log({n: mean(n) for n in ("mask", "selection", "heads", "contrast")} | {"size": terms[-1]["size"], "secondsPerStep": round(float(np.mean(rates)), 3), "hoursLeft": round(left / 3600, 2)})
                    terms, rates = [], []
                if self.seconds - saved > SAVE_SECONDS:
                    saved = self.seconds
                    self.save()
                    last = clock()
                if self.seconds - validated > VALIDATE_SECONDS:
                    validated = self.seconds
                    self.validate()
                    last = clock()
        self.validate()
        self.save()
        (self.options.out / "finished").touch()


def main():
    parser = argparse.ArgumentParser(description="Trains mini end to end.")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="written by src/prepare.ts")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="state, log and checkpoints; resumed if it exists")
    parser.add_argument("--hours", type=float, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--start", type=pathlib.Path, default=START)
    parser.add_argument("--rate", type=float, default=1.0, help="factor of all learning rates")
    parser.add_argument("--steps", type=int, default=10**9, help="ends earlier, for tests")
    parser.add_argument("--estimate", action="store_true", help="only measure the speed")
    parser.add_argument("--limit", type=int, default=60, help="validation images of each kind")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    lock = locked(options.out)  # noqa: F841 (held until the process ends)
    training = Training(options)
    training.estimate() if options.estimate else training.run()


if __name__ == "__main__":
    main()
