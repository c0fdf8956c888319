"""FLASHWIRE_DATABASE_URL: what is taken, and the one sentence for what is not."""

from pathlib import Path

import pytest

from publisher.database_address import check_database_url

FORM = "postgresql://user:password@host:5432/database"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://flashwire@db.example/flashwire",
        "postgres://flashwire:p%40ss%23w%2Ford@db.example:5433/flashwire",
        "postgresql://u@h1:5432,h2:5433/d?target_session_attrs=read-write&load_balance_hosts=random",
        "postgresql://u@[::1]:5432/d",
        "postgresql:///d?host=/run/postgresql&port=5433",
        "postgresql://u@%2Frun%2Fpostgresql/d",
        "postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=system",
        "postgresql://u:p@h/d?options=-csearch_path%3Ddesk&application_name=desk",
        "postgresql://كاتب:p@h/d",
    ],
)
def test_an_address_that_libpq_accepts_is_used_unchanged(url: str) -> None:
    conninfo = pytest.importorskip("psycopg.conninfo", reason="the tests' own requirements have it")
    assert check_database_url(url) == url
    assert conninfo.conninfo_to_dict(url)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("/run/secrets/database-url", FORM),
        ("file:///run/secrets/database-url", FORM),
        ("@/run/secrets/database-url", FORM),
        ("mysql://u:s3cret@h/d", FORM),
        ("sqlite:///desk.sqlite3", FORM),
        ("postgresql+psycopg://u:s3cret@h/d", FORM),
        ("postgresql:u:s3cret@h/d", FORM),
        ("host=h password=s3cret", FORM),
        ("postgresql://u:s3cret@h/d\nFLASHWIRE_BRAND=x", FORM),
        ("postgresql://u:s3 cret@h/d", FORM),
        ("postgresql://u:s3c\u202eret@h/d", FORM),
        ("postgresql://u:s3cret@h/d\0", FORM),
        ("postgresql://u:s3@cret@h/d", FORM),
        ("postgresql://u:s3/cret@h/d", FORM),
        ("postgresql://u:s3?cret@h/d", FORM),
        ("postgresql://u:s3#cret@h/d", "%23"),
        ("postgresql://u:s3%cret@h/d", "%25"),
        ("postgresql://u:s3cret%00@h/d", "%25"),
        ("postgresql://u:s3cret@h:port/d", FORM),
        ("postgresql://u:s3cret@h:0/d", FORM),
        ("postgresql://u:s3cret@h:99999/d", FORM),
        ("postgresql://u:s3cret@[::1/d", FORM),
        ("postgresql://u:s3cret@h!/d", FORM),
        ("postgresql://u:s3cret@h/d?sslmode", FORM),
        ("postgresql://u:s3cret@h/d?sslmode=on", "verify-full"),
        ("postgresql://u:s3cret@h/d?ssl=true", "sslmode"),
        ("postgresql://u:s3cret@h/d?connect_timeout=60", "set by Flashwire"),
        ("postgresql://u:s3cret@h/d?keepalives_idle=long", "number"),
        ("postgresql://u:s3cret@h/d?sslrootcert=/no/such/file", "No such file"),
        ("postgresql://u:s3cret@h/d?sslrootcert=/dev/zero", "device"),
        ("postgresql://u:s3cret@h/d?target_session_attrs=standby", "read-write"),
    ],
)
def test_any_other_address_is_refused_in_one_sentence_that_does_not_quote_it(url: str, advice: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        check_database_url(url)
    sentence = str(refused.value)
    assert (
        advice in sentence
        and "\n" not in sentence
        and "s3" not in sentence
        and "cret" not in sentence.replace("secret", "")
    )


def test_a_file_named_by_an_option_must_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    assert check_database_url(f"postgresql://h/d?sslrootcert={tmp_path}/ca.pem")
    with pytest.raises(ValueError, match="directory"):
        check_database_url(f"postgresql://h/d?sslrootcert={tmp_path}")
