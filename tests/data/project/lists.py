def chunks_of(items, size):
    """Yield lists of at most size items, in the order of the items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def flatten(nested):
    """Return the items of nested lists as one flat list."""
    flat = []
    for item in nested:
        if isinstance(item, list):
            flat.extend(flatten(item))
        else:
            flat.append(item)
    return flat


def first_index(items, wanted):
    """Return the index of the first wanted item, or -1 where there is none."""
    for index, item in enumerate(items):
        if item == wanted:
            return index
    return -1


def rotated(items, places):
    """Return the items moved to the left by some places, round the end."""
    if not items:
        return []
    places %= len(items)
    return items[places:] + items[:places]


def group_by(items, key):
    """Sort items into lists by the key that a function gives for each."""
    groups = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def binary_search(ordered, wanted):
    """Find where a wanted value belongs in an ordered list."""
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def is_rotation(first, second):
    """Tell whether one list is the other one, rotated by some places."""
    if len(first) != len(second):
        return False
    doubled = first + first
    starts = range(max(len(first), 1))
    return any(doubled[start : start + len(second)] == second for start in starts)
