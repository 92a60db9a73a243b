"""The network of `mini` in PyTorch, with the parameter names of the TypeScript network, so that weights need no renaming.

Linear weights have shape [in, out]. Two things differ until `exported`: the stem's convolutions are followed by batch norms (folded into them), and
the towers' MLPs use SiLU (quick-gelu is SiLU of a scaled input; the scale is folded into the linear maps)."""

import json
import math
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import words

CONFIG = {
    "vision": {
        "imageSize": 224, "patch": 16, "width": 192, "layers": 6, "heads": 3, "mlpWidth": 768, "outputs": 128,
        "activation": "quick-gelu", "epsilon": 1e-5, "patchBias": True, "preNorm": True, "dense": "tokens",
        "convolutions": [{"width": 32, "stride": 2}, {"width": 64, "stride": 2}, {"width": 128, "stride": 2}, {"width": 128, "stride": 1}],
    },
    "text": {"kind": "clip", "vocabulary": 0, "context": 48, "width": 128, "layers": 3, "heads": 4, "mlpWidth": 512, "outputs": 128},
    "adapters": {"width": 64, "layers": [1, 2, 3, 4], "beta": 2.35, "gate": 0, "maskPadding": True},
    "upscaleBlocks": 2,
    "skips": True,
    "preprocessing": {"channelOrder": "bgr", "mean": [0.485, 0.456, 0.406], "deviation": [0.229, 0.224, 0.225]},
}
QUICK = 1.702


def parameter(*shape, normal):
    return nn.Parameter(torch.randn(*shape) * normal)


