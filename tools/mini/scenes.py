"""Training batches: single images, pairs that differ only in what is asked for, and images without what is asked for.

A batch depends only on (seed, step), so that a resumed training sees the same batches. Images are uint8 [N, 224, 224, 3] in memory."""

import json
import math
import re

import numpy as np
import torch
import torch.nn.functional as F

import words

SIZE = 224
CANVAS = 10  # attempts at a composition
APART = 1.5  # a word for the size sets a lesion apart where areas differ by this factor, as in `distinctions`
# The rows of a batch, 17 or 18 early and 24 or 25 late: two for each pair of one image, then single images by source, then negatives.
PAIRS = {
    "early": ["mosaic", "paste", "phantom", "mosaic phantom"],
    "late": ["mosaic", "paste", "phantom", "places", "sizes", "paste phantom"],
}
SINGLES = {"early": ["Kvasir"] * 4 + ["ISIC"], "late": ["Kvasir"] * 6 + ["ISIC", "several"]}
NEGATIVES = ["crop", "crop", "denied", "other"]


class Scene:
    """An image [224, 224, 3], the mask that is asked for, the mask of what must not be marked, and a prompt."""

    def __init__(self, image, mask, prompt, other=None):
        self.image, self.mask, self.prompt = image, mask, prompt
        self.other = np.zeros_like(mask) if other is None else other


def resized(image, width, height, nearest=False):
    """Bilinear (or nearest) resampling of uint8 [H, W] or [H, W, C]."""
    tensor = torch.from_numpy(np.ascontiguousarray(image))
    tensor = tensor[None, None].float() if image.ndim == 2 else tensor.permute(2, 0, 1)[None].float()
    options = {"mode": "nearest"} if nearest else {"mode": "bilinear", "align_corners": False, "antialias": True}
    out = F.interpolate(tensor, (height, width), **options)[0].round().to(torch.uint8)
    return (out[0] if image.ndim == 2 else out.permute(1, 2, 0)).numpy()


def box_of(mask):
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def cell_of(mask):
    top, bottom, left, right = box_of(mask)
    return words.place_of((left + right) / 2 / mask.shape[1], (top + bottom) / 2 / mask.shape[0])


def grown(mask, by):
    """Grows a boolean mask by `by` pixels in every direction."""
    tensor = torch.from_numpy(mask)[None, None].float()
    for side, pad in (((2 * by + 1, 1), (by, 0)), ((1, 2 * by + 1), (0, by))):
        tensor = F.max_pool2d(tensor, side, 1, pad)
    return tensor[0, 0].numpy() > 0.5


class Data:
    """The images of all sources in a folder, in the order of their names."""

    def __init__(self, folder):
        folders = sorted(path.parent for path in folder.glob("*/samples.json"))
        if not folders:
            raise SystemExit(f"{folder}: expected a folder for each source, written by src/prepare.ts, got none.")
        parts = [json.loads((path / "samples.json").read_text())["samples"] for path in folders]
        self.samples = [sample for part in parts for sample in part]
        self.images = np.empty((len(self.samples), SIZE, SIZE, 3), np.uint8)
        self.labels = np.empty((len(self.samples), SIZE, SIZE), np.uint8)
        at = 0
        for path, part in zip(folders, parts):
            rows = slice(at, at := at + len(part))
            self.images[rows] = np.fromfile(path / "images.bin", np.uint8).reshape(-1, SIZE, SIZE, 3)
            self.labels[rows] = np.fromfile(path / "labels.bin", np.uint8).reshape(-1, SIZE, SIZE)
        self.by_source = lambda split, test: [i for i, s in enumerate(self.samples) if s["split"] == split and test(s)]
        self.pools = {split: self._pools(split) for split in ("train", "val")}

    def _pools(self, split):
        real = ("Kvasir", "ISIC")
        pools = {name: self.by_source(split, lambda s: s["source"] == name) for name in real}
        pools["polyp"] = self.by_source(split, lambda s: s["source"] == "Kvasir" and len(s["lesions"]) == 1 and s["prompt"].startswith("one "))
        pools["skin"] = self.by_source(split, lambda s: s["source"] == "ISIC" and len(s["lesions"]) == 1)
        phantom = lambda s: s["source"] not in real
        pools["drawn"] = self.by_source(split, phantom)
        pools["several"] = self.by_source(split, lambda s: phantom(s) and len(s["lesions"]) > 1)
        pools["sizes"] = [i for i in pools["several"] if len({lesion["size"] for lesion in self.samples[i]["lesions"]}) > 1]
        pools["empty"] = self.by_source(split, lambda s: phantom(s) and not s["lesions"])
        for source in {s["source"] for s in self.samples if phantom(s)}:
            pools[f"one {source}"] = self.by_source(split, lambda s: s["source"] == source and len(s["lesions"]) == 1)
        return pools

    def mask(self, index):
        return self.labels[index] > 0

    def lesion(self, index, number):
        return self.labels[index] == number + 1


