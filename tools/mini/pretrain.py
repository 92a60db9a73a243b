"""Pre-trains `mini` end to end and writes a checkpoint. Its encoders are frozen afterwards.

torch 2.13.0 (cpu), numpy 2.4.6, Python 3.11. One thread; the same seed, data and machine give the same weights.

    node --conditions=@medclipseg/source --import tsx tools/mini/src/prepare.ts DATA PROMPTS Kvasir phantoms/{ultrasound,endoscopy,dermoscopy,mri,xray}
    python tools/mini/pretrain.py --data DATA --out OUT --small 64 --large 28 --seed 666
    python tools/mini/pretrain.py --data DATA --out FURTHER --start OUT/pretrained.safetensors --large 34 --rate 4e-4 --seed 667

The second run starts from the result of the first, at 224 pixels and with a lower learning rate. The output is the moving average of the weights
(decay 0.999) after the last epoch; validation does not select a checkpoint. A run with an existing output folder resumes after its last complete epoch.
"""

import argparse
import copy
import json
import math
import pathlib
import re
import time

import numpy as np
import torch
import torch.nn.functional as F

from network import CONFIG, Network, load_exported, read_checkpoint, write_checkpoint

SMALL, LARGE = 128, 224
STEP_OF = {"kvasir": 11, "phantom": 5}  # images per batch
END, WARMUP, DECAY, CLIP, AVERAGE = 0.02, 60, 0.05, 1.0, 0.999
ROWS, COLUMNS = {"top": -1, "bottom": 1}, {"left": -1, "right": 1}
PLACE = re.compile(r"\b(?:(?:(top|bottom) )?(left|right)|(top|bottom))\b")


def transformed(prompt, transpose, across, down):
    """The prompt with its location words changed for an image that was transposed, then mirrored."""

    def rewrite(match):
        row, column = ROWS.get(match[1] or match[3], 0), COLUMNS.get(match[2], 0)
        if transpose:
            row, column = column, row
        row, column = (-row if down else row), (-column if across else column)
        name = lambda words, value: next((w for w, v in words.items() if v == value), "")
        return f"{name(ROWS, row)} {name(COLUMNS, column)}".strip()

    return PLACE.sub(rewrite, prompt)


