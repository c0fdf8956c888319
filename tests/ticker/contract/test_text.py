"""The characters that a line may have: texts in many scripts are accepted, known attacks are refused."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ticker.contract.sentences import RefusedError
from ticker.contract.text import (
    HEADLINE_LIMIT,
    MARKS_LIMIT,
    NOTE_LIMIT,
    SOURCE_LIMIT,
    clean,
    clean_language,
)

ZWNJ, ZWJ, VS15, VS16 = "\u200c", "\u200d", "\ufe0e", "\ufe0f"


def refusal(value: str, limit: int = HEADLINE_LIMIT) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        clean(value, limit=limit)
    return caught.value


LINES = {
    "English with typographic quotes": "“Stop”, she said – €5 … it’s 30° & <b>not</b> markup",
    "Spanish": "¿Qué pasó? El niño cayó a las 3:00 a. m.",
    "Arabic with harakat": "صَرَّحَ المُتَحَدِّثُ بِاسْمِ الخَارِجِيَّةِ",
    "Arabic with Quranic marks": "ٱلۡحَمۡدُ لِلَّهِ",
    "Arabic number signs": "\u0600١٢٣ \u06dd٤ \u08e2٥",
    "Persian with ZWNJ": f"می{ZWNJ}خواهم کتاب{ZWNJ}ها را",
    "Persian plural of a Latin word": f"PDF{ZWNJ}ها",
    "Persian before a Latin word": f"به{ZWNJ}PDF",
    "Persian plural of a quoted word": f"«کتاب»{ZWNJ}ها",
    "Arabic letter form with ZWJ": f"ه{ZWJ}م",
    "Hindi with ZWJ and ZWNJ": f"क्{ZWJ}ष क्{ZWNJ}ष शक्ति",
    "Malayalam chillu at the end of a word": f"അവന്{ZWJ} വന്നു",
    "Malayalam chillu at the end of the line": f"അവന്{ZWJ}",
    "Sinhala": f"ශ්{ZWJ}රී ලංකාව",
    "Bengali": f"র্{ZWJ}যাব",
    "Khmer with ZWNJ after coeng": f"ប្{ZWNJ}ក",
    "Hebrew with points": "שָׁלוֹם עֲלֵיכֶם",
    "Hebrew with cantillation": "בְּרֵאשִׁ֖ית",
    "Thai": "กำลังน้ำท่วม",
    "Burmese": "ငြိမ်းချမ်းရေး",
    "Tibetan": "བསྒྲུབས",
    "Mongolian with a variation selector": "ᠠ\u180bᠨ",
    "Mongolian with a vowel separator": "ᠴᠠᠭ\u180eᠠ",
    "Khmer with breaks between words": "រដ្ឋាភិបាល\u200bកម្ពុជា\u200b៖ ប្រជាជន\u200b២\u200bនាក់",
    "Khmer next to a number and a quotation mark": "ឆ្នាំ\u200b2026 «\u200bសន្តិភាព\u200b»",
    "Khmer with a register shifter with a joiner": "ប៊\u200cី",
    "Khmer with breaks before and after spaces": "ក្រុង\u200b ភ្នំពេញ \u200bថ្ងៃ",
    "Lao with breaks": "ລັດຖະບານ\u200bລາວ",
    "Thai with breaks": "น้ำท่วม\u200bกรุงเทพ",
    "Burmese with breaks": "ငြိမ်းချမ်း\u200bရေး",
    "Tibetan with breaks": "བོད་\u200bཡིག",
    "Khmer with a Latin word in it": "ក្រុមហ៊ុន\u200bApple\u200bបាន",
    "Khmer with a sum": "ថ្លៃ\u200b$5",
    "Thai with an emoji": "ข่าวด่วน\u200b🔥",
    "Ahom with breaks": "𑜒𑜑𑜪\u200b𑜄𑜩",
    "Javanese with breaks": "ꦧꦱ\u200bꦗꦮ",
    "Balinese with breaks": "ᬩᬲ\u200bᬩᬮᬶ",
    "Tai Tham with breaks": "ᨣᩤᩴ\u200bᨾᩮᩬᩥᨦ",
    "Vietnamese, decomposed": unicodedata.normalize("NFD", "Thủ tướng Việt Nam"),
    "Japanese": "「速報」東京で地震　震度５",
    "Japanese with an ideographic variation": "葛\U000e0100城市",
    "Korean, decomposed": unicodedata.normalize("NFD", "속보"),
    "emoji family": f"👨{ZWJ}👩{ZWJ}👧{ZWJ}👦 family",
    "emoji with skin tone and profession": f"👩🏽{ZWJ}🚒",
    "emoji with selector inside": f"❤{VS16}{ZWJ}🔥",
    "emoji with a gender sign": f"🏃🏿{ZWJ}♀{VS16}",
    "emoji that walks to the right": f"🚶{ZWJ}➡{VS16}",
    "emoji that shakes its head": f"🙂{ZWJ}↔{VS16}",
    "emoji newer than this Python": f"\U0001faea{ZWJ}🔥",
    "emoji newer than this Python, with a selector": f"\U0001faea{VS16}",
    "rainbow flag": f"🏳{VS16}{ZWJ}🌈",
    "country flags": "🇪🇸🇸🇦",
    "flags of Scotland and England": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 2–1 "
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "keycap": f"1{VS16}\u20e3",
    "information sign, which is a letter": f"ℹ{VS16}",
    "symbol shown as text": f"☎{VS15}",
    "no-break and ideographic space": "10\u00a0%\u3000ok",
    "replacement character": "caf\ufffd",
    "unassigned but harmless": "\u0378",
    "the last code point of the Hangul block": "힣",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_line_in_any_script_is_accepted_unchanged(line: str) -> None:
    assert clean(line, limit=HEADLINE_LIMIT) == unicodedata.normalize("NFC", line)


REFUSED = [
    ("\0", "NULL"),
    ("\x07", "CONTROL CHARACTER"),
    ("\x1b", "CONTROL CHARACTER"),
    ("\x7f", "CONTROL CHARACTER"),
    ("\x80", "CONTROL CHARACTER"),
    ("\x9f", "CONTROL CHARACTER"),
    ("\x85", "LINE BREAK"),
    ("\n", "LINE BREAK"),
    ("\r", "LINE BREAK"),
    ("\x0b", "CONTROL CHARACTER"),
    ("\x0c", "CONTROL CHARACTER"),
    ("\t", "TAB"),
    ("\u2028", "LINE SEPARATOR"),
    ("\u2029", "PARAGRAPH SEPARATOR"),
    ("\u061c", "ARABIC LETTER MARK"),
    ("\u200e", "LEFT-TO-RIGHT MARK"),
    ("\u200f", "RIGHT-TO-LEFT MARK"),
    ("\u202a", "LEFT-TO-RIGHT EMBEDDING"),
    ("\u202b", "RIGHT-TO-LEFT EMBEDDING"),
    ("\u202c", "POP DIRECTIONAL FORMATTING"),
    ("\u202d", "LEFT-TO-RIGHT OVERRIDE"),
    ("\u202e", "RIGHT-TO-LEFT OVERRIDE"),
    ("\u2066", "LEFT-TO-RIGHT ISOLATE"),
    ("\u2067", "RIGHT-TO-LEFT ISOLATE"),
    ("\u2068", "FIRST STRONG ISOLATE"),
    ("\u2069", "POP DIRECTIONAL ISOLATE"),
    ("\u200b", "ZERO WIDTH SPACE"),
    ("\u2060", "WORD JOINER"),
    ("\u2064", "INVISIBLE PLUS"),
    ("\ufeff", "ZERO WIDTH NO-BREAK SPACE"),
    ("\u00ad", "SOFT HYPHEN"),
    ("\u034f", "COMBINING GRAPHEME JOINER"),
    ("\u115f", "HANGUL CHOSEONG FILLER"),
    ("\u1160", "HANGUL JUNGSEONG FILLER"),
    ("\u3164", "HANGUL FILLER"),
    ("\uffa0", "HALFWIDTH HANGUL FILLER"),
    ("\u2800", "BRAILLE PATTERN BLANK"),
    ("\u17b4", "KHMER VOWEL INHERENT AQ"),
    ("\u180e", "MONGOLIAN VOWEL SEPARATOR"),
    ("\ufff9", "INTERLINEAR ANNOTATION ANCHOR"),
    ("\U000e0001", "LANGUAGE TAG"),
    ("\U000e0041", "TAG LATIN CAPITAL LETTER A"),
    ("\U0001d173", "MUSICAL SYMBOL BEGIN BEAM"),
    ("\ud800", "LONE SURROGATE"),
    ("\udfff", "LONE SURROGATE"),
    ("\ue000", "PRIVATE-USE CHARACTER"),
    ("\U0010fffd", "PRIVATE-USE CHARACTER"),
    ("\ufdd0", "UNASSIGNED CHARACTER"),
    ("\ufdef", "UNASSIGNED CHARACTER"),
    ("\ufffe", "UNASSIGNED CHARACTER"),
    ("\uffff", "UNASSIGNED CHARACTER"),
    ("\U0001fffe", "UNASSIGNED CHARACTER"),
    ("\U0010ffff", "UNASSIGNED CHARACTER"),
    ("\u2065", "UNASSIGNED CHARACTER"),
    ("\ufff0", "UNASSIGNED CHARACTER"),
    ("\ufff8", "UNASSIGNED CHARACTER"),
    ("\U000e0080", "UNASSIGNED CHARACTER"),
    ("\U000e0fff", "UNASSIGNED CHARACTER"),
    (ZWJ, "ZERO WIDTH JOINER"),
    (ZWNJ, "ZERO WIDTH NON-JOINER"),
    (VS16, "VARIATION SELECTOR-16"),
    ("\ufe00", "VARIATION SELECTOR-1"),
    ("\U000e0100", "VARIATION SELECTOR-17"),
    ("\u180b", "MONGOLIAN FREE VARIATION SELECTOR ONE"),
]


@pytest.mark.parametrize(("character", "name"), REFUSED, ids=[f"U+{ord(character):04X}" for character, _ in REFUSED])
def test_a_refusal_names_the_character_and_its_position(character: str, name: str) -> None:
    error = refusal(f"  ok{character}ok")
    assert error.code == "text-character"
    assert error.parameters == {"name": name, "code": f"{ord(character):04X}", "position": 5}
    assert f"{name} (U+{ord(character):04X}) at position 5" in str(error)
    error.sentence("ar").encode()


OUT_OF_PLACE = {
    "ZWJ at the start": (f"{ZWJ}ok", 1),
    "ZWJ at the end of Latin": (f"ok{ZWJ}", 3),
    "ZWJ at the end of Arabic": (f"من{ZWJ}", 3),
    "ZWNJ at the start of Arabic": (f"{ZWNJ}من", 1),
    "ZWNJ after a space": (f"من {ZWNJ}من", 4),
    "ZWNJ before a space": (f"من{ZWNJ} من", 3),
    "two ZWNJ": (f"می{ZWNJ}{ZWNJ}خواهم", 3),
    "ZWJ after ZWJ after virama": (f"ന്{ZWJ}{ZWJ}", 4),
    "ZWNJ between emoji": (f"👨{ZWNJ}👩", 2),
    "ZWJ between an emoji and a letter": (f"👨{ZWJ}a", 2),
    "ZWJ between a letter and an emoji": (f"a{ZWJ}👨", 2),
    "tags of an unknown flag": ("🏴\U000e0067\U000e0062\U000e0065\U000e007f", 2),
    "tags without their end": ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067", 2),
    "tags after a flag": ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f\U000e0041", 8),
    "a second end of a flag": ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f\U000e007f", 8),
    "a selector at the start": (f"{VS16}ok", 1),
    "a selector after a space": (f"o {VS16}k", 3),
    "two selectors": (f"❤{VS16}{VS16}", 3),
    "bytes smuggled in selectors after an emoji": ("😀\U000e0148\U000e0155", 2),
    "the first selector of ideographs after an emoji": ("😀\U000e0100", 2),
    "a selector on a letter": (f"a{VS15}", 2),
    "a break between Latin letters": ("a\u200bb", 2),
    "a break between a Khmer letter and a control": ("ក\u200b\u200e", 2),
    "a break at the start": ("\u200bក", 1),
    "a break at the end": ("ក\u200b", 2),
    "two breaks": ("ក\u200b\u200bខ", 2),
    "a break before a mark": ("ក\u200bា", 2),
    "a break between digits": ("1\u200b2", 2),
    "a break in Arabic": ("من\u200bمن", 3),
    "a break in Chinese": ("东\u200b京", 2),
    "a word joiner in Thai": ("ก\u2060ข", 2),
    "a soft hyphen in German": ("Bundes\u00adtag", 7),
    "a vowel separator at the end": ("ᠴ\u180e", 2),
    "two Mongolian selectors": ("ᠠ\u180b\u180c", 3),
    "a Mongolian selector elsewhere": ("漢\u180b", 2),
    "a line break inside": ("one\ntwo", 4),
    "after a character outside the basic plane": ("😀😀\u202e", 3),
    "after decomposed text": ("cafe\u0301\u200b", 6),
    "after white space that is removed": ("\n\t  ok\u200b", 7),
}


@pytest.mark.parametrize(("line", "position"), OUT_OF_PLACE.values(), ids=OUT_OF_PLACE.keys())
def test_positions_are_counted_in_the_text_as_it_was_typed(line: str, position: int) -> None:
    error = refusal(line)
    assert (error.code, error.parameters["position"]) == ("text-character", position)


def test_outer_white_space_is_removed() -> None:
    assert clean("\u2028 \r\n\t Breaking: it’s over \u3000\u0085\n", limit=20) == "Breaking: it’s over"


def test_text_is_normalized_to_nfc() -> None:
    assert clean("cafe\u0301 \u212b", limit=20) == "café Å"


@pytest.mark.parametrize("empty", ["", " ", "\u3000\u00a0", "\n\n"])
def test_an_empty_line_is_refused(empty: str) -> None:
    assert refusal(empty).code == "text-empty"


def test_length_is_counted_in_code_points_after_nfc() -> None:
    assert clean("e\u0301" * 5 + "😀", limit=6) == "é" * 5 + "😀"
    error = refusal("x" * 7, limit=6)
    assert (error.code, error.parameters) == ("text-long", {"length": 7, "limit": 6})


def test_too_many_marks_are_refused_with_the_position_of_their_letter() -> None:
    assert clean("z" + "\u0336" * MARKS_LIMIT, limit=20)
    error = refusal("  Zal" + "g" + "\u0336\u030d" * 5 + "o")
    assert (error.code, error.parameters) == ("text-marks", {"count": 10, "position": 6})
    assert "10 marks" in str(error) and "position 6" in str(error)


@pytest.mark.parametrize(
    ("marked", "count"),
    [
        ("क" + "\u0903\u0301" * 7, 14),  # spacing marks between do not start a new letter
        ("e" + "\u20dd" * 7, 7),  # enclosing marks
        ("क़" + "\u0301" * MARKS_LIMIT, 7),  # U+0958 itself becomes a letter with a mark
        ("e" + "\u0344" * 4, 8),  # U+0344 becomes two marks
    ],
)
def test_too_many_marks_are_refused_in_every_form(marked: str, count: int) -> None:
    error = refusal("a" + marked)
    assert (error.code, error.parameters) == ("text-marks", {"count": count, "position": 2})


def test_marks_are_counted_per_letter() -> None:
    for letters in ("ab", "ab", "שא", "aא", "א1"):
        line = "".join(letter + "\u0301" * MARKS_LIMIT for letter in letters)
        assert clean(line, limit=50)


@given(st.text(st.characters(), max_size=60))
@example("क़" + "\u0301" * MARKS_LIMIT)
@example("\u0344" * 3)
@example(f"{ZWJ}")
def test_an_accepted_line_is_accepted_again_unchanged(value: str) -> None:
    try:
        line = clean(value, limit=50)
    except RefusedError as error:
        assert 1 <= int(str(error.parameters.get("position", 1))) <= max(1, len(value))
        return
    assert clean(line, limit=50) == line == line.strip() and 1 <= len(line) <= 50
    assert unicodedata.is_normalized("NFC", line)
    line.encode()
    assert not {unicodedata.category(character) for character in line} & {"Cc", "Cs", "Co", "Zl", "Zp"}


BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.sampled_from(sorted(LINES.values())), st.integers(0), st.sampled_from(BIDI))
def test_a_bidi_control_is_refused_at_every_position(line: str, position: int, character: str) -> None:
    position %= len(line)
    with pytest.raises(RefusedError):
        clean(line[:position] + character + line[position:], limit=HEADLINE_LIMIT)


@pytest.mark.parametrize(
    "tag", ["en", "EN", "ar", "fil", "es-419", "zh-Hant-TW", "sr-Latn-RS-ekavsk", "en-x-desk", "en-a"]
)
def test_a_language_tag_is_accepted_unchanged(tag: str) -> None:
    assert clean_language(tag) == tag


NOT_TAGS = "|e|-|en-|-en|en--US|en_US|englishes|e1|12|én|en-é|en-٤١٩|en-123456789|en |en\n|\ud800n"


@pytest.mark.parametrize("tag", [*NOT_TAGS.split("|"), "en-abcdefgh-abcdefgh-abcdefgh-abcdefg"])
def test_any_other_language_is_refused(tag: str) -> None:
    with pytest.raises(RefusedError) as caught:
        clean_language(tag)
    assert caught.value.code == "language"


def test_the_limits_are_those_of_the_protocol() -> None:
    assert (HEADLINE_LIMIT, SOURCE_LIMIT, NOTE_LIMIT) == (500, 120, 500)