class Scenes:
    """Draws scenes from the images of a split."""

    def __init__(self, data, split="train"):
        self.data, self.pools = data, data.pools[split]

    def pick(self, random, pool):
        return int(self.pools[pool][random.integers(len(self.pools[pool]))])

    def noun(self, random, index):
        """The noun of the published prompts, or another for the same thing."""
        nouns = words.KINDS[self.data.samples[index]["kind"]]
        chance = random.random()
        return nouns[0] if chance < 0.75 else words.GENERIC if chance < 0.83 else nouns[random.integers(len(nouns))]

    def asked(self, random, index, lesions, number, places, kinds, areas=None):
        """A prompt that fits only one of the lesions: (size, color) by lesion, and their places. None if no word sets it apart."""
        size, color = lesions[number]
        areas = areas or [1] * len(lesions)
        alike = lambda i: lesions[i][0] == size or max(areas[i], areas[number]) < APART * min(areas[i], areas[number])
        unique = {
            "place": sum(p == places[number] for p in places) == 1,
            "size": not any(alike(i) for i in range(len(lesions)) if i != number),
            "color": color is not None and sum(c == color for _, c in lesions) == 1,
        }
        kinds = [kind for kind in kinds if unique[kind]]
        if not kinds:
            return None
        kind = kinds[random.integers(len(kinds))]
        templates = {"place": words.BY_PLACE, "size": words.BY_SIZE, "color": words.BY_COLOR}[kind]
        # The form of the datasets' prompts is as frequent as all others together.
        template = templates[0] if random.random() < 0.5 else templates[random.integers(len(templates))]
        return template.format(noun=self.noun(random, index), place=places[number], size=size, color=color)

    def mosaic(self, random, phantom=False):
        """Two or four images in one. Returns the scenes that ask for each of two of them."""
        if phantom:
            pool = self.sources[random.integers(len(self.sources))]
        else:
            pool = "polyp" if random.random() < 0.8 else "skin"
        count = 2 if random.random() < 0.7 else 4
        chosen = [self.pick(random, pool) for _ in range(count)]
        image = np.zeros((SIZE, SIZE, 3), np.uint8)
        across = random.random() < 0.5
        if count == 2:
            cut = int(random.uniform(0.38, 0.62) * SIZE)
            boxes = [(0, SIZE, 0, cut), (0, SIZE, cut, SIZE)] if across else [(0, cut, 0, SIZE), (cut, SIZE, 0, SIZE)]
            names = ["left", "right"] if across else ["top", "bottom"]
        else:
            y, x = (int(random.uniform(0.42, 0.58) * SIZE) for _ in "yx")
            boxes = [(0, y, 0, x), (0, y, x, SIZE), (y, SIZE, 0, x), (y, SIZE, x, SIZE)]
            names = ["top left", "top right", "bottom left", "bottom right"]
        masks = []
        whole = random.random() < 0.5
        # Some parts show no lesion, so that a prompt for one there has an empty mask.
        vain = random.random() < 0.12
        for at, (index, (top, bottom, left, right)) in enumerate(zip(chosen, boxes)):
            height, width = bottom - top, right - left
            part, mask = self.data.images[index], self.data.mask(index)
            if count == 2 and not whole:
                t, b, l, r = box_of(mask)
                y0 = int(np.clip((t + b - height) // 2, 0, SIZE - height))
                x0 = int(np.clip((l + r - width) // 2, 0, SIZE - width))
                part, mask = part[y0 : y0 + height, x0 : x0 + width], mask[y0 : y0 + height, x0 : x0 + width]
            if vain and at == 0:
                window = self.free_window(random, index)
                if window is not None:
                    part, mask = window, np.zeros((8, 8), bool)
            image[top:bottom, left:right] = resized(part, width, height)
            full = np.zeros((SIZE, SIZE), bool)
            full[top:bottom, left:right] = resized(mask.astype(np.uint8) * 255, width, height, nearest=True) > 127
            masks.append(full)
        if any(not m.any() for m in masks[1:]):
            return None
        cells = [cell_of(m) if m.any() else names[i] for i, m in enumerate(masks)]
        places = names if random.random() < 0.6 or len(set(cells)) < count else cells
        return self.pair(random, image, masks, chosen, places, keep=0.5, kinds=("place", "place", "size"))

    def pair(self, random, image, masks, chosen, places, keep, colors=None, kinds=("place",)):
        """Two scenes of the same image that ask for different lesions. `keep`: how often the words of the lesion's own prompt stay."""
        areas = [max(m.mean(), 1e-9) for m in masks]
        sizes = [words.size_of(area) for area in areas]
        lesions = list(zip(sizes, colors or [None] * len(masks)))
        scenes = []
        for number in random.permutation(len(masks)):
            number = int(number)
            prompt = None
            if random.random() < keep:
                own = words.replaced_place(self.data.samples[chosen[number]]["prompt"], places[number])
                if own and places.count(places[number]) == 1:
                    prompt = re.sub(r"\b(small|medium|large)\b", sizes[number], own, count=1)
            prompt = prompt or self.asked(random, chosen[number], lesions, number, places, kinds, areas)
            if prompt is not None:
                other = np.logical_or.reduce([m for i, m in enumerate(masks) if i != number])
                scenes.append(Scene(image, masks[number], prompt, other))
            if len(scenes) == 2:
                return scenes
        return None

    def paste(self, random, phantom=False):
        """A second lesion pasted into another cell of the image, with soft edges and matched colors."""
        if phantom:
            pool = self.sources[random.integers(len(self.sources))]
        else:
            pool = "polyp" if random.random() < 0.8 else "skin"
        here, there = self.pick(random, pool), self.pick(random, pool)
        mask, lesion = self.data.mask(here), self.data.mask(there)
        factor = random.uniform(0.5, 1)
        top, bottom, left, right = box_of(lesion)
        height, width = int((bottom - top) * factor), int((right - left) * factor)
        if max(height, width) > 0.55 * SIZE or min(height, width) < 8 or mask.mean() > 0.35:
            return None
        # A margin around the lesion, for the feathered edge.
        margin = 14
        t, b, l, r = max(0, top - margin), min(SIZE, bottom + margin), max(0, left - margin), min(SIZE, right + margin)
        h, w = int((b - t) * factor), int((r - l) * factor)
        y, x = int(random.integers(0, SIZE - h + 1)), int(random.integers(0, SIZE - w + 1))
        patch = resized(self.data.images[there][t:b, l:r], w, h).astype(np.float32)
        second = np.zeros((SIZE, SIZE), bool)
        second[y : y + h, x : x + w] = resized(lesion[t:b, l:r].astype(np.uint8) * 255, w, h, nearest=True) > 127
        if second.sum() < 60 or cell_of(second) == cell_of(mask):
            return None
        near = grown(second, 4)
        far = grown(near, 8)
        if (far & mask).any():
            return None
        inside = near[y : y + h, x : x + w]
        source = inside & ~second[y : y + h, x : x + w]
        ring = far & ~near
        image = self.data.images[here].copy()
        shift = image[ring].mean(0) - patch[source].mean(0) if ring.any() and source.any() else 0
        weight = F.avg_pool2d(F.avg_pool2d(torch.from_numpy(near)[None, None].float(), 7, 1, 3), 7, 1, 3)[0, 0].numpy()[y : y + h, x : x + w, None]
        area = image[y : y + h, x : x + w]
        area[:] = np.clip(area + (np.clip(patch + shift, 0, 255) - area) * weight, 0, 255).astype(np.uint8)
        masks = [mask, second]
        return self.pair(random, image, masks, [here, there], [cell_of(m) for m in masks], keep=0.4, kinds=("place", "size"))

    def phantom(self, random, pool="several", kinds=("place", "size", "color")):
        """A phantom with several lesions, one of which is asked for by place, size or color."""
        index = self.pick(random, pool)
        lesions = self.data.samples[index]["lesions"]
        masks = [self.data.lesion(index, i) for i in range(len(lesions))]
        places, colors = [lesion["place"] for lesion in lesions], [lesion.get("color") for lesion in lesions]
        return self.pair(random, self.data.images[index], masks, [index] * len(masks), places, 0, colors, kinds)

    def single(self, random, pool):
        """One image with the prompt of its dataset, sometimes a shorter one or a place that is slightly off."""
        index = self.pick(random, pool)
        sample = self.data.samples[index]
        prompt, chance = sample["prompt"], random.random()
        place = sample["lesions"][0]["place"] if len(sample["lesions"]) == 1 else None
        if not sample["lesions"]:
            prompt = f"no {words.KINDS[sample['kind']][0]} in the image"
        elif chance < 0.12:
            prompt = self.noun(random, index)
        elif chance < 0.2:
            prompt = words.without_place(prompt)
        elif chance < 0.35 and place:
            near = words.neighbors(place)
            prompt = words.replaced_place(prompt, near[random.integers(len(near))]) or prompt
        elif chance < 0.45 and place:
            lesion = sample["lesions"][0]
            prompt = self.asked(random, index, [(lesion["size"], None)], 0, [place], ("place", "size"))
        elif chance < 0.62:
            prompt = words.otherwise(prompt, random.random())
        return Scene(self.data.images[index], self.data.mask(index), prompt)

    def free_window(self, random, index):
        """A window of an image that shows no lesion, [224, 224, 3]; None if there is none."""
        mask = self.data.mask(index)
        for _ in range(20):
            side = int(random.uniform(0.3, 0.7) * SIZE)
            top, left = (int(v) for v in random.integers(0, SIZE - side + 1, 2))
            if not mask[top : top + side, left : left + side].any():
                return resized(self.data.images[index][top : top + side, left : left + side], SIZE, SIZE)
        return None

    def negative(self, random, form):
        """An image that does not show what the prompt asks for: a crop or a phantom without lesion, a denial, or the noun of another lesion."""
        empty = np.zeros((SIZE, SIZE), bool)
        if form == "crop" and random.random() < 0.5 and self.pools["empty"]:
            index = self.pick(random, "empty")
            return Scene(self.data.images[index], empty, self.in_vain(random, index))
        index = self.pick(random, "Kvasir" if random.random() < 0.7 else "ISIC" if random.random() < 0.6 else "drawn")
        sample = self.data.samples[index]
        image = self.data.images[index]
        if form == "crop":
            image = self.free_window(random, index)
            return None if image is None else Scene(image, empty, self.in_vain(random, index))
        if form == "denied":
            noun = self.noun(random, index)
            return Scene(image, empty, [f"no {noun} in the image", f"no {noun} visible in the image", f"no {noun}"][random.integers(3)])
        others = [kind for kind in words.KINDS if kind != sample["kind"]]
        noun = words.KINDS[others[random.integers(len(others))]][0]
        prompt = noun if random.random() < 0.3 else words.NOUN.sub(noun, sample["prompt"], count=1)
        return None if prompt == sample["prompt"] or prompt.startswith("no ") else Scene(image, empty, prompt)

    def in_vain(self, random, index):
        """An affirmative prompt for a lesion that could be there."""
        noun = self.noun(random, index)
        lesion = [(words.SIZES[random.integers(3)], words.COLORS[random.integers(len(words.COLORS))])]
        chance = random.random()
        if chance < 0.45:
            return noun
        if chance < 0.6:
            return f"one {noun} in the image"
        same = [i for i in self.pools["Kvasir"] + self.pools["ISIC"] if self.data.samples[i]["kind"] == self.data.samples[index]["kind"]]
        if chance < 0.8 and same:
            return self.data.samples[same[random.integers(len(same))]]["prompt"]
        return self.asked(random, index, lesion, 0, [words.PLACES[random.integers(9)]], ("place", "size", "color"))

    @property
    def sources(self):
        """Pools of phantoms with one lesion, by modality."""
        return sorted(name for name, pool in self.pools.items() if name.startswith("one ") and pool)

    def batch(self, random, phase):
        """Scenes of a batch; the first come in pairs of the same image. Returns them and the number of paired rows."""
        makers = {
            "mosaic": lambda: self.mosaic(random),
            "mosaic phantom": lambda: self.mosaic(random, phantom=True),
            "paste": lambda: self.paste(random),
            "paste phantom": lambda: self.paste(random, phantom=True),
            "phantom": lambda: self.phantom(random),
            "places": lambda: self.phantom(random, kinds=("place",)),
            "sizes": lambda: self.phantom(random, "sizes", ("size",)),
        }
        scenes = []
        for kind in PAIRS[phase]:
            scenes += drawn(makers[kind]) or drawn(makers["mosaic"]) or []
        paired = len(scenes)
        scenes += [self.single(random, pool) for pool in SINGLES[phase]]
        scenes.append(self.single(random, "drawn" if random.random() < 0.7 else "ISIC"))
        scenes += filter(None, (drawn(lambda: self.negative(random, form)) for form in NEGATIVES[: 3 + (random.random() < 0.5)]))
        return scenes, paired


def drawn(maker):
    """The first result of a maker that is not None; None after too many attempts."""
    return next(filter(None, (maker() for _ in range(CANVAS))), None)


def placed(random, strength):
    """A random affine map as the rows of `affine_grid`, and the symmetry in it, by which place words change."""
    transpose, across, down = (bool(v) for v in random.random(3) < 0.5)
    angle = math.radians(random.uniform(-20, 20) * strength)
    scale = random.uniform(0.9, 1.12) if strength < 1 else random.uniform(0.82, 1.28)
    aspect = math.exp(random.uniform(-0.12, 0.12) * strength)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    turn = turn @ np.diag([1 / (scale * aspect), aspect / scale]) @ np.diag([-1.0 if across else 1.0, -1.0 if down else 1.0])
    shift = random.uniform(-0.12, 0.12, (2, 1)) * (strength if strength < 1 else 1)
    return np.concatenate([turn[::-1] if transpose else turn, shift], 1), (transpose, across, down)


class Batch:
    """What the processes that make batches hand over: scenes as bytes and the random choices of their augmentation.

    pixels uint8 [B, 224, 224, 5] (BGR, asked, other), theta [B, 2, 3] for `affine_grid`, color [B, 7] (saturation, contrast, brightness, noise, and
    a gain per channel), blurred [B], ids [B, T] and goals [B, 4] of the prompts. The first `paired` rows are pairs."""

    def __init__(self, scenes, paired, random, tokenizer):
        count = len(scenes)
        pixels = np.empty((count, SIZE, SIZE, 5), np.uint8)
        theta, prompts = np.tile(np.eye(2, 3), (count, 1, 1)), [scene.prompt for scene in scenes]
        for row, scene in enumerate(scenes):
            pixels[row, ..., :3], pixels[row, ..., 3], pixels[row, ..., 4] = scene.image[..., ::-1], scene.mask * np.uint8(255), scene.other * np.uint8(255)
        self.augmented = random is not None
        if self.augmented:
            for row in range(count):
                if row >= paired or row % 2 == 0:
                    theta[row], symmetry = placed(random, 0.35 if row < paired else 1)
                else:
                    theta[row] = theta[row - 1]
                prompts[row] = words.transformed(prompts[row], *symmetry)
                if random.random() < 0.12:
                    prompts[row] = words.with_synonyms(prompts[row])
            low, high = np.array([[0.7, 0.75, 0.75, 0, *[0.93] * 3], [1.3, 1.25, 1.25, 0.02, *[1.07] * 3]])
            color = random.uniform(low, high, (count, 7))
            # Both rows of a pair are changed alike.
            color[1:paired:2] = color[0:paired:2]
            self.color = torch.from_numpy(color).float()
            self.blurred = torch.from_numpy((random.random(count) < 0.15) & (np.arange(count) >= paired))
        self.pixels, self.theta, self.paired = torch.from_numpy(pixels), torch.from_numpy(theta).float(), paired
        rows = tokenizer.rows(prompts)
        self.ids = torch.zeros(count, max(map(len, rows)), dtype=torch.long)
        for row, tokens in zip(self.ids, rows):
            row[: len(tokens)] = torch.tensor(tokens)
        self.goals = torch.tensor([words.targets(prompt) for prompt in prompts])

    def to(self, device):
        for name, value in vars(self).items():
            if isinstance(value, torch.Tensor):
                setattr(self, name, value.to(device, non_blocking=True))
        return self

    def pin_memory(self):
        for name, value in vars(self).items():
            if isinstance(value, torch.Tensor):
                setattr(self, name, value.pin_memory())
        return self

    def rendered(self, size, mean, deviation):
        """Augmented, normalized images [B, 3, size, size], masks and other lesions [B, size, size], on the batch's device."""
        x = self.pixels.permute(0, 3, 1, 2).float()
        if size < 200:
            # Downsampled first, so that sampling does not skip pixels.
            x = F.interpolate(x, (round(size * 1.15),) * 2, mode="area")
        if self.augmented or size != x.shape[-1]:
            grid = F.affine_grid(self.theta, (len(x), 5, size, size), align_corners=False)
            x = F.grid_sample(x, grid, align_corners=False)
        image, mask, other = x[:, :3] / 255, (x[:, 3] >= 127).float(), (x[:, 4] >= 127).float()
        if self.augmented:
            saturation, contrast, brightness, noise = (self.color[:, i, None, None, None] for i in range(4))
            gray = (image * torch.tensor([0.114, 0.587, 0.299], device=image.device)[:, None, None]).sum(1, keepdim=True)
            # Color words must stay true: the hue hardly changes.
            image = (gray + (image - gray) * saturation) * self.color[:, 4:, None, None]
            image = ((image - 0.5) * contrast + 0.5) * brightness
            blurred = F.avg_pool2d(F.pad(image, (1, 1, 1, 1), mode="replicate"), 3, 1)
            image = torch.where(self.blurred[:, None, None, None], blurred, image)
            image = (image + noise * torch.randn_like(image[:, :1])).clamp(0, 1)
        return (image - mean) / deviation, mask, other
