"""MedCLIPSeg's four variants around the towers of models.py, with the parameter names of its checkpoints, in eval mode.

torch 2.13.0, transformers 5.23.0, timm 1.0.31, open_clip_torch 3.3.0
"""

import torch
import torch.nn.functional as F
from torch import nn

from features import values_of
from models import OUTPUTS

WIDTH = 256
LAYERS = list(range(1, 11))
BETA = 2.35


class CrossAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Parameter(torch.tensor(0.0))
        self.q_proj = nn.Linear(WIDTH, WIDTH)
        self.k_proj = nn.Linear(WIDTH, 2 * WIDTH)
        self.v_proj = nn.Linear(WIDTH, 2 * WIDTH)
        self.out_proj = nn.Linear(WIDTH, WIDTH)
        self.norm_k = nn.LayerNorm(WIDTH)
        self.norm_v = nn.LayerNorm(WIDTH)

    def forward(self, x, context, noise):
        query = self.q_proj(x)
        key, key_raw = self.k_proj(context).chunk(2, -1)
        value, value_raw = self.v_proj(context).chunk(2, -1)
        key_variance, value_variance = F.softplus(key_raw) + 1e-6, F.softplus(value_raw) + 1e-6
        scores = query @ self.norm_k(key).mT / WIDTH**0.5
        scores = scores - BETA * (query.square() @ key_variance.mT / WIDTH).sqrt()
        attended = scores.softmax(-1) @ (self.norm_v(value) + value_variance.sqrt() * noise)
        gate = self.gate.sigmoid()
        return gate * self.out_proj(attended) + (1 - gate) * x


class TwoWay(nn.Module):
    def __init__(self):
        super().__init__()
        self.cross_attn_img_to_txt = CrossAttention()
        self.cross_attn_txt_to_img = CrossAttention()

    def forward(self, image, text, noise):
        image = self.cross_attn_img_to_txt(image, text, next(noise))
        return image, self.cross_attn_txt_to_img(text, image, next(noise))


class Adapter(nn.Module):
    def __init__(self, text_width: int):
        super().__init__()
        self.proj_vis_down = nn.Sequential(nn.Linear(768, WIDTH, bias=False))
        self.proj_txt_down = nn.Linear(text_width, WIDTH, bias=False)
        self.proj_vis_up = nn.Linear(WIDTH, 768, bias=False)
        self.proj_txt_up = nn.Linear(WIDTH, text_width, bias=False)
        self.two_way = TwoWay()

    def forward(self, image, text, noise):
        changed, said = self.two_way(self.proj_vis_down(image), self.proj_txt_down(text), noise)
        return image + self.proj_vis_up(changed), text + self.proj_txt_up(said)


class ChannelNorm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class ScaleBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.ConvTranspose2d(OUTPUTS, OUTPUTS, 2, 2)
        self.conv2 = nn.Conv2d(OUTPUTS, OUTPUTS, 3, padding=1, groups=OUTPUTS, bias=False)
        self.norm = ChannelNorm(OUTPUTS, eps=1e-6)

    def forward(self, x):
        return self.norm(self.conv2(F.gelu(self.conv1(x))))


class Decoder(nn.Module):
    """What is trained beside the adapters; variants inherit it, so that its names stand at the root."""

    def __init__(self, text_width: int):
        super().__init__()
        self.pvl_adapters = nn.ModuleList(Adapter(text_width) for _ in LAYERS)
        self.upscale = nn.Sequential(ScaleBlock(), ScaleBlock())
        linear = lambda: nn.Linear(OUTPUTS, OUTPUTS)
        self.mask_head = nn.Sequential(linear(), nn.GELU(), linear(), nn.GELU(), linear())

    def fuse(self, block: int, image, text, noise):
        return self.pvl_adapters[LAYERS.index(block)](image, text, noise) if block in LAYERS else (image, text)

    def logits(self, patches, text):
        grid = F.normalize(patches, dim=-1).mT.unflatten(-1, (round(patches.shape[1] ** 0.5), -1))
        mask = torch.einsum("bc,bchw->bhw", self.mask_head(F.normalize(text, dim=-1)), self.upscale(grid))
        return F.interpolate(mask.unsqueeze(1), 224, mode="bilinear", align_corners=False).squeeze(1)


class WithBert(Decoder):
    """unimedclip and biomedclip."""

    def __init__(self, towers: nn.Module, text_model: nn.Module):
        super().__init__(768)
        self.vision_model, self.text_model, self.logit_scale = towers.visual, text_model, towers.logit_scale

    def embed_image(self, image):
        if hasattr(self.vision_model, "trunk"):
            trunk = self.vision_model.trunk
            return trunk.norm_pre(trunk._pos_embed(trunk.patch_embed(image)))
        visual = self.vision_model
        patches = visual.conv1(image).flatten(2).mT
        first = visual.class_embedding.expand(len(image), 1, -1)
        return visual.ln_pre(torch.cat([first, patches], 1) + visual.positional_embedding)

    def image_block(self, index, x):
        if hasattr(self.vision_model, "trunk"):
            return self.vision_model.trunk.blocks[index](x)
        return self.vision_model.transformer.resblocks[index](x)

    def patches_of(self, x):
        if hasattr(self.vision_model, "trunk"):
            return self.vision_model.head(self.vision_model.trunk.norm(x))[:, 1:]
        return self.vision_model.ln_post(x)[:, 1:] @ self.vision_model.proj

    def forward(self, image, ids, noise):
        bert = self.text_model.transformer
        hidden = (1 - (ids != 0).float())[:, None, None] * torch.finfo(torch.float32).min
        x, y = self.embed_image(image), bert.embeddings(inputs_embeds=bert.embeddings.word_embeddings(ids))
        for index in range(12):
            x, y = self.fuse(index, x, y, noise)
            x, y = self.image_block(index, x), bert.encoder.layer[index](y, attention_mask=hidden)
            y = y[0] if isinstance(y, tuple) else y
        return self.patches_of(x), self.text_model.proj(y[:, 0])


class ClipText(nn.Module):
    """CLIP's text tower without its token embedding, as the published variant registers it."""

    def __init__(self, clip: nn.Module):
        super().__init__()
        self.transformer, self.ln_final = clip.transformer, clip.ln_final
        self.positional_embedding, self.text_projection = clip.positional_embedding, clip.text_projection


class WithClip(Decoder):
    """clip and pubmedclip: the whole CLIP model is registered beside its parts, so every name but one comes twice."""

    def __init__(self, clip: nn.Module):
        super().__init__(512)
        self.clip_model, self.vision_model, self.text_model = clip, clip.visual, ClipText(clip)
        self.logit_scale = clip.logit_scale

    embed_image = WithBert.embed_image

    def forward(self, image, ids, noise):
        text, visual = self.text_model, self.vision_model
        x, y = self.embed_image(image), self.clip_model.token_embedding(ids) + text.positional_embedding
        for index in range(12):
            x, y = self.fuse(index, x, y, noise)
            x = visual.transformer.resblocks[index](x) if index < 11 else x
            y = text.transformer.resblocks[index](y, attn_mask=self.clip_model.attn_mask)
        patches = visual.ln_post(values_of(visual.transformer.resblocks[11], x))[:, 1:] @ visual.proj
        return patches, text.ln_final(y[torch.arange(len(y)), ids.argmax(-1)]) @ text.text_projection
