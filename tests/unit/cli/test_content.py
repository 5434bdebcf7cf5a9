"""`legato content` and `legato check`: content is looked at before customers see it."""

from pathlib import Path

import msgspec
from click.testing import CliRunner, Result

from legato.cli import main
from tests.unit.content.shelf import an_action, write

PLAYBOOK = """
version: 1
situations:
  cart_abandoned: {absence: {of: cart, after: [1h]}}
actions:
  remind: {situation: cart_abandoned, channel: email, purpose: promotion, content: reminder}
  other: {situation: cart_abandoned, channel: email, purpose: promotion, content: nothing}
channels:
  email: {address: [email]}
"""


EMAIL = """
[unsubscribe]
url = "https://api.example/v1/unsubscribe/{token}"
secret = "a secret of thirty-two signs or so"
[adapters.email.options]
host = "smtp.example"
sender = "Shop <hello@shop.example>"
"""


def run(folder: Path, *words: str, more: str = "") -> Result:
    (folder / "playbook.yaml").write_text(PLAYBOOK)
    settings = f"playbook = '{folder / 'playbook.yaml'}'\n"
    if (folder / "content").exists():
        settings += f"[content]\nfolder = '{folder / 'content'}'\n"
    (folder / "legato.toml").write_text(settings + more)
    return CliRunner().invoke(main, ["--settings", str(folder / "legato.toml"), *words])


def test_content_that_fits_passes_and_what_is_pushed_without_any_is_told(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"content/reminder/en/subject.txt": "{{ items|length }} articles"})
    told = run(tmp_path, "check")
    assert told.exit_code == 0, told.output
    assert "content   1 references" in told.output
    assert "nothing in `en` for `nothing`, which goes out on email" in told.stderr


def test_what_an_adapter_sends_must_be_there(tmp_path: Path) -> None:
    write(tmp_path, {"content/reminder/en/subject.txt": "x"})
    told = run(tmp_path, "check", more=EMAIL)
    assert (told.exit_code, "for `nothing`" in told.stderr) == (2, True)
    write(tmp_path, {"content/nothing/en/subject.txt": "x"})
    told = run(tmp_path, "check", more=EMAIL)
    assert (told.exit_code, "adapter   email: email" in told.output) == (0, True)


def test_an_adapter_without_content_of_its_own_asks_for_that_which_is_shipped(
    tmp_path: Path,
) -> None:
    told = run(tmp_path, "check", more=EMAIL)
    assert (told.exit_code, "for `nothing`" in told.stderr) == (2, True)


def test_content_that_does_not_compile_or_fit_ends_with_2(tmp_path: Path) -> None:
    for text in ("{{ items", "{{ items[0].price|money }}", "{% include '_gone.txt' %}"):
        write(tmp_path, {"content/reminder/en/subject.txt": text})
        told = run(tmp_path, "check")
        assert told.exit_code == 2, told.output
        assert "reminder/en/subject.txt" in told.stderr


def test_without_content_of_ones_own_check_asks_for_none(tmp_path: Path) -> None:
    told = run(tmp_path, "check")
    assert told.exit_code == 0
    assert "content" not in told.output


def test_the_list_tells_what_there_is_and_what_is_missing(tmp_path: Path) -> None:
    write(tmp_path, {"content/reminder/de/subject.txt": "x"})
    told = run(tmp_path, "content", "list")
    assert "nothing" in told.output
    lines = run(tmp_path, "content", "list", "--json").output.splitlines()
    assert msgspec.json.decode(lines[1]) == {
        "ref": "reminder",
        "languages": ["de"],
        "parts": ["subject"],
        "channels": ["email"],
    }


def test_a_preview_shows_examples_and_a_real_action(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "content/reminder/en/subject.txt": "{{ items|length }} articles",
            "content/reminder/de/subject.txt": "{{ items|length }} Artikel",
            "content/reminder/de/html.html": "<b>{{ unsubscribe_url }}</b>",
        },
    )
    told = run(tmp_path, "content", "preview", "reminder")
    assert "many articles (remind)\nsubject: 10 articles" in told.output
    action, out = tmp_path / "action.json", tmp_path / "page.html"
    action.write_bytes(msgspec.json.encode(an_action(content_ref="other")))
    told = run(
        tmp_path, "content", "preview", "reminder", "--action", str(action), "--html", str(out)
    )
    assert "subject: 1 Artikel" in told.output
    assert out.read_text() == "<b>https://api.example/v1/unsubscribe/TOKEN</b>"
    bad = run(tmp_path, "content", "preview", "reminder", "--example", "none")
    assert (bad.exit_code, "many articles" in bad.stderr) == (2, True)
    assert run(tmp_path, "content", "preview", "gone").exit_code == 2
    action.write_text("{}")
    bad = run(tmp_path, "content", "preview", "reminder", "--action", str(action))
    assert (bad.exit_code, "is no action" in bad.stderr) == (2, True)


def test_what_is_shipped_becomes_ones_own(tmp_path: Path) -> None:
    told = run(tmp_path, "content", "new", str(tmp_path / "content"))
    assert told.exit_code == 0, told.output
    assert (tmp_path / "content/_shop.txt").exists()
    assert run(tmp_path, "content", "new", str(tmp_path / "content")).exit_code == 1
    told = run(tmp_path, "content", "preview", "win_back_email", "--language", "de-CH")
    assert "Lange nicht gesehen" in told.output
