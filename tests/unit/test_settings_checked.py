"""A setting that cannot be meant is refused with what to do, and in which variable or file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from legato.settings import Settings, SettingsError, load, variable_of

PLAIN = [
    f"{section}.{name}" if inner else section
    for section in Settings().__struct_fields__
    for inner in [getattr(getattr(Settings(), section), "__struct_fields__", ())]
    for name in inner or [""]
]


ISSUER = '[oidc]\nissuer = "https://id.example"\n'
CLIENT = f'{ISSUER}client_id = "a"\nredirect_url = "https://legato.example/back"\n'


def refused(folder: Path, text: str, **environ: str) -> str:
    path = folder / "legato.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(path, environ)
    told = str(caught.value)
    assert "\n" not in told
    return told.replace(str(path), "FILE")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[kafka]\npartitions = 0",
            "`kafka.partitions` must be at least 1; correct it in `FILE`",
        ),
        ("[kafka]\npartitions = true", "`kafka.partitions`: Expected `int`, got `bool`"),
        ('[kafka]\nbootstrap = "a b"', "`kafka.bootstrap` has `a b`; write `host:port`"),
        ('[kafka]\nbootstrap = "a:1,,b:1"', "`kafka.bootstrap` has ``; write `host:port`"),
        ('[kafka]\nprefix = "a/"', "`kafka.prefix` may have letters, digits"),
        ("[worker]\nbatch = 1", "`worker`: Object contains unknown field `batch`"),
        ("[worker]\nsession_timeout_ms = 0", "`worker.session_timeout_ms` must be at least 1"),
        ("[view]\nport = 65536", "`view.port` must be at most 65535"),
        ("[redis]\ntimeout_s = 0", "`redis.timeout_s` must be more than 0"),
        ("[identity]\nlimits = {x = -1}", "`identity.limits` must be at least 0"),
        ('[identity]\nphone_region = "de"', "no ISO code; write one such as `DE`"),
        ("[[sources]]", "`sources[0]`: Object missing required field `name`"),
        ('[[sources]]\nname = "a"\ntopics = []', "source `a`: it has no `topics`"),
        ('[[sources]]\nname = "a"\ntopics = ["a b"]', "no topic can be called `a b`"),
        ('[[sources]]\nname = "a"\ntopics = ["^("]', "source `a`: `^(` is no pattern"),
        ('[content]\nlanguage = "english"', "`content.language` is `english`; write a tag"),
        ('[content]\ntime_zone = "Narnia"', "`content.time_zone` is `Narnia`; write a zone"),
        ('[content]\nurl = "https://cms.example"', "`content.url` is no URL with `{ref}`"),
        ('[content]\nurl = "https://cms.example/{ref}"', "`content.fields` says nothing"),
        ('[unsubscribe]\nurl = "https://x.example"', "`unsubscribe.url` is no URL with"),
        ('[unsubscribe]\nurl = "https://x/{token}"', "needs `unsubscribe.secret`"),
        ('[unsubscribe]\nsecret = "short"', "has fewer than 32 characters"),
        ('[pages]\ntime_zone = "Narnia"', "`pages.time_zone` is `Narnia`; write a zone"),
        (
            '[pages.venues.b]\ntime_zone = "+01:00"',
            "`pages.venues` has `+01:00` as the zone of `b`; write one such as `Europe/Berlin`",
        ),
        ('[pages]\nimage_hosts = ["https://x"]', "`pages.image_hosts` has `https://x`; write"),
        ("[pages]\nsession_hours = 25", "`pages.session_hours` must be at most 24"),
        ('[pages]\nlocal_users = "yes"', "`pages.local_users`: Invalid enum value 'yes'"),
        ('[oidc]\nissuer = "http://id.example"', "`oidc.issuer` is `http://id.example`; write"),
        (ISSUER, "`oidc.issuer` needs `oidc.client_id`"),
        (f'{ISSUER}client_id = "a"', "`oidc.redirect_url` is no URL with `https://`"),
        (f"{CLIENT}", "`oidc.roles` is empty, so nobody may anything; write"),
        (f"{CLIENT}scopes = []", "`oidc.scopes` has no `openid`"),
        ("a = [", "`FILE` is not TOML"),
        ("a = " + "[" * 5_000, "`FILE` is nested too deeply; write it flatter"),
    ],
)
def test_a_file_is_refused_for(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("LEGATO_KAFKA_PARTITIONS", "0", "must be at least 1; correct it in `{}`"),
        ("LEGATO_IDENTITY_KEY_ID", "99", "must be 0 to 36; correct it in `{}`"),
        ("LEGATO_IDENTITY_LIMITS", '{"email": -1}', "at least 0; correct it in `{}`"),
        ("LEGATO_TOUCHPOINTS", "maybe", "Expected `bool`, got `str`; correct it in `{}`"),
        (
            "LEGATO_KAFKA_PROPERTIES",
            '{"a":' * 5_000,
            '`{}` is no JSON object; write it such as `{{"0": "..."}}`',
        ),
        ("LEGATO_IDENTITY_BLOCKED", "x", '`{}` is no JSON list; write it such as `["a", "b"]`'),
        ("LEGATO_IDENTITY_BLOCKED", "[1]", "Expected `str`, got `int`; correct it in `{}`"),
        ("LEGATO_SOURCES", "[{}]", "Object missing required field `name`; correct it in `{}`"),
        ("LEGATO_PLAYBOK", "x", "`{}` is no setting; write `LEGATO_PLAYBOOK`, or take it away"),
        ("LEGATO_XYZ", "x", "`{}` is no setting; see `legato init` for those there are"),
    ],
)
def test_a_variable_is_refused_for(
    tmp_path: Path, variable: str, value: str, told: str
) -> None:
    assert told.format(variable) in refused(tmp_path, "", **{variable: value})


def test_a_section_that_is_none_is_told_of_the_file(tmp_path: Path) -> None:
    told = refused(tmp_path, 'worker = "index"', LEGATO_WORKER_INDEX="1")
    assert told == "`worker`: Expected `object`, got `str`; correct it in `FILE`"


def test_lists_come_from_the_environment() -> None:
    told = {
        "LEGATO_IDENTITY_BLOCKED": '["x"]',
        "LEGATO_IDENTITY_PRIORITY": "",
        "LEGATO_SOURCES": '[{"name": "till", "topics": ["pos"]}]',
    }
    settings = load(Path("/dev/null"), told)
    assert settings.identity.blocked == ("x",)
    assert settings.identity.priority == Settings().identity.priority
    assert [source.name for source in settings.sources] == ["till"]


def test_what_kubernetes_says_of_services_is_no_setting() -> None:
    links = {
        "LEGATO_WORKER_SERVICE_HOST": "10.0.0.1",
        "LEGATO_WORKER_SERVICE_PORT_HTTP": "80",
        "LEGATO_METRICS_PORT": "tcp://10.0.0.1:80",
        "LEGATO_METRICS_PORT_80_TCP_ADDR": "10.0.0.1",
        "LEGATO_METRICS_PORT_80_TCP": "tcp://10.0.0.1:80",
    }
    assert load(Path("/dev/null"), links) == load(Path("/dev/null"), {})


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "legato.toml"
    path.write_bytes(b"\xef\xbb\xbf[kafka]\npartitions = 7")
    assert load(path, {}).kafka.partitions == 7


@given(st.sampled_from(PLAIN), st.data())
def test_a_slip_in_the_name_of_a_variable_is_told_with_its_name(
    setting: str, data: st.DataObject
) -> None:
    """One letter left out of any variable: it is refused, and a setting is proposed."""
    variable = variable_of(setting)
    at = data.draw(st.integers(len("LEGATO_"), len(variable) - 1))
    slip = variable[:at] + variable[at + 1 :]
    assume(slip not in map(variable_of, PLAIN))  # as `playbook` is `playbooks` but for one
    with pytest.raises(SettingsError, match=f"`{slip}` is no setting; write `LEGATO_"):
        load(Path("/dev/null"), {slip: "1"})


SHOP = '[[sources]]\nname = "shop"\ntopics = ["t"]\n[sources.webhook]\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "`sources[0].webhook`: Object missing required field `scheme`"),
        ('scheme = "shopfy"', "webhook: `scheme` is `shopfy`; write one of `shopify`,"),
        ('scheme = "stripe"', "webhook: `stripe` needs what the vendor signs with"),
        ('scheme = "key"\nsecrets = ["x"]', "an API key has neither `secrets` nor `url`"),
        ('scheme = "key"\nurl = "https://x"', "an API key has neither `secrets` nor `url`"),
        ('scheme = "shopify"\nsecrets = ["a", " "]', "one of the `secrets` is empty"),
        ('scheme = "shopify"\nsecrets = ["file:"]', "one of the `secrets` is empty"),
        ('scheme = "shopify"\nsecrets = ["a"]\nurl = "x"', "`shopify` signs no `url`; leave"),
        ('scheme = "shopify"\nsecret = "a"', "Object contains unknown field `secret`"),
        ('scheme = "twilio"\nsecrets = ["a"]', "signs the address that it calls; write it"),
        *(
            (f'scheme = "twilio"\nsecrets = ["a"]\nurl = "{url}"', "write it under `url`")
            for url in ("api.example.org", "ftp://x", "https://", "https://x#rc=3", "http://[")
        ),
    ],
)
def test_a_webhook_is_refused_for(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(tmp_path, SHOP + text)


def test_a_source_of_patterns_alone_takes_no_webhooks(tmp_path: Path) -> None:
    text = SHOP.replace('"t"', '"^shop.*"') + 'scheme = "key"'
    assert "names its topics by patterns; name one in full" in refused(tmp_path, text)


def test_a_webhook_stands_beside_a_ready_made_map(tmp_path: Path) -> None:
    path = tmp_path / "legato.toml"
    secrets = 'scheme = "shopify"\nsecrets = ["file:/run/one", "two"]'
    path.write_text(SHOP.replace("[sources.", 'map = "shopify.orders"\n[sources.') + secrets)
    (source,) = load(path, {}).sources
    assert source.webhook is not None
    assert source.webhook.secrets == ("file:/run/one", "two")
    assert source.identifiers
