"""Source names that look like another name get a warning; names that people write in any language do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.core.lookalike import Lookalikes, skeleton
from tests.flashwire.cli.test_desk_commands import run
from tests.support.desk_process import Machine
from tests.support.sample_items import line
from ticker.contract.item import InfoSource, Text
from ticker.contract.site import Site, Source, load_site

SITE = load_site(None)
AGENCIES = Site(
    editions=SITE.editions,
    sources={
        "ap": Source("agency", {"en": "AP"}),
        "tass": Source("agency", {"ru": "ТАСС", "en": "TASS"}),
        "spa": Source("agency", {"ar": "وكالة الأنباء السعودية", "en": "Saudi Press Agency"}),
        "ch10": Source("platform", {"en": "Channel 10"}),
    },
)


def codes(name: str, site: Site = SITE, language: str = "en") -> list[str]:
    source = InfoSource(Text(name, language, "ltr"), "official")
    return [warning.code for warning in Lookalikes(site).warnings([source], field="infoSources[{}].name")]


@pytest.mark.parametrize(
    "name",
    [
        "Неalth ministry",
        "НЕАLTH MINISTRY",
        "Health  ministry",
        "Health\u00a0 ministry",
        "Health\u00a0ministry",
        "Ｈｅａｌｔｈ ministry",
        "Health minіstry",
        "Heaith ministry",
        "Hea1th ministry",
        "Health mini5try",
        "8anco central",
        "Civil clefence",
        "Héalth ministry",
        "HEALTH MІNISTRY",
        "Civil Dеfence",
        "Civi1 Defence",
        "civil-defence".replace("e", "е"),
        "Proteccion Civil",
        "وزارة الصحه",
        "وزارة  الصحة",
        "وِزارة الصحة",
        "Central bаnk",
        "𝐇ealth ministry",
        "𝓗𝓮𝓪𝓵𝓽𝓱 𝓶𝓲𝓷𝓲𝓼𝓽𝓻𝔂",
        "Ⓗealth ministry",
        "Heɑlth ministry",
        "Ηealth ministry",
        "Health\u2009ministry",
        "Hea\u200dlth ministry",
        "Health ministry.",
        "“Health ministry”",
        "Health_ministry",
        "Healthministry",
        "Civil·Defence",
        "Civil – Defence…",
        "Ꮋealth ministry",
        "ꓧealth ministry",
        "Ꮯivil Defence",
        "ʜᴇᴀʟᴛʜ ᴍɪɴɪꜱᴛʀʏ",
        "وزارة الصحة.",
    ],
)
def test_the_warning_names_the_registered_source_that_a_name_looks_like(name: str) -> None:
    assert codes(name) == ["source-lookalike"]


@pytest.mark.parametrize(
    "name", ["АР", "ΑΡ", "ＡＰ", "TАSS", "Channel I0", "Channel ١٠", "وكالة الأنباء السعودیة", "Sаudi Press Agency"]
)
def test_lookalike_words_of_another_script_are_detected(name: str) -> None:
    assert codes(name, AGENCIES) == ["source-lookalike"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Reutеrs", "source-mixed"),
        ("Αssociated Press", "source-mixed"),
        ("Rеd Cross, Geneva", "source-mixed"),
        ("Ꭱeuters", "source-mixed"),
        ("ꓣeuters", "source-mixed"),
        ("Two  spaces", "source-spacing"),
        ("Ｐｏｌｉｃｅ", "source-spacing"),
        ("𝐏olice", "source-spacing"),
        ("Ⓟolice", "source-spacing"),
    ],
)
def test_a_suspect_name_that_is_like_no_registered_one_has_a_warning_of_its_own(name: str, code: str) -> None:
    assert codes(name) == [code]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Health ministry", "en"),
        ("Health ministry of Spain", "en"),
        ("وكالة AFP", "ar"),
        ("وكالة الأنباء السعودية", "ar"),
        ("قناة العربية – عاجل", "ar"),
        ("خبرگزاری می\u200cگوید", "fa"),
        ("Αθηναϊκό Πρακτορείο Ειδήσεων", "el"),
        ("ΕΡΤ News", "el"),
        ("РИА Новости", "ru"),
        ("АО «Google»", "ru"),
        ("ТАСС / Reuters", "ru"),
        ("IT-компания", "ru"),
        ("Արմենպրես", "hy"),
        ("NHKニュース", "ja"),
        ("ＮＨＫ", "ja"),
        ("共同通信 Kyodo", "ja"),
        ("연합뉴스 TV", "ko"),
        ("กรมอุตุนิยมวิทยา", "th"),
        ("Agència Catalana de Notícies", "ca"),
        ("Đài Truyền hình Việt Nam", "vi"),
        ("O'Neill & Söhne, 3M", "en"),
        ("µTorrent", "en"),
        ("ᏣᎳᎩ ᏧᎴᎯᏌᏅᎯ", "chr"),
        ("Cherokee Phoenix, ᏣᎳᎩ", "en"),
        ("Health ministry, Spain", "en"),
        ("A.P.P.", "en"),
    ],
)
def test_names_that_people_write_have_no_warning(name: str, language: str) -> None:
    assert codes(name, language=language) == []


def test_names_that_differ_only_in_a_vowel_sign_get_no_warning() -> None:
    assert len({skeleton(name) for name in ("दिल्ली", "दल्ली", "กา", "กี", "กุ")}) == 5


def test_a_registered_name_gets_no_warning() -> None:
    for source_id, source in SITE.sources.items():
        for name in source.names.values():
            assert SITE.find_source(name.upper()) == source_id
    registered = InfoSource(Text("Health ministry", "en", "ltr"), "official", "health-ministry")
    assert Lookalikes(SITE).warnings([registered], field="text") == []


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_the_skeleton_of_a_skeleton_is_itself(name: str) -> None:
    assert skeleton(f" {name}  ") == skeleton(name)
    assert isinstance(codes(name), list)


@given(st.sampled_from([name for source in SITE.sources.values() for name in source.names.values()]), st.data())
def test_one_letter_of_another_alphabet_is_detected_at_every_position(name: str, data: st.DataObject) -> None:
    like = {"a": "а", "e": "е", "i": "і", "o": "о", "p": "р", "c": "с", "ا": "أ", "ي": "ی"}
    places = [at for at, character in enumerate(name) if character in like]
    if places:
        at = data.draw(st.sampled_from(places))
        assert codes(name[:at] + like[name[at]] + name[at + 1 :]) == ["source-lookalike"]


def test_the_api_accepts_a_lookalike_name_with_a_warning_in_the_clients_language(machine: Machine) -> None:
    body = {"text": "Неalth ministry: two injured", "edition": "en", "role": "official"}
    dry_run = machine.http.post("/v1/items", json={**body, "dryRun": True})
    assert dry_run.status_code == 200 and [warning["code"] for warning in dry_run.json()["warnings"]] == [
        "source-lookalike"
    ]
    published = machine.http.post("/v1/items", json=body, headers={"Accept-Language": "es"})
    assert published.status_code == 201
    [warning] = published.json()["warnings"]
    assert "carácter 1." in warning["message"]
    assert warning["field"] == "text" and "Health ministry" in warning["message"] and "se parece" in warning["message"]
    uri = published.json()["item"]["uri"]
    sources = [{"name": "Police", "role": "official"}, {"name": "Health  ministry", "role": "official"}]
    act = {"act": "update", "infoSources": sources}
    acted = machine.http.post(f"/v1/items/{uri}/acts", json=act, headers={"If-Match": '"1"'})
    assert acted.status_code == 200
    assert [source_name["field"] for source_name in acted.json()["warnings"]] == ["infoSources[1].name"]
    plain = machine.http.post("/v1/items", json=line(text="Civil Defence: x"))
    assert plain.status_code == 201 and "warnings" not in plain.json()
    # An act that does not change the sources does not repeat the warning.
    later = machine.http.post(f"/v1/items/{uri}/acts", json={"act": "hold"}, headers={"If-Match": '"2"'})
    assert later.status_code == 200 and "warnings" not in later.json()


def test_post_prints_the_warning_with_the_result(machine: Machine) -> None:
    reply = run("post", "Неalth ministry: x", "--role", "official", machine=machine)
    assert reply.exit_code == 0 and "version 1" in reply.stdout
    assert "looks like the registered source" in reply.stderr and "looks like" not in reply.stdout
