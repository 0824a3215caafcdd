def initials(name):
    """Return the first letters of a name's words, in capitals."""
    words = name.split()
    letters = [word[0].upper() for word in words]
    return "".join(letters)


def count_words(text):
    """Count how often each word occurs in a text, without regard to case."""
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def wrap_words(text, width):
    """Break a text into lines that are at most width characters long."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def caesar_cipher(text, shift):
    """Shift each lower-case letter of a text along the alphabet."""
    shifted = []
    for letter in text:
        if "a" <= letter <= "z":
            letter = chr((ord(letter) - 97 + shift) % 26 + 97)
        shifted.append(letter)
    return "".join(shifted)


def is_anagram(first, second):
    """Tell whether two words are made of the same letters."""
    letters = sorted(first.lower())
    others = sorted(second.lower())
    return letters == others


def without_prefix(text, prefix):
    """Remove a prefix from a text if the text begins with it."""
    if prefix and text.startswith(prefix):
        return text[len(prefix) :]
    return text


def slugify(title):
    """Todo."""
    kept = [letter if letter.isalnum() else " " for letter in title.lower()]
    return "-".join("".join(kept).split())
