"""Makes full-size checkpoints with random weights, in the published key layouts and file formats, and reference features for them.

    python make.py CASE FOLDER

writes FOLDER/CASE/: the weight files, and reference.safetensors with the inputs and what the public packages compute from them.

Python 3.11, torch 2.13.0, numpy 2.4.6, safetensors 0.8.0, transformers 5.23.0, timm 1.0.31, open_clip_torch 3.3.0
"""

import argparse
import copy
import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from open_clip.model import convert_weights_to_fp16
from safetensors.torch import save_file
from torch import nn

from features import clip_logits, hub_values, openclip_tokens, openclip_values
from models import biomedclip, hub_clip, openai_clip, randomize, unimedclip

SEED = 666


def prompts(context: int, vocabulary: int, start: int, end: int) -> torch.Tensor:
    """Two prompts of 5 and 9 words, framed and padded with 0. Ids below 1000 are left to special tokens."""
    generator = torch.Generator().manual_seed(SEED)
    ids = torch.zeros(2, context, dtype=torch.int64)
    for row, words in enumerate((5, 9)):
        body = torch.randint(1000, vocabulary - 2, (words,), generator=generator)
        ids[row, : words + 2] = torch.tensor([start, *body.tolist(), end])
    return ids


BERT_PROMPTS = dict(context=256, vocabulary=30522, start=2, end=3)
CLIP_PROMPTS = dict(context=77, vocabulary=49408, start=49406, end=49407)


def write_reference(folder: Path, family: str, model: nn.Module, text_options: dict, dense, image_of, text_of) -> None:
    image = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(SEED))
    ids = prompts(**text_options)
    with torch.no_grad():
        vector, text = image_of(image), text_of(ids)
        tensors = {
            "image": image,
            "token_ids": ids.to(torch.int32),
            "patch_features": dense(image),
            "image_features": vector,
            "text_features": text,
            "logits": clip_logits(vector, text, model.logit_scale),
        }
    save_file({name: t.contiguous() for name, t in tensors.items()}, folder / "reference.safetensors", {"family": family})


def make_unimedclip(folder: Path) -> None:
    model = randomize(unimedclip(), SEED)
    # As a distributed training saves it, with the other entries of such a file.
    weights = OrderedDict((f"module.{name}", t) for name, t in model.state_dict().items())
    checkpoint = {"epoch": 10, "name": "unimed_clip_vit_b16", "state_dict": weights, "best_loss": np.float64(0.5)}
    torch.save(checkpoint, folder / "unimed_clip_vit_b16.pt")
    dense = lambda image: openclip_tokens(model.visual, image)
    write_reference(folder, "unimedclip", model, BERT_PROMPTS, dense, model.visual, model.text_encoder)


def make_biomedclip(folder: Path) -> None:
    model = randomize(biomedclip(), SEED)
    weights = model.state_dict()
    save_file(weights, folder / "open_clip_model.safetensors", {"format": "pt"})
    # transformers kept this buffer in state dicts when the file was published.
    position_ids = {"text.transformer.embeddings.position_ids": torch.arange(512).unsqueeze(0)}
    torch.save(OrderedDict({**weights, **position_ids}), folder / "open_clip_pytorch_model.bin")
    trunk, head = model.visual.trunk, model.visual.head
    dense = lambda image: head(trunk.forward_features(image))[:, 1:]
    write_reference(folder, "biomedclip", model, BERT_PROMPTS, dense, model.visual, model.text)


def halved(model: nn.Module) -> nn.Module:
    """OpenAI's precision: convolutions, linear maps and projections in half, norms and embeddings in single."""
    convert_weights_to_fp16(model)
    return model


def write_openai_reference(folder: Path, family: str, model: nn.Module) -> None:
    single = copy.deepcopy(model).float()
    dense = lambda image: openclip_values(single.visual, image)
    write_reference(folder, family, single, CLIP_PROMPTS, dense, single.encode_image, single.encode_text)


def make_clip(folder: Path) -> None:
    model = halved(randomize(openai_clip(16), SEED))
    archive = copy.deepcopy(model)
    # OpenAI's archives store these numbers as tensors.
    for name, value in (("input_resolution", 224), ("context_length", 77), ("vocab_size", 49408)):
        archive.__dict__.pop(name, None)
        archive.register_buffer(name, torch.tensor(value))
    inputs = (torch.zeros(1, 3, 224, 224, dtype=torch.half), torch.zeros(1, 77, dtype=torch.int32))
    traced = torch.jit.trace(archive, inputs, check_trace=False)
    torch.jit.save(traced, folder / "ViT-B-16.pt")
    write_openai_reference(folder, "clip", model)


def make_pubmedclip(folder: Path) -> None:
    model = randomize(openai_clip(32), SEED)
    torch.save({"epoch": 50, "state_dict": model.state_dict()}, folder / "PubMedCLIP_ViT32.pth")
    # The published code copies these weights into a model of OpenAI's precision, which rounds them.
    write_openai_reference(folder, "pubmedclip", halved(model))


def make_hub(folder: Path) -> None:
    model = randomize(hub_clip(16), SEED)
    model.save_pretrained(folder)
    dense = lambda image: hub_values(model, image)
    image_of = lambda image: model.visual_projection(model.vision_model(image).pooler_output)
    text_of = lambda ids: model.text_projection(model.text_model(ids).pooler_output)
    write_reference(folder, "clip", model, CLIP_PROMPTS, dense, image_of, text_of)


CASES = {
    "unimedclip": make_unimedclip,
    "biomedclip": make_biomedclip,
    "clip": make_clip,
    "pubmedclip": make_pubmedclip,
    "clip-hub": make_hub,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("case", choices=CASES)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    target = arguments.folder / arguments.case
    target.mkdir(parents=True, exist_ok=True)
    CASES[arguments.case](target)
    sizes = {path.name: path.stat().st_size for path in sorted(target.iterdir())}
    print(json.dumps({"folder": str(target), "bytes": sizes}))
