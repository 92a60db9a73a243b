"""Prompts: the words of places, sizes and colors, and how they are put together."""

import re

KINDS = {
    "polyp": ["polyp"],
    "skin": ["skin lesion", "skin melanoma", "melanoma"],
    "tumor": ["tumor", "mass"],
    "opacity": ["opacity"],
}
GENERIC = "lesion"
SIZES = ["small", "medium", "large"]
COLORS = ["white", "pink", "red", "yellow", "orange", "brown", "tan", "black", "dark", "bright", "gray", "faint", "dense"]
ROWS, COLUMNS = {"top": -1, "bottom": 1, "upper": -1, "lower": 1}, {"left": -1, "right": 1}
PLACES = ["top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"]
PLACE = re.compile(r"\b(?:(?:(top|bottom|upper|lower) )?(left|right)|(top|bottom|upper|lower))\b")
NOUN = re.compile(r"\b(?:skin lesion|skin melanoma|melanoma|polyp|tumor|mass|opacity)s?\b")

BY_PLACE = [
    "one {noun}, located in {place} of the image", "{noun}, located in {place} of the image", "{noun} in the {place}", "the {place} {noun}",
    "{noun} at the {place} of the image", "{place} {noun}", "the {noun} on the {place}", "one {size} {noun}, located in {place} of the image",
]  # fmt: skip
BY_SIZE = ["one {size} {noun} in the image", "the {size} {noun}", "{size} {noun}"]
BY_COLOR = ["one {color} {noun} in the image", "the {color} {noun}", "{color} {noun}"]

# Affirmative prompts in other words than the datasets' own. Without them, words that only denials have ("visible") would come to mean one.
OTHERWISE = [
    "{noun} visible.", "a {noun} is visible in the image", "{noun} detected", "there is a {noun} in the image", "{noun} visible in the {place}",
    "{size} {looks} {noun} detected in the {place}", "the image shows a {size} {looks} {noun} in the {place}, and no other lesions",
    "an image with a clearly visible {size}, {looks} {noun} located in the {place} region, surrounded by normal areas",
    "{looks} {noun} in the {place}; it is {size}", "the scan reveals one {size} {looks} {noun} at the {place}, with no other abnormality",
]  # fmt: skip
OWN = re.compile(r"^one (small|medium|large) ((?:\w+ )*?)(polyp|skin lesion|skin melanoma|melanoma|tumor|mass|opacity), located in ([a-z ]+) of the image$")


def place_of(x, y):
    """The cell of the 3x3 grid, as in the datasets' prompts."""
    third = lambda v: 0 if v < 1 / 3 - 1e-9 else 2 if v > 2 / 3 + 1e-9 else 1
    return PLACES[3 * third(y) + third(x)]


def size_of(area):
    return "small" if area < 0.083 else "medium" if area < 0.307 else "large"


def kind_of(prompt):
    found = NOUN.search(prompt)
    return next((kind for kind, nouns in KINDS.items() if found and found[0].rstrip("s") in nouns), None)


def neighbors(place):
    at = PLACES.index(place)
    return [p for i, p in enumerate(PLACES) if abs(i % 3 - at % 3) + abs(i // 3 - at // 3) == 1]


def transformed(prompt, transpose, across, down):
    """The prompt with its place words changed for an image that was transposed, then mirrored."""

    def rewrite(match):
        word = match[1] or match[3]
        row, column = ROWS.get(word, 0), COLUMNS.get(match[2], 0)
        if transpose:
            row, column = column, row
        row, column = (-row if down else row), (-column if across else column)
        top, bottom = ("upper", "lower") if word in ("upper", "lower") else ("top", "bottom")
        words = [{-1: top, 1: bottom}.get(row), {-1: "left", 1: "right"}.get(column)]
        return " ".join(filter(None, words))

    return PLACE.sub(rewrite, prompt)


def without_place(prompt):
    return re.sub(r",? ?located in .* of the image", " in the image", prompt)


def replaced_place(prompt, place):
    """The prompt with another place; None if it does not name exactly one in the published words."""
    found = re.findall(r"located in ([a-z ,]+) of the image", prompt)
    if len(found) != 1 or found[0] not in PLACES:
        return None
    return prompt.replace(f"located in {found[0]} of the image", f"located in {place} of the image")


def otherwise(prompt, choice):
    """The prompt of a dataset in other words; itself if it has another form. `choice` is a number from 0 to 1."""
    match = OWN.match(prompt)
    if not match:
        return prompt
    size, looks, noun, place = match.groups()
    worded = OTHERWISE[int(choice * len(OTHERWISE))].format(noun=noun, size=size, looks=looks.strip(), place=place)
    return re.sub(r"\s+", " ", worded).replace(", ,", ",").strip()


SYNONYMS = {"top": "upper", "bottom": "lower", "large": "big", "bright": "light"}


def with_synonyms(prompt):
    return re.sub(r"\b(top|bottom|large|bright)\b", lambda match: SYNONYMS[match[1]], prompt)


def targets(prompt):
    """Classes of row, column, size and color that the prompt names; -1 for what it does not, or names more than once."""
    found = list(PLACE.finditer(prompt)) + re.findall(r"\bcenter\b", prompt)
    row = column = -1
    if len(found) == 1:
        match = found[0]
        row, column = (1, 1) if match == "center" else (ROWS.get(match[1] or match[3], 0) + 1, COLUMNS.get(match[2], 0) + 1)
    # Synonyms name the same class.
    prompt = re.sub(r"\bbig\b", "large", re.sub(r"\blight\b", "bright", prompt))
    only = lambda words: next(iter(named)) if len(named := {i for i, w in enumerate(words) if re.search(rf"\b{w}\b", prompt)}) == 1 else -1
    return row, column, only(SIZES), only(COLORS)


class Tokenizer:
    def __init__(self, words):
        self.json = words
        self.ids = {word: i + 3 for i, word in enumerate(self.json["words"])}
        self.size = len(self.ids) + 4

    def rows(self, prompts):
        return [[2, *(self.ids.get(w, 1) for w in re.findall(r"[^\W_]+|[^\s\w]", p.lower())), self.size - 1] for p in prompts]
