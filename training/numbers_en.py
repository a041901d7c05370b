"""English numbers in words, as a speaker of British habit reads them ("two hundred and five")."""

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def _below_thousand(value):
    if value < 20:
        return ONES[value]
    if value < 100:
        unit = f"-{ONES[value % 10]}" if value % 10 else ""
        return TENS[value // 10] + unit
    rest = f" and {_below_thousand(value % 100)}" if value % 100 else ""
    return f"{ONES[value // 100]} hundred{rest}"


def cardinal(value):
    """0 <= value < 1,000,000 in words."""
    if value < 1000:
        return _below_thousand(value)
    thousands, rest = divmod(value, 1000)
    words = f"{_below_thousand(thousands)} thousand"
    if rest:
        words += f"{' ' if rest > 99 else ' and '}{_below_thousand(rest)}"
    return words


def ordinal(value):
    """1 -> first, 21 -> twenty-first."""
    words = cardinal(value)
    cut = max(words.rfind("-"), words.rfind(" ")) + 1
    last = words[cut:]
    regular = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return words[:cut] + IRREGULAR_ORDINALS.get(last, regular)


def year(value):
    """1905 -> nineteen oh five, 2004 -> two thousand four."""
    century, rest = divmod(value, 100)
    if 2000 <= value < 2010:
        return "two thousand" + (f" {ONES[rest]}" if rest else "")
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' + ONES[rest] if rest < 10 else cardinal(rest)}"
