"""Outputs of the encoders: dense image features as MedCLIPSeg uses them, both vectors, and CLIP's logits.

torch 2.13.0, transformers 5.23.0, timm 1.0.31, open_clip_torch 3.3.0
"""

import torch
import torch.nn.functional as F
from torch import nn


def input_of(module: nn.Module, run) -> torch.Tensor:
    """The first argument of `module` during `run`."""
    seen = []
    handle = module.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    run()
    handle.remove()
    return seen[0]


def openclip_tokens(visual: nn.Module, image: torch.Tensor) -> torch.Tensor:
    """Patch tokens of the last block through the final norm and the projection."""
    last = visual.transformer.resblocks[-1]
    tokens = last(input_of(last, lambda: visual(image)))
    return visual.ln_post(tokens)[:, 1:] @ visual.proj


def values_of(block: nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    """The value path of an OpenCLIP block: its attention with every token attending to itself alone, no residual, no MLP."""
    width = tokens.shape[-1]
    weight, bias = block.attn.in_proj_weight[2 * width :], block.attn.in_proj_bias[2 * width :]
    return block.attn.out_proj(F.linear(block.ln_1(tokens), weight, bias))


def openclip_values(visual: nn.Module, image: torch.Tensor) -> torch.Tensor:
    """The value path of the last block through the final norm and the projection."""
    last = visual.transformer.resblocks[-1]
    values = values_of(last, input_of(last, lambda: visual(image)))
    return visual.ln_post(values)[:, 1:] @ visual.proj


def hub_values(model: nn.Module, image: torch.Tensor) -> torch.Tensor:
    """The same of a transformers model."""
    vision = model.vision_model
    last = vision.encoder.layers[-1]
    tokens = last.layer_norm1(input_of(last.layer_norm1, lambda: vision(image)))
    values = last.self_attn.out_proj(last.self_attn.v_proj(tokens))
    return model.visual_projection(vision.post_layernorm(values))[:, 1:]


def clip_logits(image: torch.Tensor, text: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """[images, prompts]"""
    return scale.exp() * F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T
