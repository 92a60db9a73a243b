"""Token ids of unusual prompts by the published tokenizers, as a test fixture.

    python tokens.py VOCABULARIES > packages/clip-encoders/src/tokenizers/fixtures/odd-prompts.json

VOCABULARIES contains bert-base-uncased-vocab.txt; open_clip ships CLIP's merges. Prompts that ftfy would repair as wrongly decoded text are
left out, because our tokenizers do not have that repair. So are names of special tokens, which our tokenizers encode as text.

Python 3.11, transformers 5.23.0, open_clip_torch 3.3.0, ftfy 6.3.1
"""

import json
import random
import sys
from pathlib import Path

from ftfy import TextFixerConfig, fix_text
from open_clip.tokenizer import SimpleTokenizer, basic_clean, whitespace_clean
from transformers import BertTokenizerFast

WRITTEN = [
    "",
    " ",
    "One small polyp,\tlocated in top left of the image\n",
    "Tumour 3.5x2 mm (T2-weighted) isn't enhanced; we've seen 12 of them!",
    "Barrett\u2019s \u201coesophagus\u201d \u02bcquoted\u02bc",
    "na\u00efve caf\u00e9 Ge\u0308schwu\u0308r \u00c5ngstr\u00f6m \u0130stanbul \u1e9e",
    "\ufb01brous in\ufb02amed o\ufb03ce \ufb05ump \u0132s",
    "\uff30\uff4f\uff4c\uff59\uff50\u3000\uff11\uff12 \uff1f",
    "R&amp;D &lt;3 &amp;lt; &#65;&#x42; &quot;x&quot; A&nbsp;B &unknown; &amp",
    "\u5927\u8178\u606f\u8089 colon \u30dd\u30ea\u30fc\u30d7 \ud3f4\ub9bd",
    "zero\u200bwidth \ufeffbom a\u0000b\u001cc\u0085d\u2028e",
    "\u001b[31mred\u001b[0m",
    "emoji \U0001f600\U0001f9e0 \u00bd \u00b2 \u2160 \u0663 \u00a9\u2122 \u2014 \u2026 \u00d7",
    "don't DON'T we'll I'd they're it's a'b 'tis",
    "x" * 101 + " " + "y" * 100,
    "__init__ a_b #tag @user $5 50% ~ ` ^ | \\ / < > = +",
    "<pad> </w> a</w> ##s",
]
POOL = "abcXYZ 019.,'-()\u00e9\u00fc\u0301\u0308\u00df\u0131\u4e2d\u6587\u3042\u0416\u03a9\u03c2\u05d0\u0639\U0001f600\u2019\u201c\ufb01\uff21\u00a0\u2003\u200d\u00bd\u0967_\t"


def main(folder: Path) -> None:
    bert = BertTokenizerFast(vocab=str(folder / "bert-base-uncased-vocab.txt"))
    clip = SimpleTokenizer()
    draw = random.Random(666)
    drawn = ["".join(draw.choices(POOL, k=draw.randint(1, 24))) for _ in range(100)]
    rows = []
    for text in WRITTEN + drawn:
        if fix_text(text) != fix_text(text, TextFixerConfig(fix_encoding=False)):
            continue
        cased = whitespace_clean(basic_clean(text))
        rows.append(
            {
                "text": text,
                "clip": [clip.sot_token_id, *clip.encode(text), clip.eot_token_id],
                "wordPiece": bert(cased)["input_ids"],
            }
        )
    json.dump(rows, sys.stdout, separators=(",", ":"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
