"""The four CLIP families at full size, built from public packages with seeded random weights.

torch 2.13.0, transformers 5.23.0, timm 1.0.31, open_clip_torch 3.3.0
"""

import zlib

import torch
from open_clip.hf_model import HFTextEncoder
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
from open_clip.timm_model import TimmModel
from open_clip.transformer import QuickGELU, VisionTransformer
from torch import nn
from transformers import BertConfig, CLIPConfig, CLIPModel

OUTPUTS = 512


def randomize(model: nn.Module, seed: int) -> nn.Module:
    """Fills each parameter from a stream keyed by its name, so that swapped tensors are noticed."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            normal = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed ^ zlib.crc32(name.encode())))
            if name.endswith("logit_scale"):
                value = torch.full_like(parameter, 1 / 0.07).log()
            elif "embed" in name or "class_token" in name or "cls_token" in name:
                value = 0.5 * normal
            elif parameter.ndim > 1:
                # CLIP's bare projections are stored [in, out], everything else [out, in, ...].
                bare = name.endswith(("visual.proj", "vision_model.proj", "text_projection"))
                fan_in = parameter.shape[0] if bare else parameter[0].numel()
                value = normal * fan_in**-0.5
            else:
                value = 0.1 * normal + (1 if name.endswith("weight") else 0)
            parameter.copy_(value)
    return model.eval()


def biomed_bert() -> HFTextEncoder:
    config = BertConfig(vocab_size=30522, attn_implementation="eager")
    text = HFTextEncoder("bert", OUTPUTS, config=config, pooler_type="cls_last_hidden_state_pooler", proj_type="mlp")
    text.transformer.pooler = None  # open_clip leaves it out when it loads from the hub
    return text


class DualEncoder(nn.Module):
    """An image encoder and a text encoder under given names."""

    def __init__(self, **parts: nn.Module):
        super().__init__()
        self.logit_scale = nn.Parameter(torch.zeros([]))
        for name, part in parts.items():
            self.add_module(name, part)


def unimedclip() -> nn.Module:
    visual = VisionTransformer(224, 16, 768, 12, 12, 4.0, output_dim=OUTPUTS, act_layer=QuickGELU)
    return DualEncoder(visual=visual, text_encoder=biomed_bert())


def biomedclip() -> nn.Module:
    return DualEncoder(visual=TimmModel("vit_base_patch16_224", OUTPUTS, pool="", proj="linear"), text=biomed_bert())


def openai_clip(patch: int) -> nn.Module:
    return CLIP(
        OUTPUTS,
        CLIPVisionCfg(layers=12, width=768, patch_size=patch, image_size=224),
        CLIPTextCfg(context_length=77, vocab_size=49408, width=512, heads=8, layers=12),
        quick_gelu=True,
        cast_dtype=torch.half,  # norms compute in single, whatever they are given
    )


def hub_clip(patch: int) -> CLIPModel:
    config = CLIPConfig(
        projection_dim=OUTPUTS,
        vision_config={"patch_size": patch, "image_size": 224},
        text_config={"bos_token_id": 49406, "eos_token_id": 49407},
    )
    return CLIPModel(config)
