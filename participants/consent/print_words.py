"""The words around a text on paper, in the languages of the program's own texts; others read them in English."""

from participants.requirements.agreed import Agreed
from participants.requirements.rules import Kind, amount, plain

WORDS = {
    "en": {
        "offer": "Offer to take part",
        "agreement": "Participation agreement",
        "version": "Version {number}",
        "name": "Name",
        "case": "Case number",
        "offered": "Offered on",
        "decide_by": "Time to decide until",
        "explained_by": "Explained by",
        "interpreter": "Interpreter",
        "asked": "What I agree to do",
        "nothing": "Nothing further.",
        "term_ends": "The program ends on",
        "monitoring_ends": "Monitoring ends on",
        "waived_until": "I waive speedy trial until",
        "signed": "Signed on",
        "signature": "Signature",
        "staff_signature": "For the program",
        "interpreter_signature": "Interpreter's signature",
        "date": "Date and time",
        "counsel": "Lawyer consulted, or declined in writing",
        "text": "Text: {language}, version {number}",
        "certified": "Certified by {name} on {day}",
        "not_certified": "This text has not been certified.",
        "waived": "waived",
    },
    "es": {
        "offer": "Ofrecimiento de participar",
        "agreement": "Acuerdo de participación",
        "version": "Versión {number}",
        "name": "Nombre",
        "case": "Número de caso",
        "offered": "Ofrecido el",
        "decide_by": "Plazo para decidir hasta",
        "explained_by": "Explicado por",
        "interpreter": "Intérprete",
        "asked": "Lo que acepto hacer",
        "nothing": "Nada más.",
        "term_ends": "El programa termina el",
        "monitoring_ends": "La supervisión termina el",
        "waived_until": "Renuncio al juicio rápido hasta el",
        "signed": "Firmado el",
        "signature": "Firma",
        "staff_signature": "Por el programa",
        "interpreter_signature": "Firma del intérprete",
        "date": "Fecha y hora",
        "counsel": "Abogado consultado, o rechazado por escrito",
        "text": "Texto: español, versión {number}",
        "certified": "Certificado por {name} el {day}",
        "not_certified": "Este texto no ha sido certificado.",
        "waived": "exonerado",
    },
    "ht": {
        "offer": "Òf pou patisipe",
        "agreement": "Akò patisipasyon",
        "version": "Vèsyon {number}",
        "name": "Non",
        "case": "Nimewo dosye",
        "offered": "Yo fè òf la",
        "decide_by": "Ou gen tan deside jiska",
        "explained_by": "Moun ki esplike l",
        "interpreter": "Entèprèt",
        "asked": "Sa mwen dakò pou m fè",
        "nothing": "Pa gen lòt bagay.",
        "term_ends": "Pwogram nan fini",
        "monitoring_ends": "Sivèyans lan fini",
        "waived_until": "Mwen renonse a jijman rapid jiska",
        "signed": "Siyen",
        "signature": "Siyati",
        "staff_signature": "Pou pwogram nan",
        "interpreter_signature": "Siyati entèprèt la",
        "date": "Dat ak lè",
        "counsel": "Avoka ou pale avè l, oswa ou refize alekri",
        "text": "Tèks: kreyòl ayisyen, vèsyon {number}",
        "certified": "Sètifye pa {name}, {day}",
        "not_certified": "Tèks sa a poko sètifye.",
        "waived": "yo pa mande l",
    },
}
KINDS = {
    "es": {
        Kind.CLASS_HOURS: "Horas de clase",
        Kind.COMMUNITY_SERVICE_HOURS: "Horas de servicio comunitario",
        Kind.FEE: "Cuota",
        Kind.OWN_CHOICE_SESSIONS: "Sesiones que la persona elige",
    },
    "ht": {
        Kind.CLASS_HOURS: "Èdtan klas",
        Kind.COMMUNITY_SERVICE_HOURS: "Èdtan sèvis kominotè",
        Kind.FEE: "Frè",
        Kind.OWN_CHOICE_SESSIONS: "Sesyon moun nan chwazi",
    },
}


def words_in(language: str) -> dict[str, str]:
    return WORDS.get(language, WORDS["en"])


def requirement_in(language: str, row: Agreed) -> str:
    """A requirement in one of the languages: "Horas de clase: 8", "Frè: $200 (yo pa mande l)".

    A name that the program gave a class stands as the program wrote it.
    """
    if language not in KINDS:
        return row.text
    quantity = amount(row.kind, row.quantity) if row.may_be_waived else str(plain(row.quantity))
    named = f" ({row.service})" if row.service else ""
    waived = f" ({words_in(language)['waived']})" if row.waived else ""
    return f"{KINDS[language][row.kind]}{named}: {quantity}{waived}"
