"""The words of deadlines, language by language: data for `deadlines`.

Patterns are matched against lower-case text with straight apostrophes, between word boundaries.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineWords:
    """What one language says about time.

    `months` and `weekdays` are twelve and seven alternatives, from January and from Monday. `days` counts from
    today; `times` are hours of the day, by name; `units` are minute, hour, day and week; `spans` end with the
    week, the month, the year and the next week. `last_call` introduces a moment that is a deadline by itself,
    `within` a span that is one; `ahead` introduces a span that is one only beside an `event`: something that
    happens at a fixed time whether the sender is helped or not. `demand` asks for something to be done at a time
    that is named (need … today). `past` before a time says that it is not ahead, `over`
    that it is about what has happened, `denied` that it need not be then.
    """

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    days: Mapping[str, int]
    times: Mapping[str, int]
    numbers: Mapping[str, float]
    units: tuple[str, str, str, str]
    spans: tuple[str, str, str, str]
    next_week: str
    clock: str
    date_link: str
    last_call: str
    within: str
    ahead: str
    event: str
    demand: str
    past: str
    over: str
    denied: str


WORDS: Final[Mapping[str, DeadlineWords]] = {
    "en": DeadlineWords(
        months=(
            *("jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", "may", "june?", "july?", "aug(?:ust)?"),
            *("sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?"),
        ),
        weekdays=(
            *("mon(?:day)?", "tue(?:s(?:day)?)?", "wed(?:nesday)?", "thu(?:r(?:s(?:day)?)?)?", "fri(?:day)?"),
            *("saturday", "sunday"),
        ),
        days={"(?:the )?day after tomorrow": 2, "tomorrow|tmrw|tmr": 1, "today|tonight": 0}
        | {"this (?:afternoon|evening)|(?:the )?end of (?:the |this )?(?:business )?day|eod|cob": 0},
        times={"morning": 12, "noon|midday|lunch(?:time)?": 12, "afternoon": 18, "evening|night": 22}
        | {"midnight": 24, "close of business|cob": 18},
        numbers={
            "half an": 0.5,
            "twenty-four": 24,
            "forty-eight": 48,
            "an?|one": 1,
            "two|a couple of": 2,
            "three": 3,
            "four": 4,
        }
        | {"five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
        units=("min(?:ute)?s?", "(?:hours?|hrs?)", "(?:(?:working|business) )?days?", "weeks?"),
        spans=(
            "(?:the )?end of (?:the |this )?week|(?:this|the) week",
            "(?:the )?end of (?:the |this )?month(?! after)|month[- ]end",
            "(?:the )?end of (?:the |this )?year|year[- ]end",
            "next week",
        ),
        next_week="next",
        clock=r"(?P<h>\d{1,2})(?:[:.](?P<m>\d\d))? ?(?P<half>[ap])\.?m\b|(?P<h2>\d{1,2}):(?P<m2>\d\d)"
        r"|(?P<h3>\d{1,2}) o'clock",
        date_link=r"(?:st|nd|rd|th)?(?: of)?",
        last_call="by|before|(?:only|have|has|had|got|open|valid|closes) (?:until|till)|no later than|not later than"
        "|at the latest|(?:the )?deadline(?: is| was set for| for .{1,30} is)?:?|due(?: date)?(?: is| on| at"
        "| by)?:?|expir(?:es|ing)(?: on| at)?|closes(?: on| at)?|runs out(?: on| at)?|ends(?: on| at)?"
        "|goes? live(?: on| at)?|latest",
        within=r"(?:within|in less than)(?: the next)?|(?:over|in) the next",
        ahead=r"in|in about|in under",
        event="deadline|due|expires?|expiring|closes|closing|cut-?off|hearing|court|tribunal|trial date|audit|exam"
        "|flight"
        "|departs?|departure|sails?|train leaves|check-?in|wedding|funeral|surgery|operation|interview"
        "|board meeting|presentation|pitch|launch|go(?:es|ing)? live|go-live|starts?|begins?|opens?|opening|ends"
        "|runs out|tender|submission|filing|settles|settlement|executes|clears|payroll run|pay(?:s)? out|leaves"
        r"|arrives?|ships?|cut off|disconnect(?:s|ed)?|shut off|evict\w*|present(?:ing)? to",
        demand="need(?:s|ed)?|must|has to|have to|require[sd]?|urgent(?:ly)?|asap|please|can (?:you|someone|anyone)"
        "|could (?:you|someone)|at the latest|otherwise|or else|or we|or i",
        past=r"since|from|last|dated|until|as of|sent|received|on hold since|back in|already",
        denied="needn't|no need|(?:don't|doesn't|do not|does not|not|won't) (?:have to|need)|not necessarily"
        "|no (?:rush|hurry)|not urgent",
        over="was|were|took|had|got|gave|came|went|solved|approved|answered|arrived|said|promised|told|last time"
        "|used to"
        "|usually|always|each time|every time|thanks|thank you",
    ),
    "de": DeadlineWords(
        months=(
            *(r"jan(?:uar|\.)?|jänner", r"feb(?:ruar|\.)?", r"märz|mrz\.?", r"apr(?:il|\.)?", "mai", "juni?", "juli?"),
            *(r"aug(?:ust|\.)?", r"sept?(?:ember|\.)?", r"okt(?:ober|\.)?", r"nov(?:ember|\.)?", r"dez(?:ember|\.)?"),
        ),
        weekdays=("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag|sonnabend", "sonntag"),
        days={
            "übermorgen": 2,
            "(?<!guten )(?<!am )(?<!jeden )morgen": 1,
            "(?<!bis )heute|(?<=bis )heute(?= (?:abend|mittag|nachmittag|nacht|um|spätestens|\\d))": 0,
            "(?:zum )?(?:ende des tages|tagesende|feierabend)": 0,
        },
        times={"früh|vormittag": 12, "mittag": 12, "nachmittag": 18, "abend|nacht": 22, "mitternacht": 24},
        numbers={
            "eine[rn]? halben": 0.5,
            "vierundzwanzig": 24,
            "achtundvierzig": 48,
            "eine[rmns]?": 1,
            "zwei": 2,
            "drei": 3,
            "vier": 4,
        }
        | {"fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10},
        units=("min(?:uten?|\\.)?", "(?:stunden?|std\\.?)", "(?:werk|arbeits)?tag(?:e[ns]?)?", "wochen?"),
        spans=(
            "(?:zum )?(?:ende der woche|wochenende)|(?:diese|dieser) woche",
            "(?:zum )?(?:monatsende|ende des monats)",
            "(?:zum )?(?:jahresende|ende des jahres)",
            "nächste[rn]? woche|kommende[rn]? woche",
        ),
        next_week="nächste[nrs]?|kommende[nrs]?",
        clock=r"(?P<h>\d{1,2})(?:[:.](?P<m>\d\d))? ?uhr|(?P<h2>\d{1,2}):(?P<m2>\d\d)|(?P<h3>\d{1,2}) h\b",
        date_link=r"\.?",
        last_call="(?:noch )?bis(?: spätestens)?(?: zum| am)?|(?:aller)?spätestens(?: bis)?(?: am| um)?|vor(?: dem)?"
        "|frist(?: läuft)?(?: bis| am| endet am)?:?|fällig(?: am| zum)?|läuft (?:am |um )?|endet(?: am| um)?"
        "|deadline(?: ist)?:?|abgabe(?: bis| am| ist)?:?",
        within=r"(?:innerhalb|binnen)(?: von)?(?: der nächsten| den nächsten)?|in den nächsten",
        ahead=r"in|in etwa|in knapp",
        event="frist|fällig|läuft|ablauf|endet|schließt|termin|verhandlung|anhörung|gericht|prüfung|klausur|abgabe|flug"
        "|fliegen|fliege|abflug|abfahrt|hochzeit|beerdigung|operation|op|vorstellungsgespräch|präsentation|livegang"
        "|geht live|start(?:et|en)?|beginnt|beginn|eröffnung|öffnet|ausschreibung|zuschlag|wird ausgeführt"
        "|abgebucht|gesperrt|abgestellt|kommt|kommen|lieferung|deadline|stichtag|dienst|schicht|einlass|verfällt"
        "|verfallen",
        demand=r"brauche|brauchen|benötig\w+|muss|müssen|dringend|bitte|sonst|spätestens|sofort|können sie|könnt ihr",
        past=r"seit|vom|von|letzte[nrs]?|ab",
        denied=r"(?:muss|müssen|musst|müsst|brauch\w*|eilt|dringend)(?: \w+){0,3} nicht|nicht (?:unbedingt"
        r"|nötig|zwingend)|(?:keine|nicht) eil\w*",
        over="war|waren|wurde[n]?|hat|hatte[n]?|kam|ging|gelöst|geantwortet|versprochen|hieß|letztes mal|früher|immer"
        "|jedes mal|danke",
    ),
    "es": DeadlineWords(
        months=(
            *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "sep?tiembre", "octubre"),
            *("noviembre", "diciembre"),
        ),
        weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        days={"pasado mañana": 2, "(?<!cada )mañana": 1, "hoy|esta (?:tarde|noche)|(?:el )?final del día": 0},
        times={"(?:por |a |de )la mañana|esta mañana|temprano": 12, "mediodía": 12, "(?:por |de )?la tarde": 18}
        | {"(?:por |de )?la noche": 22, "(?:la )?medianoche": 24},
        numbers={"media": 0.5, "veinticuatro": 24, "cuarenta y ocho": 48, "una?": 1, "dos": 2, "tres": 3, "cuatro": 4}
        | {"cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10},
        units=("min(?:utos?)?", "horas?", "días?(?: hábiles| laborables)?", "semanas?"),
        spans=(
            "(?:el )?(?:fin(?:al)? de (?:la |esta )?semana)|esta semana",
            "(?:el )?fin(?:al)?(?:es)? de(?:l| este)? mes",
            "(?:el )?fin(?:al)?(?:es)? de(?:l| este)? año",
            "(?:la )?(?:semana que viene|próxima semana)",
        ),
        next_week="próximo",
        clock=r"(?:las? )?(?P<h>\d{1,2})[:.](?P<m>\d\d)(?: ?h(?:oras?)?)?|las? (?P<h2>\d{1,2})|(?P<h3>\d{1,2}) ?h\b",
        date_link=r"(?:º)?(?: de)?",
        last_call="antes de(?:l| las?)?|(?:tengo|tenemos|tienen|solo|sólo) hasta(?: el| las?)?|a más tardar(?: el)?"
        "|como (?:muy tarde|máximo)(?: el)?|(?:vence|caduca|expira|termina|acaba|cierra|finaliza)(?: el| a las?)?"
        "|fecha límite:?(?: es)?(?: el)?|plazo(?: es| termina| acaba| vence)?(?: el)?|para(?: el| este)?",
        within=r"(?:dentro de|en menos de)(?: las próximas| los próximos)?|en (?:las próximas|los próximos)",
        ahead=r"en|en unas?",
        event="vence|vencimiento|caduca|expira|plazo|cierre|cierra|audiencia|juicio|vista|tribunal|juzgado|examen|vuelo"
        "|salida|sale|boda|cirugía|operación|entrevista|presentación|lanzamiento|empieza|comienza|arranca|abre"
        "|inauguración|licitación|entrega|se cobra|cortan|corte|llega|llegan|termina|acaba|desahucio|turno",
        demand=r"necesit\w+|urge|urgente\w*|debe|tiene que|tengo que|hay que|por favor|a más tardar|si no"
        "|de lo contrario"
        "|pueden|puede",
        past=r"desde|del|de|pasado|el pasado",
        denied="no (?:hace falta|es necesario|tiene que|tienen que|corre prisa|urge|es urgente)|sin prisa",
        over=r"fue|fueron|era|tardó|llegó|dijo|dijeron|prometi\w+|resolvi\w+|respondi\w+|siempre|cada vez|la última vez"
        "|gracias",
    ),
    "fr": DeadlineWords(
        months=(
            *("janv(?:ier|\\.)?", "févr?(?:ier|\\.)?", "mars", "avr(?:il|\\.)?", "mai", "juin", "juil(?:let|\\.)?"),
            *("août", "sept(?:embre|\\.)?", "oct(?:obre|\\.)?", "nov(?:embre|\\.)?", "déc(?:embre|\\.)?"),
        ),
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        days={"après-demain": 2, "demain": 1}
        | {"aujourd'hui|ce (?:soir|midi)|cet (?:après-midi|aprèm)|cette nuit|(?:la )?fin de (?:la )?journée": 0},
        times={"(?:ce )?matin|matinée": 12, "midi": 12, "après-midi": 18, "soir": 22} | {"minuit": 24},
        numbers={
            "une demi": 0.5,
            "vingt-quatre": 24,
            "quarante-huit": 48,
            "une?": 1,
            "deux": 2,
            "trois": 3,
            "quatre": 4,
        }
        | {"cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10},
        units=("min(?:utes?)?", "(?:heures?|h)", "jours?(?: ouvrés| ouvrables)?", "semaines?"),
        spans=(
            "(?:la )?fin de (?:la |cette )?semaine|cette semaine",
            "(?:la )?fin (?:du|de ce) mois",
            "(?:la )?fin (?:de l'|d')année",
            "(?:la )?semaine prochaine",
        ),
        next_week="",
        clock=r"(?<!sous )(?<!dans )(?<!moins de )(?:(?P<h>\d{1,2}) ?(?:h|heures?)(?: ?(?P<m>\d\d))?\b"
        r"|(?P<h2>\d{1,2}):(?P<m2>\d\d))",
        date_link=r"(?:er)?",
        last_call="avant(?: le| ce)?|d'ici(?: à| au)?|(?:ai|avons|avez|que) jusqu'(?:à|au)(?: le)?|au plus tard(?: le"
        "| à)?"
        "|pour(?: le)?|(?:expire|échoit|se termine|prend fin|ferme|clôture)(?: le| à| ce)?|date limite:?(?: est"
        "| le)?|échéance:?(?: le| est)?|délai(?: expire| est)?:?(?: le)?",
        within=r"sous|dans les(?: prochaines| prochains)?|en moins de",
        ahead=r"dans|dans moins de",
        event=r"expire|échéance|délai|date limite|clôture|audience|tribunal|référé|procès|examen|vol|décolle\w*|départ"
        "|part|mariage|obsèques|opération|entretien|présentation|soutenance|lancement|mise en (?:ligne|service"
        r"|production)|commence|débute|démarre|ouvre|ouverture|appel d'offres|livraison|prélev\w+|coup[eé]\w*"
        "|expulsion|arrive|arrivent|coup d'envoi|dépôt|prise de poste",
        demand=r"besoin|il (?:me|nous) faut|faut|doit|devons|dois|urgent\w*|svp|s'il vous plaît|merci de|sinon"
        "|pouvez-vous"
        "|au plus tard|dernier délai",
        past=r"depuis|du|dès|dernier|de",
        denied=r"pas (?:besoin|nécessaire|forcément|obligé\w*|urgent|pressé)|rien ne presse|sans urgence",
        over="était|étaient|a été|avait|arrivé|dit|promis|résolu|répondu|toujours|chaque fois|la dernière fois"
        "|merci pour",
    ),
    "pt": DeadlineWords(
        months=(
            *("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro"),
            *("novembro", "dezembro"),
        ),
        weekdays=(
            *("segunda(?:-feira)?", "terça(?:-feira)?", "quarta(?:-feira)?", "quinta(?:-feira)?", "sexta(?:-feira)?"),
            *("sábado", "domingo"),
        ),
        days={
            "depois de amanhã": 2,
            "amanhã": 1,
            "(?<!até )hoje|(?<=até )hoje(?= (?:às|à|ao|\\d))|esta (?:tarde|noite)|(?:o )?(?:final|fim) do dia": 0,
        },
        times={"(?:de |da |pela )?manhã|cedo": 12, "(?:o )?meio-dia": 12, "(?:à |da |de )?tarde": 18}
        | {"(?:à |da |de )?noite": 22, "(?:a )?meia-noite": 24},
        numbers={
            "meia": 0.5,
            "vinte e quatro": 24,
            "quarenta e oito": 48,
            "uma?": 1,
            "du?as|dois": 2,
            "três": 3,
            "quatro": 4,
        }
        | {"cinco": 5, "seis": 6, "sete": 7, "oito": 8, "nove": 9, "dez": 10},
        units=("min(?:utos?)?", "(?:horas?|h)", "dias?(?: úteis)?", "semanas?"),
        spans=(
            "(?:o |ao )?(?:fim|final) d(?:a|esta) semana|esta semana",
            "(?:o |ao )?(?:fim|final) d(?:o|este) mês",
            "(?:o |ao )?(?:fim|final) d(?:o|este) ano",
            "(?:a )?(?:semana que vem|próxima semana)",
        ),
        next_week="próxim[ao]",
        clock=r"(?<!dentro de )(?<!em )(?<!menos de )(?:(?:às? |as )?(?P<h>\d{1,2}) ?h(?:oras?)?(?: ?(?P<m>\d\d))?\b"
        r"|(?:às? |as )?(?P<h2>\d{1,2}):(?P<m2>\d\d))",
        date_link=r"(?:º)?(?: de)?",
        last_call="até(?: ao?| às?| o fim d[ao])?|antes d[aeo]s?|no máximo(?: até)?|o mais tardar(?: até)?|(?:vence"
        "|expira"
        "|termina|acaba|encerra|fecha)(?: n[ao]| em| às?| a)?|prazo(?: é| termina| acaba)?:?(?: a| em)?"
        "|data limite:?(?: é)?",
        within=r"(?:dentro de|em menos de)|n[ao]s próxim[ao]s",
        ahead=r"em|daqui a|dentro de",
        event="vence|vencimento|expira|prazo|encerra|fecha|fecho|audiência|julgamento|tribunal|exame|prova|voo|partida"
        "|casamento|cirurgia|operação|entrevista|apresentação|lançamento|começa|arranca|inicia|abre|abertura"
        r"|concurso|licitação|pregão|entrega|cobra\w*|cort\w+|chega|chegam|termina|acaba|despejo|turno|embarque"
        "|estreia",
        demand=r"precis\w+|urgente\w*|urgência|deve|tem que|tenho de|temos de|por favor|senão|caso contrário|podem"
        "|pode",
        past=r"desde|d[oae]|passad[ao]|a partir d[eo]",
        denied=r"não (?:precis\w+|é preciso|é necessário|tem que|é urgente)|sem pressa",
        over=r"foi|foram|era|demorou|chegou|disse|disseram|promet\w+|resolv\w+|respond\w+|sempre|da última vez"
        "|obrigad[ao]",
    ),
    "it": DeadlineWords(
        months=(
            *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre"),
            *("novembre", "dicembre"),
        ),
        weekdays=("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
        days={"dopodomani": 2, "(?<!un )domani": 1, "oggi|stasera|stanotte|(?:la )?fine (?:della )?giornata": 0},
        times={"mattina|mattino|mattinata": 12, "mezzogiorno": 12, "pomeriggio": 18, "sera|notte": 22}
        | {"mezzanotte": 24},
        numbers={"mezz'": 0.5, "ventiquattro": 24, "quarantotto": 48, "un[oa']?": 1, "due": 2, "tre": 3, "quattro": 4}
        | {"cinque": 5, "sei": 6, "sette": 7, "otto": 8, "nove": 9, "dieci": 10},
        units=("min(?:ut[oi])?", "or[ea]", "giorn[oi](?: lavorativ[oi])?", "settiman[ae]"),
        spans=(
            "(?:la )?fine (?:della |di questa )?settimana|questa settimana",
            "(?:la )?fine (?:del |di questo )?mese(?! prossimo)",
            "(?:la )?fine (?:dell')?anno",
            "(?:la )?(?:settimana prossima|prossima settimana)",
        ),
        next_week="prossim[oa]",
        clock=r"(?:alle |le |ore )?(?P<h>\d{1,2})[:.](?P<m>\d\d)|(?:alle|le|ore) (?P<h2>\d{1,2})\b",
        date_link=r"(?:º)?",
        last_call="entro(?: e non oltre)?(?: il| le| la| l')?|prima d(?:i|el|elle)|(?:solo|tempo) fino (?:a|al|alle)"
        "|al più tardi(?: il| alle)?|(?:scade|scadono|termina|chiude|finisce)(?: il| alle)?|scadenza:?(?: è| il)?"
        "|termine(?: è| scade)?:?(?: il)?",
        within=r"entro(?: le prossime| i prossimi)?|in meno di|nelle prossime|nei prossimi",
        ahead=r"tra|fra|in",
        event="scade|scadono|scadenza|termine|chiude|chiudono|udienza|tribunale|processo|esame|volo|decollo|partenza"
        "|parte|matrimonio|funerale|intervento|operazione|colloquio|presentazione|presento|lancio|inizia|comincia"
        r"|apre|apertura|gara|bando|consegna|addebit\w+|stacc\w+|arriva|arrivano|rogito|sfratto|turno|diretta"
        "|va in onda",
        demand=r"serv(?:e|ono)|bisogno|urgente\w*|urge|deve|devo|dobbiamo|per favore|altrimenti|potete|può"
        "|al più tardi",
        past=r"dal?|del?|scors[oa]|dallo|dalle",
        denied="non (?:serve|servono|occorre|è necessario|deve|è urgente)|senza fretta",
        over=r"era|erano|è stat[oa]|arrivat[oa]|detto|promess\w+|risolt\w+|rispost\w+|sempre|ogni volta|l'ultima volta"
        "|grazie",
    ),
    "nl": DeadlineWords(
        months=(
            *(r"jan(?:uari|\.)?", r"feb(?:ruari|\.)?", r"maart|mrt\.?", r"apr(?:il|\.)?", "mei", "juni", "juli"),
            *(r"aug(?:ustus|\.)?", r"sept?(?:ember|\.)?", r"okt(?:ober|\.)?", r"nov(?:ember|\.)?", r"dec(?:ember|\.)?"),
        ),
        weekdays=("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        days={"overmorgen": 2, "(?<!goede )morgen(?:ochtend|middag|avond|vroeg|nacht)?": 1}
        | {"vandaag|van(?:middag|avond|nacht)|(?:het )?einde van de dag": 0},
        times={"ochtend|vroeg": 12, "middaguur": 12, "middag": 18, "avond|nacht": 22, "middernacht": 24},
        numbers={
            "een half": 0.5,
            "vierentwintig": 24,
            "achtenveertig": 48,
            "een|één": 1,
            "twee": 2,
            "drie": 3,
            "vier": 4,
        }
        | {"vijf": 5, "zes": 6, "zeven": 7, "acht": 8, "negen": 9, "tien": 10},
        units=("min(?:uten|uut)?", "(?:uur|uren)", "(?:werk)?dag(?:en)?", "we(?:ek|ken)"),
        spans=(
            "(?:het )?(?:einde van de week|weekend)|deze week",
            "(?:het )?einde van de(?:ze)? maand|eind van de maand|maandeinde",
            "(?:het )?einde van het jaar",
            "volgende week",
        ),
        next_week="volgende|komende",
        clock=r"(?<!binnen )(?<!over )(?<!uiterlijk in )(?:(?P<h>\d{1,2})(?:[:.](?P<m>\d\d))? ?(?:uur|u\b)"
        r"|(?P<h2>\d{1,2})[:u](?P<m2>\d\d)\b)",
        date_link=r"",
        last_call="(?:uiterlijk|ten laatste|vóór|voor|tegen|maar tot)(?: op| om)?|deadline(?: is)?:?(?: op)?"
        "|(?:verloopt"
        "|vervalt|eindigt|sluit|stopt)(?: op| om)?|uiterste datum:?(?: is)?|nog voor",
        within=r"binnen(?: de komende)?|in de komende",
        ahead=r"over|in",
        event="verloopt|vervalt|deadline|termijn|sluit|zitting|rechtbank|rechter|kort geding|examen|tentamen|vlucht"
        r"|vertrek\w*|bruiloft|trouwen|begrafenis|operatie|sollicitatiegesprek|presentatie|lancering|live|begint"
        "|start|opent|opening|aanbesteding|inschrijving|levering|afgeschreven|afgesloten|komt|komen|keuring|dienst"
        "|rit",
        demand=r"nodig|moet|moeten|dringend|spoed|alstublieft|aub|graag|anders|kunt u|kunnen jullie|kan iemand",
        past=r"sinds|vanaf|van|vorige|afgelopen",
        denied=r"(?:hoeft|hoeven|moet)(?: \w+){0,3} niet|niet (?:nodig|per se|dringend)|geen haast",
        over="was|waren|werd(?:en)?|had|kwam|ging|opgelost|beantwoord|beloofd|gezegd|altijd|elke keer|vorige keer"
        "|bedankt",
    ),
}
"""By ISO 639-1 code. What is in another language, or in none that can be told, is read as English."""
