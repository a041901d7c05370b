"""Everyday sentences made from templates: questions, orders, names, places, dates, times, money, numbers.

A template is text with [one|of|these] and {slots}. A slot is a list of WORDS, or one of NUMBERS, whose written form
differs from the spoken one ("1923", "nineteen twenty-three").
"""

import re

from numbers_en import ONES, cardinal, ordinal, year

WORDS = {
    "first": """James Mary John Patricia Robert Jennifer Michael Linda William Elizabeth David Barbara Richard Susan
        Joseph Jessica Thomas Sarah Charles Karen Chris Nancy Daniel Lisa Matthew Betty Anthony Margaret Mark Sandra
        Donald Ashley Steven Kim Paul Emily Andrew Donna Joshua Michelle Kevin Carol Brian Amanda George Dorothy Edward
        Melissa Tom Peter Anna Alice Jack Henry Emma Sam Ben Kate Laura Julia Simon Martin""",
    "last": """Smith Johnson Williams Brown Jones Garcia Miller Davis Wilson Anderson Taylor Thomas Moore Jackson Martin
        Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Green Baker Adams Nelson Hill
        Campbell Mitchell Roberts Carter Phillips Evans Turner Parker Collins Edwards Stewart Morris Murphy Cook Rogers
        Morgan Cooper Reed Bailey Bell Kelly Howard Ward Cox Richardson Wood Watson Brooks Bennett Gray Hughes Price
        Sanders Ross Henderson Coleman Jenkins Perry Powell Long Patterson Washington Lincoln Kennedy""",
    "place": """London Paris Berlin Rome Madrid New_York Boston Chicago Los_Angeles San_Francisco Washington Seattle
        Denver Texas California Florida Toronto Canada Mexico Brazil Australia Sydney Tokyo Japan China India Egypt
        Africa Europe America England Scotland Ireland France Germany Italy Spain Russia Moscow Vienna Amsterdam Sweden
        Norway Greece Athens Hawaii Alaska Virginia Oregon Dublin Oxford Cambridge Manchester Edinburgh""",
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "month": "January February March April May June July August September October November December",
    "thing": """car house book phone computer letter ticket table chair window door coat hat cup bottle garden kitchen dog
        cat horse boat bicycle train bus plane camera watch key box bag lamp picture newspaper magazine bridge river
        mountain school hospital library station airport hotel restaurant office factory museum church street road shop
        market bank farm island lake beach forest village city country picture program engine machine battery screen
        keyboard file message email password server network question answer problem idea plan story song film game team
        doctor teacher student driver lawyer nurse farmer soldier captain president king queen""",
    "kind": """big small old new red blue green black white yellow brown long short heavy light cheap expensive good bad
        beautiful ugly fast slow quiet loud warm cold wet dry clean dirty empty full broken open closed simple difficult
        strange famous important""",
    "food": """bread cheese coffee tea milk water juice rice soup salad chicken fish beef pasta pizza chocolate sugar salt
        butter eggs apples oranges bananas potatoes tomatoes onions carrots beans sandwiches cake ice_cream""",
    "do": """find see buy sell open close clean paint repair lose keep break carry bring take watch remember forget
        describe use need want like""",
    "done": "found lost sold seen closed cleaned broken heard moved opened",
}
WORDS = {slot: [word.replace("_", " ") for word in words.split()] for slot, words in WORDS.items()}


def _plain(low, high, step=1):
    def make(rng):
        value = rng.randrange(low, high, step)
        return cardinal(value), cardinal(value)

    return make


def _digits(low, high, spoken=cardinal, step=1, written="{:d}"):
    def make(rng):
        value = rng.randrange(low, high, step)
        return written.format(value), spoken(value)

    return make


def _money(rng):
    dollars, cents = rng.randrange(1, 60), rng.randrange(5, 100, 5)
    spoken = f"{cardinal(dollars)} dollar{'s' if dollars > 1 else ''} and {cardinal(cents)} cents"
    return f"${dollars}.{cents:02d}", spoken


def _hour(rng):
    hour, half = rng.randrange(1, 13), rng.choice("ap")
    return f"{hour} {half}.m.", f"{cardinal(hour)} {half.upper()} M."


def _code(rng):
    words = " ".join(ONES[rng.randrange(10)] for _ in range(rng.choice([3, 4, 5])))
    return words, words


def _sum(rng):
    a, b = rng.randrange(1, 50), rng.randrange(1, 50)
    words = f"{cardinal(a)} plus {cardinal(b)} is {cardinal(a + b)}"
    return words.capitalize(), words


