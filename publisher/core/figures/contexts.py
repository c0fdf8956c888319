"""Words around a number that say what it counts, or that it counts nothing: times, dates, names with a number.

All words are in their comparable form.
"""

from typing import Final

from publisher.core.similar.comparison_form import stem_of

_LABELS: Final = {
    "dead": """dead death deaths die dies died kill kills killed killing fatality fatalities toll bodies body
muerto muertos muerta muertas muere mueren murio murieron muerte muertes fallece fallecen fallecido fallecidos mata
        mortales cadaveres قتيل قتيلا قتلي قتل مقتل وفاه وفيات مصرع ضحيه ضحايا جثه جثث يقتل بحياه قتيلان قتيلين""",
    "hurt": """hurt injured injures injure injuring injuries wounded wounds wounding herido heridos herida heridas
        lesionados hiere hieren جريح جريحا جرحي مصاب مصابا مصابون مصابين اصابه اصيب اصابات جرح يصيب جريحان
        جريحين مصابان""",
    "missing": """missing unaccounted desaparecido desaparecidos desaparecidas مفقود مفقودا مفقودين مفقودون
        فقدان فقد""",
    "held": """arrest arrested arrests arresting detained detains detainees held detenido detenidos detiene detienen
        arrestados arresta detenciones اعتقال معتقل معتقلا معتقلين توقيف موقوف موقوفا اعتقلت اعتقل القبض محتجز
        محتجزا""",
    "rescued": """rescued rescues rescue saved rescatados rescata rescatan rescatadas rescate انقاذ انقذ ناج
        ناجيا ناجين""",
    "moved": """evacuated evacuates evacuees displaced homeless flee fled evacuados evacuan evacuadas evacua desalojados
        desplazados اجلاء نازح نازحا نازحين مشرد مشردا اخلاء تشريد نزوح اجلت""",
    "homes": """homes houses home households viviendas casas hogares vivienda منزل منزلا منازل بيت بيوت بيتا منزلان""",
    "jobs": """jobs job posts staff workers employees empleos puestos trabajadores empleados وظيفه وظائف موظف
        موظفا عاملا عمال""",
    "children": """children child pupils students kids boys girls ninos ninas alumnos estudiantes menores طفلا طفل اطفال
        تلميذا تلاميذ طالبا طلاب طفلان طفلين""",
    "soldiers": """soldiers troops soldier soldados militares tropas جندي جنديا جنود عسكريا جنديان جنديين""",
    "votes": """votes vote votos صوت صوتا اصوات""",
    "seats": """seats escanos seat مقعد مقعدا مقاعد""",
    "goals": """goals goal goles هدف اهداف هدفان هدفين""",
    "points": """points point puntos punto نقطه نقاط""",
    "magnitude": """magnitude magnitud بقوه درجات ريختر""",
    "degrees": """degrees celsius grados درجه""",
    "years": """year years yearold ano anos عام عاما اعوام سنه سنوات سنين""",
    "months": """month months mes meses شهر شهرا اشهر شهور شهران شهرين""",
    "weeks": """week weeks semana semanas اسبوع اسبوعا اسابيع اسبوعين اسبوعان""",
    "days": """day days dia dias يوم يوما ايام يومين يومان""",
    "hours": """hour hours hora horas ساعه ساعات ساعتين ساعتان""",
    "minutes": """minute minutes minuto minutos دقيقه دقايق دقيقتين""",
    "distance": """km kilometre kilometres kilometer kilometers mile miles metres meters m kilometro kilometros
        metros millas
        كيلومتر كيلومترا كيلومترات كم متر مترا امتار ميل ميلا اميال""",
    "weight": """tonnes tons tonne ton kg kilos toneladas kilo طن طنا اطنان كيلوغراما كيلو""",
}
LABELS: Final = {word: label for label, terms in _LABELS.items() for word in terms.split()}
_STEMS: Final = {stem_of(word, "ar"): label for word, label in LABELS.items() if "\u0621" <= word[0] <= "\u064a"}
PEOPLE: Final = frozenset(
    """people persons person passengers migrants residents civilians victims personas persona pasajeros
        migrantes vecinos
    civiles شخص شخصا اشخاص راكبا ركاب مدنيا مدنيين مهاجرا مهاجرين dead""".split()
)
_PEOPLE_LABELS: Final = frozenset(
    ("dead", "hurt", "missing", "held", "rescued", "moved", "jobs", "children", "soldiers", "homes", "votes")
)
MONTHS: Final = frozenset(
    """january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre
    diciembre ene abr ago dic يناير فبراير مارس ابريل نيسان مايو ايار يونيو حزيران يوليو تموز اغسطس اب سبتمبر ايلول
    اكتوبر نوفمبر ديسمبر شباط اذار تشرين كانون""".split()
)
HOURS: Final = frozenset("am pm gmt utc hrs oclock cet est صباحا مساء ظهرا".split())
BEFORE_HOURS: Final = frozenset("الساعه".split())
UNITS: Final = frozenset("km m bn mn k tn kg cm mm ft mph kph pc pct mw gw b h min s".split())
"""Letters that may stand right after a number without making it part of a name."""
SCALE_LETTERS: Final = frozenset("m k b".split())
NAMES: Final = frozenset(
    """article resolution flight route highway motorway channel formula apollo level category phase chapter section page
    number no room gate line bus group covid cop top unit reactor tower block week season part game round stage
    terminal pier platform boeing airbus protocol area windows iphone under mundial
    articulo resolucion vuelo ruta carretera autopista canal nivel categoria fase capitulo pagina numero linea autobus
    grupo jornada etapa puerta bloque anden terminal sub zona temporada ronda
    الماده القرار قرار رحله الرحله الطريق طريق قناه القناه فورمولا مستوي المستوي الفيه فيه المرحله رقم خط الخط كوفيد
    مجموعه المجموعه بند الجوله الباب البوابه الرصيف المحطه بوينغ ايرباص الموسم الاسبوع""".split()
)
BEFORE_YEARS: Final = frozenset("anos decada in since by en desde عام العام سنه في منذ".split())
PERCENT_SIGNS: Final = frozenset("%٪‰")
PERCENT_WORDS: Final = (
    ("percent",), ("per", "cent"), ("pct",), ("pc",), ("por", "ciento"), ("بالميه",), ("بالمايه",), ("في", "الميه"),
    ("في", "المايه"),
)  # fmt: skip
CURRENCY_SIGNS: Final = frozenset("$€£¥₹₺₪﷼")
CURRENCY_WORDS: Final = frozenset(
    """euro euros dollar dollars pound pounds dolar dolares libra libras peso pesos يورو دولار دولارا دولارات جنيه جنيها
    جنيهات ريال ريالا دينار دينارا درهم درهما ليره usd eur gbp""".split()
)
# The words before a number, the last of them next to it.
LOWER_BOUNDS: Final = (
    ("more", "than"), ("at", "least"), ("over",), ("above",), ("upwards", "of"), ("mas", "de"), ("al", "menos"),
    ("por", "lo", "menos"), ("como", "minimo"), ("اكثر", "من"), ("لا", "يقل", "عن"), ("ما", "يزيد", "علي"), ("تجاوز",),
)  # fmt: skip
UPPER_BOUNDS: Final = (
    ("less", "than"), ("fewer", "than"), ("up", "to"), ("under",), ("nearly",), ("almost",), ("hasta",), ("casi",),
    ("menos", "de"), ("اقل", "من"), ("يصل", "الي"),
)  # fmt: skip
APPROXIMATIONS: Final = (
    ("about",), ("around",), ("some",), ("roughly",), ("approximately",), ("unos",), ("unas",), ("cerca", "de"),
    ("alrededor", "de"), ("نحو",), ("حوالي",), ("قرابه",), ("زهاء",), ("ما", "يقارب"),
)  # fmt: skip
_ARABIC_AND: Final = "و"


def label_of(term: str) -> str:
    """What a number next to `word` counts, or an empty string."""
    if term in LABELS:
        return LABELS[term]
    if term and "\u0621" <= term[0] <= "\u064a":
        bare = term[1:] if term[0] in "وبلف" and len(term) > 3 else term
        return LABELS.get(bare) or LABELS.get(bare.removeprefix("ال")) or _STEMS.get(stem_of(term, "ar"), "")
    return ""


def counts_people(label: str) -> bool:
    """Whether a label is of people or things that come in thousands, so that a number with it is no year."""
    return label in _PEOPLE_LABELS


def begins_clause(term: str) -> bool:
    """Whether a new part of the line begins at `word`, whose number is another one."""
    if term in ("and", "y", "e", "while", "mientras", "but", "pero"):
        return True
    return len(term) > 3 and term[0] == _ARABIC_AND and (bool(label_of(term[1:])) or term[1].isdecimal())
