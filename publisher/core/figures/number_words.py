"""Number words of English, Spanish and Arabic, in their comparable form, with gender, case and dual forms."""

from typing import Final

_ENGLISH: Final = """
1 one / 2 two / 3 three / 4 four / 5 five / 6 six / 7 seven / 8 eight / 9 nine / 10 ten / 11 eleven / 12 twelve
/ 13 thirteen
14 fourteen / 15 fifteen / 16 sixteen / 17 seventeen / 18 eighteen / 19 nineteen / 20 twenty / 30 thirty / 40 forty
50 fifty / 60 sixty / 70 seventy / 80 eighty / 90 ninety
"""
_SPANISH: Final = """
1 un una uno / 2 dos / 3 tres / 4 cuatro / 5 cinco / 6 seis / 7 siete / 8 ocho / 9 nueve / 10 diez / 11 once / 12 doce
13 trece / 14 catorce / 15 quince / 16 dieciseis / 17 diecisiete / 18 dieciocho / 19 diecinueve / 20 veinte
21 veintiuno veintiun veintiuna / 22 veintidos / 23 veintitres / 24 veinticuatro / 25 veinticinco / 26 veintiseis
27 veintisiete / 28 veintiocho / 29 veintinueve / 30 treinta / 40 cuarenta / 50 cincuenta / 60 sesenta / 70 setenta
80 ochenta / 90 noventa / 100 cien ciento / 200 doscientos doscientas / 300 trescientos trescientas
400 cuatrocientos cuatrocientas / 500 quinientos quinientas / 600 seiscientos seiscientas / 700 setecientos setecientas
800 ochocientos ochocientas / 900 novecientos novecientas
"""
# Ta marbuta is ه and hamza is its seat, as in the comparable form.
_ARABIC: Final = """
1 واحد واحده احد احدي / 2 اثنان اثنين اثنتان اثنتين اثنا اثني اثنتا اثنتي / 3 ثلاثه ثلاث / 4 اربعه اربع / 5 خمسه خمس
6 سته ست / 7 سبعه سبع / 8 ثمانيه ثماني ثمان / 9 تسعه تسع / 10 عشره عشر
20 عشرون عشرين / 30 ثلاثون ثلاثين / 40 اربعون اربعين / 50 خمسون خمسين / 60 ستون ستين / 70 سبعون سبعين
80 ثمانون ثمانين / 90 تسعون تسعين
100 ميه مايه مءه / 200 ميتان ميتين مايتان مايتين ميتا مايتا ميتي / 300 ثلاثميه ثلاثمايه / 400 اربعميه اربعمايه
500 خمسميه خمسمايه / 600 ستميه ستمايه / 700 سبعميه سبعمايه / 800 ثمانميه ثمانيميه ثمانمايه / 900 تسعميه تسعمايه
"""
_SCALES: Final = """
100 hundred / 1000 thousand k / 1000000 million mn m / 1000000000 billion bn b / 1000000000000 trillion tn
1000 mil / 1000000 millon millones mill / 1000000000 millardo millardos / 1000000000000 billon billones
1000 الف الفا الاف / 1000000 مليون مليونا ملايين / 1000000000 مليار مليارا مليارات
"""
_DUALS: Final = """
2000 الفان الفين الفا الفي / 2000000 مليونان مليونين مليونا مليوني / 2000000000 ملياران مليارين مليارا ملياري
"""
# Counted nouns whose dual form says "two" without a number.
_COUNTED_DUALS: Final = """
شخصان شخصين قتيلان قتيلين جريحان جريحين مصابان مصابين طفلان طفلين امراتان امراتين جنديان جنديين مدنيان مدنيين
شرطيان شرطيين عاملان عاملين راكبان راكبين رجلان رجلين سايحان سايحين موظفان موظفين مشتبهان رهينتان رهينتين محتجزان
صحفيان صحفيين صحافيان صحافيين طالبان طالبين مسعفان مسعفين سفينتان سفينتين طايرتان طايرتين منزلان منزلين قطاران قطارين
مسلحان مسلحين شابان شابين سيارتان سيارتين صاروخان صاروخين مباراتان مباراتين هدفان هدفين ضحيتان ضحيتين
"""


def _table(rows: str) -> dict[str, int]:
    table: dict[str, int] = {}
    for entry in rows.replace("\n", "/").split("/"):
        value, *names = entry.split() or [""]
        table |= {name: int(value) for name in names}
    return table


UNITS: Final = {"en": _table(_ENGLISH), "es": _table(_SPANISH), "ar": _table(_ARABIC)}
"""The value of each number word by language."""
SCALES: Final = _table(_SCALES)
"""Words that multiply the number before them; `مليونا` is one of them after a number, and a dual without one."""
DUAL_SCALES: Final = _table(_DUALS)
COUNTED_DUALS: Final = frozenset(_COUNTED_DUALS.split())
JOINERS: Final = {"en": frozenset({"and"}), "es": frozenset({"y"}), "ar": frozenset({"و"})}
"""Words between the parts of one number; in Arabic a prefix."""
HALVES: Final = frozenset({"half", "medio", "نصف"})
GROUPS: Final = _table("12 dozen docena دزينه / 10 decena / 20 veintena / 30 treintena / 100 centenar / 1000 millar")
"""Nouns that say how many there are, more or less."""
PLURAL_GROUPS: Final = _table("12 dozen docena docenas / 10 decenas / 20 veintenas / 100 centenares / 1000 millares")
"""Those that follow a number; without one they say nothing exact."""