class Linear(nn.Module):
    def __init__(self, inputs, outputs, bias=True):
        super().__init__()
        bound = inputs**-0.5
        self.weight = nn.Parameter(torch.empty(inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound)) if bias else None

    def forward(self, x):
        return F.linear(x, self.weight.t(), self.bias)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (Linear(width, width) for _ in range(4))

    def forward(self, x, causal=False):
        split = lambda t: t.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [B, heads, T, C / heads]
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])  # twice as fast as the fused kernel at these sizes
        if causal:
            scores = scores + torch.full_like(scores[0, 0], -1e30).triu(1)
        return self.output((scores.softmax(-1).to(v.dtype) @ v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.up, self.down = Linear(width, hidden), Linear(hidden, width)

    def forward(self, x):
        return self.down(F.silu(self.up(x)))


class Block(nn.Module):
    """A pre-norm transformer block. `drop` is the share of rows whose residual branches are left out in training (stochastic depth)."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.drop = 0.0
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width), Mlp(width, hidden)

    def forward(self, x, causal=False):
        x = x + self.kept(self.attention(self.norm1(x), causal))
        return x + self.kept(self.mlp(self.norm2(x)))

    def kept(self, branch):
        if self.drop == 0 or not self.training:
            return branch
        return branch * ((torch.rand(len(branch), 1, 1, device=branch.device) >= self.drop) / (1 - self.drop))


class Convolution(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class Vision(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, stages = c["width"], c["convolutions"]
        channels = [3, *(s["width"] for s in stages)]
        self.stride = math.prod(s["stride"] for s in stages)
        self.side, self.patch_side = c["imageSize"] // c["patch"], c["patch"] // self.stride
        self.convolutions = nn.ModuleList(Convolution(i, s["width"], s["stride"]) for i, s in zip(channels, stages))
        self.patch = Linear(self.patch_side**2 * channels[-1], width)
        self.classToken = parameter(width, normal=width**-0.5)
        self.positions = parameter(1 + self.side**2, width, normal=0.02)
        self.preNorm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, c["heads"], c["mlpWidth"]) for _ in range(c["layers"]))
        self.postNorm = nn.LayerNorm(width)
        self.projection = nn.Module()
        self.projection.weight = parameter(width, c["outputs"], normal=width**-0.5)

    def embed(self, image):
        """[B, 3, H, W] -> tokens [B, 1 + patches, C] and the outputs of the convolutions, each [B, h, w, C]"""
        x = image.contiguous(memory_format=torch.channels_last)
        maps = []
        for convolution in self.convolutions:
            x = convolution(x)
            maps.append(x.permute(0, 2, 3, 1))
        x = maps[-1]
        p, side = self.patch_side, x.shape[1] // self.patch_side
        x = x.unflatten(1, (side, p)).unflatten(3, (side, p)).transpose(2, 3).reshape(len(x), side * side, -1)
        positions = self.positions
        if side != self.side:
            grid = positions[1:].t().reshape(1, -1, self.side, self.side)
            grid = F.interpolate(grid, (side, side), mode="bicubic", align_corners=False)
            positions = torch.cat([positions[:1], grid.flatten(2)[0].t()])
        first = self.classToken.expand(len(x), 1, -1)
        return self.preNorm(torch.cat([first, self.patch(x)], 1) + positions), maps

    def features(self, x):  # tokens that enter the last block -> [B, patches, outputs]
        return self.postNorm(self.blocks[-1](x)[:, 1:]) @ self.projection.weight


class Text(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.words = parameter(c["vocabulary"], c["width"], normal=0.02)
        self.positions = parameter(c["context"], c["width"], normal=0.01)
        self.blocks = nn.ModuleList(Block(c["width"], c["heads"], c["mlpWidth"]) for _ in range(c["layers"]))
        self.finalNorm = nn.LayerNorm(c["width"])
        self.projection = nn.Module()
        self.projection.weight = parameter(c["width"], c["outputs"], normal=c["width"] ** -0.5)

    def embed(self, ids):
        return F.embedding(ids, self.words) + self.positions[: ids.shape[1]]

    def features(self, y, ids):
        return self.finalNorm(y[torch.arange(len(y), device=y.device), ids.argmax(1)]) @ self.projection.weight


class CrossAttention(nn.Module):
    def __init__(self, width, beta):
        super().__init__()
        self.beta = beta
        self.gate = nn.Parameter(torch.zeros(()))
        self.query, self.key, self.value = Linear(width, width), Linear(width, 2 * width), Linear(width, 2 * width)
        self.output = Linear(width, width)
        self.keyNorm, self.valueNorm = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, query, context, noisy, mask=None):
        width = query.shape[-1]
        q = self.query(query)
        mean, raw = self.key(context).chunk(2, -1)
        scores = q @ self.keyNorm(mean).transpose(1, 2) / math.sqrt(width)
        variance = F.softplus(raw) + 1e-6
        scores = scores - self.beta * torch.sqrt(q.square() @ variance.transpose(1, 2) / width)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None], -1e30)
        mean, raw = self.value(context).chunk(2, -1)
        value = self.valueNorm(mean)
        if noisy:
            value = value + torch.sqrt(F.softplus(raw) + 1e-6) * torch.randn_like(value)
        gate = torch.sigmoid(self.gate)
        return gate * self.output(scores.softmax(-1) @ value) + (1 - gate) * query


class Adapter(nn.Module):
    def __init__(self, image, text, c):
        super().__init__()
        width = c["width"]
        self.imageDown, self.textDown = Linear(image, width, bias=False), Linear(text, width, bias=False)
        self.imageUp, self.textUp = Linear(width, image, bias=False), Linear(width, text, bias=False)
        self.twoWay = nn.Module()
        self.twoWay.imageFromText = CrossAttention(width, c["beta"])
        self.twoWay.textFromImage = CrossAttention(width, c["beta"])

    def forward(self, x, y, mask, noisy):
        image, text = self.imageDown(x), self.textDown(y)
        image = self.twoWay.imageFromText(image, text, noisy, mask)
        text = self.twoWay.textFromImage(text, image, noisy)
        return x + self.imageUp(image), y + self.textUp(text)


class UpConvolution(nn.Module):
    def __init__(self, width):
        super().__init__()
        bound = (4 * width) ** -0.5
        self.weight = nn.Parameter(torch.empty(width, 4 * width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(width).uniform_(-bound, bound))

    def forward(self, x):  # [B, H, W, C] -> [B, 2H, 2W, C]
        b, h, w, c = x.shape
        y = F.linear(x, self.weight.t(), self.bias.repeat(4))
        return y.view(b, h, w, 2, 2, c).transpose(2, 3).reshape(b, 2 * h, 2 * w, c)


class Depthwise(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3, 3, width, 1).uniform_(-1 / 3, 1 / 3))

    def forward(self, x):
        weight = self.weight.permute(2, 3, 0, 1)
        return F.conv2d(x.permute(0, 3, 1, 2), weight, padding=1, groups=len(weight)).permute(0, 2, 3, 1)


class ScaleBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up, self.depthwise, self.norm = UpConvolution(width), Depthwise(width), nn.LayerNorm(width, eps=1e-6)

    def forward(self, x, skip=None):
        x = self.up(x)
        return self.norm(self.depthwise(F.gelu(x if skip is None else x + skip)))


class Network(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        vision, text, adapters = config["vision"], config["text"], config["adapters"]
        self.vision, self.text = Vision(vision), Text(text)
        self.adapters = nn.ModuleList(Adapter(vision["width"], text["width"], adapters) for _ in adapters["layers"])
        self.upscale = nn.ModuleList(ScaleBlock(vision["outputs"]) for _ in range(config["upscaleBlocks"]))
        if config.get("skips"):
            # For each upscale block the last convolution of its resolution, as in the TypeScript decoder.
            strides = np.cumprod([s["stride"] for s in vision["convolutions"]]).tolist()
            wanted = [vision["patch"] >> (i + 1) for i in range(config["upscaleBlocks"])]
            self.stages = [max(i for i, stride in enumerate(strides) if stride == s) for s in wanted]
            self.skips = nn.ModuleList(
                Linear(vision["convolutions"][i]["width"], vision["outputs"], bias=False) for i in self.stages
            )
        self.maskHead = nn.ModuleList(Linear(vision["outputs"], vision["outputs"]) for _ in range(3))

    def forward(self, image, ids, noisy=True):
        """image [B, 3, H, W], ids [B, T] -> logits [B, H, W], unit patch features [B, patches, D], prompt vectors [B, D]"""
        layers = self.config["adapters"]["layers"]
        (x, maps), y, mask = self.vision.embed(image), self.text.embed(ids), ids > 0
        for i, block in enumerate(self.vision.blocks):
            if i in layers:
                x, y = self.adapters[layers.index(i)](x, y, mask, noisy)
            if i + 1 < len(self.vision.blocks):
                x = block(x)
            if i < min(max(layers), len(self.text.blocks)):
                y = self.text.blocks[i](y, causal=True)
        patches, text = F.normalize(self.vision.features(x), dim=-1), self.text.features(y, ids)
        side = math.isqrt(patches.shape[1])
        grid = patches.unflatten(1, (side, side))
        for i, block in enumerate(self.upscale):
            grid = block(grid, self.skips[i](maps[self.stages[i]]) if self.config.get("skips") else None)
        vector = F.normalize(text, dim=-1)
        for i, layer in enumerate(self.maskHead):
            vector = layer(vector if i == 0 else F.gelu(vector))
        logits = torch.einsum("bhwc,bc->bhw", grid, vector)
        logits = F.interpolate(logits[:, None].float(), image.shape[2:], mode="bilinear", align_corners=False)[:, 0]
        return logits, patches, text


@torch.no_grad()
def exported(network):
    """The parameters with the names and layouts of the TypeScript network, with batch norms and activation scales folded."""
    tensors = {}
    for name, value in network.state_dict().items():
        if ".convolutions." in name:
            continue
        if ".mlp.up." in name:
            value = value / QUICK
        elif name.endswith(".mlp.down.weight"):
            value = value * QUICK
        tensors[name] = value
    for i, stage in enumerate(network.vision.convolutions):
        scale = stage.norm.weight / torch.sqrt(stage.norm.running_var + stage.norm.eps)
        weight = stage.conv.weight * scale[:, None, None, None]
        tensors[f"vision.convolutions.{i}.weight"] = weight.permute(2, 3, 1, 0).contiguous()
        tensors[f"vision.convolutions.{i}.bias"] = stage.norm.bias - stage.norm.running_mean * scale
    return tensors


@torch.no_grad()
def load_exported(network, tensors):
    """Loads exported parameters. The stem's folded batch norms become identities, whose statistics must not be updated any more. Skips that the
    parameters lack start at zero, which changes nothing."""
    state = {name: torch.zeros_like(value) for name, value in network.state_dict().items() if name.startswith("skips.")}
    for name, value in tensors.items():
        if ".convolutions." in name:
            stage, kind = name.split(".")[2:]
            if kind == "weight":
                state[f"vision.convolutions.{stage}.conv.weight"] = value.permute(3, 2, 0, 1).contiguous()
            else:
                norm = network.vision.convolutions[int(stage)].norm
                ones = torch.ones_like(value)
                identity = {"weight": ones, "bias": value, "running_mean": 0 * ones, "running_var": ones - norm.eps}
                state |= {f"vision.convolutions.{stage}.norm.{k}": v for k, v in identity.items()}
                state[f"vision.convolutions.{stage}.norm.num_batches_tracked"] = torch.tensor(0)
            continue
        if ".mlp.up." in name:
            value = value * QUICK
        elif name.endswith(".mlp.down.weight"):
            value = value / QUICK
        state[name] = value
    network.load_state_dict(state)
    for stage in network.vision.convolutions:
        stage.norm.eval()


def read_checkpoint(path):
    """Returns the tensors by name, the configuration and the tokenizer of a checkpoint."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        if name.startswith("optimizer."):
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        dtype = {"F16": np.float16, "F32": np.float32}[entry["dtype"]]
        values = np.frombuffer(data[begin:end], dtype).astype(np.float32).reshape(entry["shape"])
        tensors[name.removeprefix("model.")] = torch.from_numpy(values)
    return tensors, json.loads(metadata["config"]), json.loads(metadata["tokenizer"])


def write_checkpoint(path, network, tokenizer, dtype=np.float16):
    """Writes a checkpoint for `medclipseg`, without an optimizer: float16 for the package, float32 for comparisons."""
    write_tensors(path, exported(network), network.config, tokenizer, dtype)


def write_tensors(path, tensors, config, tokenizer, dtype=np.float16):
    metadata = {
        "format": "medclipseg-checkpoint-1",
        "config": json.dumps(config),
        "tokenizer": json.dumps(tokenizer),
        # The nouns of the training's prompts: programs warn of prompts with none of them.
        "knownWords": json.dumps([*(noun for nouns in words.KINDS.values() for noun in nouns), words.GENERIC]),
    }
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for name, value in sorted(tensors.items()):
        data = value.numpy().astype(dtype)
        header[f"model.{name}"] = {"dtype": "F16" if dtype == np.float16 else "F32", "shape": list(data.shape), "data_offsets": [at, at + data.nbytes]}
        blobs.append(data.tobytes())
        at += data.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def with_words(tensors, config, tokenizer, more):
    """A checkpoint with more words in its vocabulary. New words start as the mean of all; the end of a prompt stays the largest id."""
    more = [word for word in more if word not in tokenizer["words"]]
    known = tensors["text.words"]
    new = known[3:-1].mean(0, keepdim=True).expand(len(more), -1)
    text = config["text"] | {"vocabulary": config["text"]["vocabulary"] + len(more)}
    grown = tensors | {"text.words": torch.cat([known[:-1], new, known[-1:]])}
    return grown, config | {"text": text}, tokenizer | {"words": tokenizer["words"] + more}