NUMBERS = {
    "few": _plain(2, 20),
    "oclock": _plain(1, 13),
    "minutes": _plain(2, 60),
    "nth": lambda rng: (ordinal(rng.randrange(1, 32)),) * 2,
    "year": _digits(1700, 2030, year),
    "date": _digits(1, 29, ordinal),
    "age": _digits(21, 100),
    "count": _digits(21, 1000),
    "many": _digits(1000, 100000, step=1000, written="{:,}"),
    "percent": _digits(2, 100, lambda value: f"{cardinal(value)} percent", written="{:d}%"),
    "money": _money,
    "hour": _hour,
    "code": _code,
    "sum": _sum,
}

TEMPLATES = (
    "What time is it in {place}?",
    "Turn [on|off] the [lights|heating|radio|television|music|alarm] in the [kitchen|bedroom|living room|office|hall].",
    "[Please|Could you|Can you please] call {first} {last} [tomorrow|tonight|this afternoon|on {day}|right now].",
    "My name is {first} {last} and I live in {place}.",
    "I would like [a cup of|some|a plate of|two pounds of|a little] {food}, please.",
    "The {thing} is [on|under|behind|next to|in front of|near] the {thing}.",
    "Did you {do} the {kind} {thing}?",
    "I [do not|will|can|cannot|did not|want to|have to|would never] {do} the {thing} [today|tomorrow|again|this week].",
    "{first} and {first} went to {place} [last week|last year|in {month}|on {day}|by train|by car].",
    "The weather in {place} is [cold and wet|warm and sunny|very windy|cloudy|terrible|lovely] today.",
    "[Good morning|Good evening|Hello|Good afternoon|Hi], {first}, [how are you|how are you today|what can I do for you]?",
    "Set a timer for {minutes} minutes.",
    "We have {few} {kind} {thing}s and {few} {thing}s.",
    "It is [half past|a quarter past|a quarter to|ten past|twenty to] {oclock}.",
    "On the {nth} of {month}, we [arrived in|left for|moved to|drove to|flew to] {place}.",
    "[In {year}, they moved to|It was built in {year} near|She was born in {year} in|He died in {year} in] {place}.",
    "The letter is dated {month} {date}, {year}.",
    "[There were {count} people|The book has {count} pages|It is {count} miles from here|He paid {count} dollars].",
    "[The town has {many} people|It costs {many} dollars|More than {many} books were sold|They walked {many} miles].",
    "About {percent} of the {thing}s are {kind}.",
    "That will be {money}, please.",
    "The code is {code}.",
    "{sum}.",
    "I am {age} years old.",
    "Wake me up at {hour}",
    "[Where is|How far is|Have you been to|When did you leave|Who lives in] {place}?",
    "[He|She|They|We] [bought|found|lost|saw|forgot|sold|wanted] a {kind} {thing} [in|near|outside] {place}.",
    "[Yes|No|Well|Oh|Of course|I am sorry], [I know|I do not know|that is right|that is wrong|I think so].",
    "[Thank you|Thanks] [very much|so much|for your help|for coming|for the {thing}], {first}.",
    "[President|Doctor|Professor|Captain|Judge] {last} [spoke|arrived|was not there|wrote] [yesterday|today|on {day}].",
    "The {kind} {thing} [belongs to|was made by|was given to|came from] {first} {last}.",
    "[Never|Always|Do not|Please do not|You should] {do} a {kind} {thing} [at night|in the rain|before dinner].",
    "{first} [said that|thinks that|told me that|believes|knows that] the {thing} is {kind}.",
    "{first}, {first}, and {first} are [my friends|not here|in {place}|late again|coming to dinner].",
    "[The first|The second|The third|The last|Every|Another|The next] {thing} was {kind} and {kind}.",
    "Open the {thing} and {do} the {kind} {thing}.",
    "I have [never|always|just|already] been to {place} [before|with my family|with {first}|in the summer].",
    "[This|That] is [my|your|his|her|our|their] {kind} {thing}.",
    "How much {food} [do you want|did they eat|is left|do we need]?",
    "[The|A|My|His|Her|Our|No|This] {kind} {thing} [was|will be|must be] {done} [in|near|behind|by] the {thing}.",
)

_CHOICE = re.compile(r"\[([^]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")


def generate(rng):
    """(written, spoken) form of one random sentence."""
    text = _CHOICE.sub(lambda found: rng.choice(found.group(1).split("|")), rng.choice(TEMPLATES))
    written, spoken, end = [], [], 0
    for found in _SLOT.finditer(text):
        slot = found.group(1)
        pair = NUMBERS[slot](rng) if slot in NUMBERS else (rng.choice(WORDS[slot]),) * 2
        for out, form in zip((written, spoken), pair):
            out += [text[end : found.start()], form]
        end = found.end()
    return "".join(written) + text[end:], "".join(spoken) + text[end:]