def half():
    """bfloat16 if the processor supports it; emulated it is ten times slower than float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def without_place(prompt):
    return re.sub(r"located in .* of the image", "located in of the image", prompt)


def generic(prompt):
    lesion = re.search(r"(skin lesion|tumor|opacity|polyp)", prompt)
    return prompt if prompt.startswith("no ") or not lesion else lesion[1]


class Tokenizer:
    def __init__(self, words):
        self.json = words
        self.ids = {word: i + 3 for i, word in enumerate(self.json["words"])}
        self.size = len(self.ids) + 4

    def __call__(self, prompts):
        rows = [[2, *(self.ids.get(w, 1) for w in re.findall(r"[^\W_]+|[^\s\w]", s.lower())), self.size - 1] for s in prompts]
        ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for row, tokens in zip(ids, rows):
            row[: len(tokens)] = torch.tensor(tokens)
        return ids


class Data:
    def __init__(self, folder):
        meta = json.loads((folder / "samples.json").read_text())
        size, self.samples = meta["size"], meta["samples"]
        read = lambda name, *shape: torch.from_numpy(np.fromfile(folder / name, np.uint8).reshape(len(self.samples), size, size, *shape))
        images = read("images.bin", 3).permute(0, 3, 1, 2).flip(1)  # BGR, as in the published models
        masks = (read("masks.bin") >= 127).to(torch.uint8)[:, None] * 255
        # For the small size the images are downsampled first, so that sampling does not skip pixels.
        shrink = lambda t: torch.cat([F.interpolate(part.float(), 144, mode="area").round().to(torch.uint8) for part in t.split(64)])
        self.pixels = {LARGE: torch.cat([images, masks], 1).contiguous(), SMALL: torch.cat([shrink(images), shrink(masks)], 1)}
        self.mean, self.deviation = (torch.tensor(CONFIG["preprocessing"][k])[:, None, None] for k in ("mean", "deviation"))

    def indices(self, split, chosen):
        return [i for i, s in enumerate(self.samples) if s["split"] == split and chosen(s["source"])]

    def batch(self, indices, size, random):
        """A batch, augmented if a random generator is given."""
        count = len(indices)
        prompts = [self.samples[i]["prompt"] for i in indices]
        pixels = self.pixels[size][indices].float()
        theta = torch.eye(2, 3).repeat(count, 1, 1)
        if random is not None:
            for row in range(count):
                transpose, across, down = random.random(3) < 0.5
                angle, scale = math.radians(random.uniform(-20, 20)), random.uniform(0.82, 1.28)
                aspect = math.exp(random.uniform(-0.12, 0.12))
                transform = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
                transform = transform @ np.diag([1 / (scale * aspect), aspect / scale]) @ np.diag([-1.0 if across else 1.0, -1.0 if down else 1.0])
                if transpose:
                    transform = transform[::-1]
                shift = random.uniform(-0.12, 0.12, (2, 1))
                theta[row] = torch.from_numpy(np.concatenate([transform, shift], 1))
                prompt = transformed(prompts[row], transpose, across, down)
                chance = random.random()
                prompts[row] = generic(prompt) if chance < 0.1 else without_place(prompt) if chance < 0.17 else prompt
        if random is not None or pixels.shape[-1] != size:
            grid = F.affine_grid(theta, (count, 4, size, size), align_corners=False)
            pixels = F.grid_sample(pixels, grid, align_corners=False)
        image, mask = pixels[:, :3] / 255, (pixels[:, 3] >= 127).float()
        if random is not None:
            draw = lambda low, high: torch.from_numpy(random.uniform(low, high, (count, 1, 1, 1))).float()
            gray = (image * torch.tensor([0.114, 0.587, 0.299])[:, None, None]).sum(1, keepdim=True)
            image = gray + (image - gray) * draw(0.7, 1.3)
            image = (((image - 0.5) * draw(0.75, 1.25) + 0.5) * draw(0.75, 1.25)).clamp(0, 1)
            blurred = torch.from_numpy(random.random(count) < 0.15)
            if blurred.any():
                image[blurred] = F.avg_pool2d(F.pad(image[blurred], (1, 1, 1, 1), mode="replicate"), 3, 1)
        return (image - self.mean) / self.deviation, mask, prompts


def soft_contrastive(image, text, temperature=0.2):
    """As published: the targets are the rows of t·tᵀ divided by their norms."""
    with torch.no_grad():
        similarity = text @ text.t() / temperature
        targets = (similarity / similarity.norm(dim=-1, keepdim=True)).softmax(-1)
    logits = image @ text.t() / temperature
    terms = targets * logits.log_softmax(-1), targets.t() * logits.t().log_softmax(-1)
    return -sum(term.sum(-1).mean() for term in terms) / 2


def loss_of(logits, patches, text, mask):
    probability, truth = logits.sigmoid().flatten(1), mask.flatten(1)
    overlap = 2 * (probability * truth).sum(1) + 1e-5
    dice = 1 - (overlap / (probability.sum(1) + truth.sum(1) + 1e-5)).mean()
    return 0.5 * dice + 0.5 * F.binary_cross_entropy_with_logits(logits, mask) + 0.1 * soft_contrastive(patches.mean(1), text)


@torch.no_grad()
def validate(network, tokenizer, data, indices, size):
    network.eval()
    scores = {}
    for part in (indices[i : i + 20] for i in range(0, len(indices), 20)):
        image, mask, prompts = data.batch(part, size, None)
        with half():
            predicted = network(image, tokenizer(prompts), noisy=False)[0] > 0
        truth = mask > 0.5
        both = (predicted & truth).flatten(1).sum(1)
        dice = (2 * both + 1e-7) / (predicted.flatten(1).sum(1) + truth.flatten(1).sum(1) + 1e-7)
        for i, score in zip(part, dice):
            scores.setdefault(data.samples[i]["source"], []).append(float(score))
    network.train()
    return {source: round(float(np.mean(values)), 4) for source, values in scores.items()}


@torch.no_grad()
def follow(average, network, step):
    """Updates the moving average; faster at first, so that the initial weights are soon forgotten."""
    share = 1 - min(AVERAGE, (step + 1) / (step + 10))
    for kept, value in zip(average.state_dict().values(), network.state_dict().values()):
        kept.lerp_(value, share) if kept.is_floating_point() else kept.copy_(value)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--small", type=int, default=0, help="epochs at 128 pixels")
    parser.add_argument("--large", type=int, default=0, help="epochs at 224 pixels")
    parser.add_argument("--rate", type=float, default=8e-4, help="maximum learning rate of the cosine schedule")
    parser.add_argument("--start", type=pathlib.Path, help="a checkpoint to start from, with its vocabulary")
    parser.add_argument("--seed", type=int, default=666)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)

    data = Data(options.data)
    if options.start:
        tensors, config, words = read_checkpoint(options.start)
        tokenizer, network = Tokenizer(words), Network(config)
        load_exported(network, tensors)
    else:
        tokenizer = Tokenizer(json.loads((options.data / "tokenizer.json").read_text()))
        network = Network(CONFIG | {"text": CONFIG["text"] | {"vocabulary": tokenizer.size}})
    average = copy.deepcopy(network)
    real = lambda source: source == "Kvasir"
    polyps, drawn = data.indices("train", real), data.indices("train", lambda s: not real(s))
    checked = {SMALL: data.indices("val", real), LARGE: data.indices("val", lambda _: True)}
    matrices = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0}], lr=options.rate, betas=(0.9, 0.99), fused=True
    )
    steps_per_epoch = len(polyps) // STEP_OF["kvasir"]
    total = (options.small + options.large) * steps_per_epoch
    step, drawn_order, begin, start = 0, [], 0, time.time()
    state_path = options.out / "state.pt"
    if state_path.exists():
        state = torch.load(state_path, weights_only=False)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        random.bit_generator.state, drawn_order = state["random"], state["drawn_order"]
        torch.set_rng_state(state["torch_random"])
        step, begin, start = state["step"], state["epoch"], start - state["seconds"]
    for epoch in range(begin, options.small + options.large):
        size = SMALL if epoch < options.small else LARGE
        order, losses = random.permutation(polyps), []
        for first in range(0, steps_per_epoch * STEP_OF["kvasir"], STEP_OF["kvasir"]):
            if len(drawn_order) < STEP_OF["phantom"]:
                drawn_order = list(random.permutation(drawn))
            chosen = [*order[first : first + STEP_OF["kvasir"]], *(drawn_order.pop() for _ in range(STEP_OF["phantom"]))]
            image, mask, prompts = data.batch(chosen, size, random)
            for group in optimizer.param_groups:
                share = (1 + math.cos(math.pi * step / total)) / 2
                group["lr"] = options.rate * (END + (1 - END) * share) * min(1, (step + 1) / WARMUP)
            with half():
                logits, patches, text = network(image, tokenizer(prompts))
            loss = loss_of(logits, patches.float(), text.float(), mask)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimizer.step()
            losses.append(loss.item())
            follow(average, network, step)
            step += 1
        report = {"epoch": epoch, "size": size, "loss": round(float(np.mean(losses)), 4)}
        if epoch % 3 == 2 or epoch + 1 == options.small + options.large:
            report["dice"] = validate(average, tokenizer, data, checked[size], size)
        write_checkpoint(options.out / "pretrained.safetensors", average, tokenizer.json, epoch + 1)
        report["seconds"] = round(time.time() - start)
        with open(options.out / "log.jsonl", "a") as log:
            log.write(json.dumps(report) + "\n")
        state = {
            "network": network.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict(),
            "random": random.bit_generator.state, "torch_random": torch.get_rng_state(), "drawn_order": drawn_order,
            "step": step, "epoch": epoch + 1, "seconds": time.time() - start,
        }  # fmt: skip
        torch.save(state, state_path.with_suffix(".part"))
        state_path.with_suffix(".part").replace(state_path)


if __name__ == "__main__":
    main()
