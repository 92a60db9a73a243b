"""MedCLIPSeg in plain PyTorch modules of given sizes, as the yardstick of `npm run bench -- engine --python PATH`.

The forward pass does what the published program does once per Monte-Carlo sample: both encoders, the adapters and the decoder, for all tokens.
Weights are random; times do not depend on them. Attention goes through PyTorch's fused kernel.

Arguments: the configuration of the model as JSON, the number of threads, and "all" or "adapters" for what learns. Answers with a line of JSON
when it is ready and after each line on stdin, as src/engine/protocol.ts describes.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS = {"gelu": F.gelu, "quick-gelu": quick_gelu}


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.inputs = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x, mask=None, causal=False):
        batch, tokens, width = x.shape
        split = self.inputs(x).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)
        return self.output(mixed.transpose(1, 2).reshape(batch, tokens, width))

    def value(self, x):
        width = x.shape[-1]
        return self.output(F.linear(x, self.inputs.weight[2 * width :], self.inputs.bias[2 * width :]))


class Block(nn.Module):
    """The pre-norm block of CLIP."""

    def __init__(self, width, heads, hidden, activation, epsilon):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, epsilon)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, epsilon)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.activation = ACTIVATIONS[activation]

    def forward(self, x, **masks):
        x = x + self.attention(self.norm1(x), **masks)
        return x + self.down(self.activation(self.up(self.norm2(x))))


class BertLayer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.attention = Attention(width, heads)
        self.norm1 = nn.LayerNorm(width, 1e-12)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.norm2 = nn.LayerNorm(width, 1e-12)

    def forward(self, x, mask=None):
        x = self.norm1(x + self.attention(x, mask=mask))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Vision(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, self.dense = config["width"], config["dense"]
        stages, channels, stride = [], 3, config["patch"]
        for stage in config.get("convolutions", []):
            stages += [nn.Conv2d(channels, stage["width"], 3, stage["stride"], 1), nn.ReLU()]
            channels, stride = stage["width"], stride // stage["stride"]
        self.stem = nn.Sequential(*stages)
        self.patch = nn.Conv2d(channels, width, stride, stride, bias=config["patchBias"])
        self.class_token = nn.Parameter(0.02 * torch.randn(width))
        self.positions = nn.Parameter(0.02 * torch.randn((config["imageSize"] // config["patch"]) ** 2 + 1, width))
        self.pre_norm = nn.LayerNorm(width, config["epsilon"]) if config["preNorm"] else nn.Identity()
        self.blocks = nn.ModuleList(
            Block(width, config["heads"], config["mlpWidth"], config["activation"], config["epsilon"])
            for _ in range(config["layers"])
        )
        self.post_norm = nn.LayerNorm(width, config["epsilon"])
        self.projection = nn.Linear(width, config["outputs"], bias=False)

    def embed(self, image):
        grid = self.patch(self.stem(image)).flatten(2).transpose(1, 2)
        first = self.class_token.expand(image.shape[0], 1, -1)
        return self.pre_norm(torch.cat([first, grid], 1) + self.positions)

    def block(self, i, x):
        return self.blocks[i](x)

    def features(self, x):
        last = self.blocks[-1]
        x = last(x)[:, 1:] if self.dense == "tokens" else last.attention.value(last.norm1(x[:, 1:]))
        return self.projection(self.post_norm(x))


class ClipText(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["width"]
        self.words = nn.Embedding(config["vocabulary"], width)
        self.positions = nn.Parameter(0.02 * torch.randn(config["context"], width))
        self.blocks = nn.ModuleList(
            Block(width, config["heads"], config["mlpWidth"], "quick-gelu", 1e-5) for _ in range(config["layers"])
        )
        self.norm = nn.LayerNorm(width)
        self.projection = nn.Linear(width, config["outputs"], bias=False)

    def embed(self, ids):
        self.ids = ids
        return self.words(ids) + self.positions

    def block(self, i, x):
        return self.blocks[i](x, causal=True)

    def features(self, x):
        return self.projection(self.norm(x)[torch.arange(x.shape[0]), self.ids.argmax(1)])


class Bert(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, hidden = config["width"], config["projectionWidth"]
        self.words = nn.Embedding(config["vocabulary"], width)
        self.positions = nn.Parameter(0.02 * torch.randn(config["positions"], width))
        self.types = nn.Parameter(0.02 * torch.randn(2, width))
        self.norm = nn.LayerNorm(width, 1e-12)
        self.blocks = nn.ModuleList(
            BertLayer(width, config["heads"], config["mlpWidth"]) for _ in range(config["layers"])
        )
        self.projection = nn.Sequential(
            nn.Linear(width, hidden, bias=False), nn.GELU(), nn.Linear(hidden, config["outputs"], bias=False)
        )

    def embed(self, ids):
        self.mask = (ids > 0)[:, None, None, :]
        return self.norm(self.words(ids) + self.positions[: ids.shape[1]] + self.types[0])

    def block(self, i, x):
        return self.blocks[i](x, mask=self.mask)

    def features(self, x):
        return self.projection(x[:, 0])


class CrossAttention(nn.Module):
    """Gaussian keys and values; the variance of the keys is a penalty, that of the values is noise."""

    def __init__(self, width, beta):
        super().__init__()
        self.width, self.beta = width, beta
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, 2 * width)
        self.value = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)
        self.key_norm = nn.LayerNorm(width)
        self.value_norm = nn.LayerNorm(width)
        self.gate = nn.Parameter(torch.tensor(0.0))

    def forward(self, x, context):
        query = self.query(x)
        key, key_raw = self.key(context).chunk(2, -1)
        value, value_raw = self.value(context).chunk(2, -1)
        key_variance, value_variance = F.softplus(key_raw) + 1e-6, F.softplus(value_raw) + 1e-6
        scores = query @ self.key_norm(key).transpose(1, 2) / self.width**0.5
        spread = ((query * query) @ key_variance.transpose(1, 2) / self.width).sqrt()
        weights = (scores - self.beta * spread).softmax(-1)
        sampled = self.value_norm(value) + value_variance.sqrt() * torch.randn_like(value)
        gate = self.gate.sigmoid()
        return gate * self.output(weights @ sampled) + (1 - gate) * x


class Adapter(nn.Module):
    def __init__(self, image, text, width, beta):
        super().__init__()
        self.image_down, self.image_up = nn.Linear(image, width, bias=False), nn.Linear(width, image, bias=False)
        self.text_down, self.text_up = nn.Linear(text, width, bias=False), nn.Linear(width, text, bias=False)
        self.image_from_text, self.text_from_image = CrossAttention(width, beta), CrossAttention(width, beta)

    def forward(self, x, y):
        v, t = self.image_down(x), self.text_down(y)
        v = self.image_from_text(v, t)
        t = self.text_from_image(t, v)
        return x + self.image_up(v), y + self.text_up(t)


class ScaleBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up = nn.ConvTranspose2d(width, width, 2, 2)
        self.mix = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
        self.norm = nn.LayerNorm(width, 1e-6)

    def forward(self, x):
        x = self.mix(F.gelu(self.up(x)))
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        vision, text, adapters = config["vision"], config["text"], config["adapters"]
        width = vision["outputs"]
        self.size, self.layers = vision["imageSize"], adapters["layers"]
        self.vision = Vision(vision)
        self.text = (Bert if text["kind"] == "bert" else ClipText)(text)
        self.adapters = nn.ModuleList(
            Adapter(vision["width"], text["width"], adapters["width"], adapters["beta"]) for _ in self.layers
        )
        self.upscale = nn.Sequential(*(ScaleBlock(width) for _ in range(config["upscaleBlocks"])))
        self.mask_head = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)
        )

    def forward(self, image, ids):
        x, y = self.vision.embed(image), self.text.embed(ids)
        for i in range(max(len(self.vision.blocks), len(self.text.blocks))):
            if i in self.layers:
                x, y = self.adapters[self.layers.index(i)](x, y)
            if i < len(self.vision.blocks) - 1:
                x = self.vision.block(i, x)
            if i < len(self.text.blocks):
                y = self.text.block(i, y)
        patches, text = self.vision.features(x), self.text.features(y)
        side = int(patches.shape[1] ** 0.5)
        grid = F.normalize(patches, dim=-1).transpose(1, 2).unflatten(2, (side, side))
        vector = self.mask_head(F.normalize(text, dim=-1))
        logits = torch.einsum("bchw,bc->bhw", self.upscale(grid), vector)
        logits = F.interpolate(logits[:, None], self.size, mode="bilinear", align_corners=False)[:, 0]
        return logits, F.normalize(patches, dim=-1).mean(1), text


def loss_of(logits, image, text, mask):
    """Row-wise Dice, binary cross-entropy, and the soft contrast of images and prompts."""
    p, y = logits.sigmoid()[:, 1:], mask[:, 1:]
    dice = (1 - (2 * (p * y).sum(2) + 1e-5) / (p.sum(2) + y.sum(2) + 1e-5)).mean()
    logits_of_pairs = image @ text.T / 0.2
    targets = F.normalize((text @ text.T / 0.2).detach(), dim=1).softmax(1)
    rows = -(targets * logits_of_pairs.log_softmax(1)).sum(1).mean()
    columns = -(targets.T * logits_of_pairs.T.log_softmax(1)).sum(1).mean()
    return 0.5 * dice + 0.5 * F.binary_cross_entropy_with_logits(logits, mask) + 0.05 * (rows + columns)


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def inputs(config, batch):
    size = config["vision"]["imageSize"]
    ids = torch.zeros(batch, config["text"]["context"], dtype=torch.long)
    ids[:, :20] = torch.arange(1, 21) + torch.arange(batch)[:, None]
    return torch.randn(batch, 3, size, size), ids, (torch.randn(batch, size, size) > 0).float()


def run(request, model, optimizer, config):
    if request["run"] == "step":
        image, ids, mask = inputs(config, request["batch"])
        optimizer.zero_grad()
        loss_of(*model.train()(image, ids), mask).backward()
        optimizer.step()
        return
    image, ids, _ = inputs(config, 1)
    # The published program computes each sample from the start, and one more than it uses.
    times = request["samples"] + 1 if request["run"] == "image" else request["times"]
    with torch.inference_mode():
        for _ in range(times):
            model.eval()(image, ids)[0].sigmoid()


def measure(work):
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    answer = {"wall": 1000 * (time.perf_counter() - wall), "cpu": 1000 * (time.process_time() - cpu)}
    print(json.dumps({**answer, "peak": peak_bytes()}), flush=True)
    return result


def main():
    config, threads, trained = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(threads)
    torch.manual_seed(1)

    def build():
        model = Model(config)
        if trained == "adapters":
            model.vision.requires_grad_(False)
            model.text.requires_grad_(False)
        run({"run": "forward", "times": 1}, model, None, config)
        return model, torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 3e-4)

    model, optimizer = measure(build)
    for line in sys.stdin:
        request = json.loads(line)
        measure(lambda: run(request, model, optimizer, config))


main()
