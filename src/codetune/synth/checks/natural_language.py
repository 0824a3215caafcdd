"""Whether a text is in the natural language that was asked for; code in it does not count."""

from __future__ import annotations

import re

__all__ = ["chinese_share", "language_fault", "prose"]

_CODE = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$|\\\(.*?\\\)|\\\[.*?\\\]|^(?: {4}|\t)[^\n]*$|\"[^\"\n]*\"|'[^'\n]{2,}'",
    re.DOTALL | re.MULTILINE,
)
_CJK = re.compile(r"[\u3400-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_FUNCTION_WORDS = {
    "en": "the a an of to in and or is are be that this for with as it not if which from by on at each when",
    "de": "der die das und ist nicht ein eine einer eines mit für von zu den dem auf sie wird werden eines oder",
    "fr": "le la les des et est une un du de que qui pour dans par avec ou sur ne pas aux cette ce",
    "es": "el la los las y es una un de del que para en con por se su como o al lo esta este",
    "pt": "o a os as e é uma um de do da que para em com por se como ou ao na no esta este",
    "it": "il lo la gli le e è una un di del della che per in con da si come o al nel questa questo",
    "nl": "de het een en van is niet dat die voor met op zijn aan door of wordt als naar om te deze",
    "sv": "och en ett som är av för med till den det på inte ska om från eller alla i får att",
    "da": "og i er en et af til der den det på for med som ikke skal kan hvis alle eller ved har må fra at",
    "fi": "ja on ei se että tai kun jos joka ovat myös sen saa kaikki niin mutta vain olla hän joka jonka eikä",
    "hu": "a az és egy hogy nem is vagy ha amely meg kell legyen ami minden csak mint el be ki lesz esetén",
    "cs": "na je se že do pro ne jako který nebo by to být při jsou musí vrátí funkci",
    "ro": "și de la în o un care cu nu pe din sau pentru este se ce al ale sunt dacă lui prin iar",
    "pl": "i w z na do się jest nie to że która który oraz dla przez od lub jako po",
    "tr": "bir ve bu için ile olarak da de olan gibi daha ise her veya en kadar",
    "vi": "một và của các là cho không với được trong có những này để từ hàm số",
    "id": "yang dan di untuk dengan dari sebuah adalah ini pada tidak atau ke dalam akan oleh",
}  # fmt: skip
_WORDS = {name: frozenset(words.split()) for name, words in _FUNCTION_WORDS.items()}
_ENOUGH = 12
"""Words below which the function words of a Latin script say nothing."""


def prose(text: str) -> str:
    """The text without code blocks, quoted code, quoted strings and formulas."""
    return _CODE.sub(" ", text)


def chinese_share(text: str) -> float:
    """Share of Chinese characters among the letters that are not part of quoted code."""
    letters = [c for c in re.sub(r"`[^`]*`", "", text) if c.isalpha()]
    return sum(bool(_CJK.match(c)) for c in letters) / len(letters) if letters else 0.0


def language_fault(text: str, language: str) -> tuple[str, str] | None:
    """What is wrong with the language of a text, as (reason, detail), or None.

    Args:
        text: Markdown; its code is left out.
        language: `en` or `zh`; for other languages only nothing is checked.
    """
    if language not in ("en", "zh"):
        return None
    letters = [c for c in prose(text) if c.isalpha()]
    if not letters:
        return None
    if language == "zh":
        share = sum(bool(_CJK.match(c)) for c in letters) / len(letters)
        kana = sum(bool(_KANA.match(c)) for c in letters) / len(
            letters
        )  # Japanese has Chinese characters too
        return None if share >= 0.1 and kana < 0.1 else ("wrong language", "the text has to be Chinese")
    latin = sum(bool(_LATIN.match(c)) for c in letters) / len(letters)
    if latin < 0.7 or _likeliest(prose(text)) != "en":
        return "wrong language", "the text has to be English"
    return None


def _likeliest(text: str) -> str:
    """The Latin-script language whose function words stand out; English where none does."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < _ENOUGH:
        return "en"
    shares = {name: sum(word in known for word in words) / len(words) for name, known in _WORDS.items()}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= 0.15 and shares[best] > 1.5 * shares["en"] else "en"
