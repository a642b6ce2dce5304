"""Forms of a name for comparison: words that count, the full name behind a nickname, and how a word sounds."""

from functools import lru_cache

import jellyfish

# Words that part names in Spanish, Portuguese, French, Dutch, German and Arabic, and those that rank them. They come
# and go between papers, so they count neither for nor against.
PARTICLES = frozenset(
    (
        *("de", "del", "la", "las", "los", "el", "y", "e", "da", "das", "do", "dos", "du", "des", "le", "van", "von"),
        *("der", "den", "ter", "bin", "ibn", "al", "st", "san", "santa", "jr", "sr", "ii", "iii", "iv"),
    )
)

# Full name: what a person of that name is called or signs with, in English and in Spanish. A nickname of several
# names stands with the one most often meant; the other one is still found by birth date, phone or case number.
NICKNAMES = {
    "abigail": "abby abbey abbie gail",
    "abraham": "abe bram",
    "adriana": "adri",
    "albert": "al bert bertie",
    "alberto": "beto tito",
    "alejandra": "ale jandra",
    "alejandro": "alex jandro",
    "alexander": "alec xander sasha",
    "alfonso": "poncho fonso",
    "alfredo": "fredo",
    "andrew": "andy drew",
    "angela": "angie",
    "antonia": "toni tonia",
    "anthony": "tony ant",
    "antonio": "tono",
    "barbara": "barb barbie babs",
    "beatriz": "bea betty",
    "benjamin": "ben benny benji",
    "carolina": "caro",
    "catherine": "cathy kathy kate katie cat kitty katherine kathryn catalina",
    "charles": "charlie chuck chas",
    "christina": "chris tina christine cristina",
    "christopher": "topher kit cristobal",
    "concepcion": "concha conchita",
    "cynthia": "cindy",
    "daniel": "dan danny dani",
    "david": "dave davey",
    "deborah": "deb debbie debra",
    "dolores": "lola",
    "donald": "don donnie",
    "dorothy": "dot dottie",
    "eduardo": "lalo edu",
    "edward": "ed eddie ned ted teddy",
    "elizabeth": "liz lizzie beth betsy eliza libby",
    "enrique": "quique kike",
    "ernesto": "neto",
    "eugene": "gene",
    "fernando": "nando fer",
    "francis": "frank frankie",
    "francisca": "paca paquita",
    "francisco": "paco pancho kiko cisco",
    "frederick": "fred freddie",
    "gabriel": "gabe gabo",
    "gabriela": "gaby gabi",
    "gerardo": "gerry",
    "gregory": "greg",
    "gregorio": "goyo",
    "guadalupe": "lupe lupita",
    "guillermo": "memo guille",
    "graciela": "chela",
    "henry": "hank harry",
    "ignacio": "nacho",
    "isabel": "chabela isa",
    "jacob": "jake",
    "jacqueline": "jackie",
    "james": "jim jimmy jamie",
    "jeffrey": "jeff",
    "jennifer": "jen jenny",
    "jessica": "jess jessie",
    "jesus": "chuy chucho",
    "john": "jack johnny",
    "jonathan": "jon",
    "joseph": "joe joey",
    "jose": "pepe chepe",
    "josefina": "pepa fina josefa",
    "josue": "josh joshua",
    "juan": "juancho",
    "juana": "juanita",
    "kenneth": "ken kenny",
    "kimberly": "kim",
    "lawrence": "larry",
    "leonard": "len lenny",
    "leonardo": "leo",
    "luis": "lucho louis",
    "magdalena": "lena magda",
    "manuel": "manny manolo",
    "margaret": "maggie meg peggy marge",
    "maria": "mari maricela",
    "matthew": "matt mateo",
    "mercedes": "meche",
    "michael": "mike mikey mick",
    "miguel": "migue",
    "monica": "moni",
    "nancy": "nan",
    "nathaniel": "nate nathan nat",
    "nicholas": "nick nico nicolas",
    "pamela": "pam",
    "patricia": "pat patty trish tricia",
    "patrick": "paddy",
    "pedro": "perico",
    "peter": "pete",
    "rafael": "rafa rafi",
    "raymond": "ray",
    "rebecca": "becky becca",
    "richard": "rick ricky dick rich richie",
    "ricardo": "rica cardo",
    "robert": "bob bobby rob robbie",
    "roberto": "berto",
    "ronald": "ron ronnie",
    "rosario": "chayo",
    "salvador": "chava sal",
    "samuel": "sam sammy",
    "samantha": "sammie",
    "sandra": "sandy",
    "santiago": "chago santi",
    "sergio": "checo",
    "soledad": "sole",
    "stephanie": "steph stefanie",
    "stephen": "steve stevie steven",
    "susan": "sue susie suzanne",
    "teresa": "tere theresa terry",
    "thomas": "tom tommy",
    "timothy": "tim timmy",
    "valentina": "vale",
    "veronica": "vero",
    "vicente": "chente",
    "victoria": "vicky tori",
    "vincent": "vince vinny",
    "virginia": "ginny",
    "walter": "walt wally",
    "william": "will bill billy willie liam",
}
_FULL = {nickname: full for full, nicknames in reversed(NICKNAMES.items()) for nickname in nicknames.split()}

# Letters that sound alike in Spanish; the rest is done by Metaphone, which was made for English.
_HEARD_ALIKE = str.maketrans({"v": "b", "z": "s"})


def full_name(word: str) -> str:
    """The full name behind a nickname; any other word as it is.

    >>> full_name("bob"), full_name("lupita")
    ('robert', 'guadalupe')
    """
    return _FULL.get(word, word)


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """How a folded word sounds. Letters outside the Latin alphabet stand for themselves.

    >>> sound("hernandez") == sound("ernandes"), sound("katherine") == sound("kathryn")
    (True, True)
    """
    if not (word.isascii() and word.isalpha()):
        return word
    heard = word.lstrip("h").translate(_HEARD_ALIKE) or word  # a first h is silent in Spanish
    if heard.startswith("ll"):
        heard = "y" + heard[2:]
    return jellyfish.metaphone(heard) or word


def counting(words: list[str]) -> list[str]:
    """The words of a name that tell people apart: without particles, unless nothing is left then."""
    return [word for word in words if word not in PARTICLES] or words
