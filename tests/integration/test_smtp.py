"""Mail out to real servers: what they take, refuse, garble, or never answer."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from msgspec.structs import replace

from legato.channels.mail import MailFault, MailReply, OutgoingMail
from legato.transports.smtp import IDLE_MOST_S, SmtpPool, SmtpServer
from tests.integration.mail_server import (
    DROP,
    SILENCE,
    MailServer,
    certificate,
    hang_up,
    mail_server,
)

MAIL = OutgoingMail(
    "hello@shop.example",
    "ada@example.org",
    b"Message-ID: <5d41@shop.example>\r\nSubject: x\r\n\r\n.\r\n..two\r\nend\r\n",
)
TAKEN = MailReply("content", 250, "2.0.0 OK: queued as 4XYZ")


def plain(server: MailServer, **told: object) -> SmtpServer:
    known = SmtpServer("127.0.0.1", server.port, "none", timeout_s=5.0)
    return replace(known, **told)


async def test_a_mail_arrives_as_it_was_written_and_its_connection_is_used_again() -> None:
    async with mail_server() as server, SmtpPool(plain(server)) as pool:
        assert [await pool.send(MAIL) for _ in range(3)] == [TAKEN] * 3
        (first, *_) = server.arrived
        assert first.content == MAIL.content
        assert (first.mail_from, first.rcpt_tos) == (MAIL.sender, [MAIL.recipient])
        assert server.visits == 1


async def test_no_more_connections_than_were_allowed() -> None:
    async with mail_server() as server, SmtpPool(plain(server, connections=2)) as pool:
        told = await asyncio.gather(*(pool.send(MAIL) for _ in range(20)))
        assert told == [TAKEN] * 20
        assert server.visits == 2


@pytest.mark.parametrize(
    ("stage", "answer", "told"),
    [
        ("MAIL", "421 4.3.2 going down", MailReply("sender", 421, "4.3.2 going down")),
        ("MAIL", "550 5.7.1 not yours", MailReply("sender", 550, "5.7.1 not yours")),
        ("RCPT", "450 4.2.0 greylisted", MailReply("recipient", 450, "4.2.0 greylisted")),
        ("RCPT", "451 4.7.1 later", MailReply("recipient", 451, "4.7.1 later")),
        ("RCPT", "452 4.5.3 too many", MailReply("recipient", 452, "4.5.3 too many")),
        ("RCPT", "550 5.1.1 who?", MailReply("recipient", 550, "5.1.1 who?")),
        ("RCPT", "553 what?", MailReply("recipient", 553, "what?")),
        ("DATA", "451 4.3.0 disk", MailReply("content", 451, "4.3.0 disk")),
        ("DATA", "552 5.3.4 too big", MailReply("content", 552, "5.3.4 too big")),
        ("DATA", "554 5.7.1 spam", MailReply("content", 554, "5.7.1 spam")),
        ("RCPT", "<html>hello</html>", MailFault("broken_answer")),
        ("DATA", "OK", MailFault("broken_answer")),
        ("MAIL", DROP, MailFault("connection_closed")),
        ("RCPT", DROP, MailFault("connection_lost")),
        ("DATA", DROP, MailFault("connection_lost")),
        ("MAIL", SILENCE, MailFault("timeout")),
        ("DATA", SILENCE, MailFault("timeout")),
        ("DATA", "250-still\r\n250-going\r\n250-on", MailFault("timeout")),
    ],
)
async def test_what_goes_wrong_is_told_and_the_next_mail_is_whole(
    stage: str, answer: str, told: MailReply | MailFault
) -> None:
    async with mail_server() as server, SmtpPool(plain(server, timeout_s=0.5)) as pool:
        server.says[stage] = answer
        assert await pool.send(MAIL) == told
        server.says[stage] = "250 2.0.0 OK: queued as 4XYZ"
        again = replace(MAIL, recipient="eve@example.org")
        assert await pool.send(again) == TAKEN
        assert server.arrived[-1].rcpt_tos == ["eve@example.org"]
        assert server.arrived[-1].content == MAIL.content
        repeats = [each for each in server.arrived if b"<5d41@" in (each.content or b"")]
        assert len(repeats) <= 2


async def test_a_connection_that_the_server_closed_meanwhile_costs_nothing() -> None:
    async with mail_server() as server, SmtpPool(plain(server)) as pool:
        assert await pool.send(MAIL) == TAKEN
        hang_up(server.sessions[0])
        assert await pool.send(MAIL) == TAKEN
        assert server.visits == 2


async def test_a_server_that_says_farewell_to_an_old_connection_costs_nothing() -> None:
    async with mail_server() as server, SmtpPool(plain(server)) as pool:
        assert await pool.send(MAIL) == TAKEN
        server.once["MAIL"] = "421 4.4.2 idle for too long"
        assert await pool.send(MAIL) == TAKEN
        assert server.visits == 2


async def test_a_connection_that_was_idle_for_long_is_not_used() -> None:
    async with mail_server() as server, SmtpPool(plain(server)) as pool:
        assert await pool.send(MAIL) == TAKEN
        pool.age(IDLE_MOST_S / 2)
        assert await pool.send(MAIL) == TAKEN
        assert server.visits == 1
        pool.age(IDLE_MOST_S + 1)
        assert await pool.send(MAIL) == TAKEN
        assert server.visits == 2


async def test_a_mail_that_is_given_up_in_the_middle_spoils_no_other() -> None:
    async with mail_server() as server, SmtpPool(plain(server, connections=1)) as pool:
        server.says["DATA"] = SILENCE
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await pool.send(MAIL)
        server.says["DATA"] = "250 2.0.0 OK: queued as 4XYZ"
        assert await pool.send(MAIL) == TAKEN
        assert server.visits == 2


async def test_nobody_there_is_told() -> None:
    async with mail_server() as server:
        nowhere = plain(server)
    async with SmtpPool(nowhere) as pool:
        assert await pool.send(MAIL) == MailFault("no_connection")


async def test_mail_goes_by_tls_to_whom_we_believe(tmp_path: Path) -> None:
    shown, known = certificate(tmp_path, "127.0.0.1")
    async with mail_server(starttls=shown) as server:
        by_tls = plain(server, tls="starttls", ca=str(known))
        async with SmtpPool(by_tls) as pool:
            assert await pool.send(MAIL) == TAKEN
    async with mail_server(implicit=shown) as server:
        by_tls = plain(server, tls="implicit", ca=str(known))
        async with SmtpPool(by_tls) as pool:
            assert [await pool.send(MAIL) for _ in range(2)] == [TAKEN] * 2
            assert server.visits == 1


async def test_nothing_is_said_without_tls_where_it_is_asked_for(tmp_path: Path) -> None:
    async with mail_server() as server:
        async with SmtpPool(plain(server, tls="starttls", username="shop")) as pool:
            assert await pool.send(MAIL) == MailFault("no_tls")
        async with SmtpPool(plain(server, tls="implicit", timeout_s=1.0)) as pool:
            assert isinstance(await pool.send(MAIL), MailFault)
        assert set(server.heard) == {"EHLO"}
        assert server.logins == []


async def test_nothing_is_said_to_whom_we_do_not_believe(tmp_path: Path) -> None:
    shown, known = certificate(tmp_path, "other.example")
    async with mail_server(starttls=shown) as server:
        for ca in ("", str(known)):
            async with SmtpPool(plain(server, tls="starttls", ca=ca)) as pool:
                assert await pool.send(MAIL) == MailFault("bad_certificate")
        assert "MAIL" not in server.heard


async def test_without_tls_mail_stays_on_this_machine() -> None:
    for host in ("mx.example", "10.0.0.1", "0.0.0.0", "localhost.example"):
        async with SmtpPool(SmtpServer(host, 25, "none")) as pool:
            with pytest.raises(ValueError, match="needs TLS"):
                await pool.send(MAIL)


async def test_a_login_is_used_and_a_wrong_one_told_without_its_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "legato")
    shown, known = certificate(tmp_path, "127.0.0.1")
    async with mail_server(starttls=shown, login=True) as server:
        right = plain(server, tls="starttls", ca=str(known), username="shop", password="right")
        async with SmtpPool(right) as pool:
            assert await pool.send(MAIL) == TAKEN
        wrong = replace(right, password="hidden-word")
        async with SmtpPool(wrong) as pool:
            assert await pool.send(MAIL) == MailFault("login_refused")
    assert "hidden-word" not in caplog.text + repr(wrong)


async def test_an_address_beyond_ascii_goes_only_where_it_is_taken() -> None:
    mail = replace(MAIL, recipient="jörg@example.org", utf8=True)
    async with mail_server() as server, SmtpPool(plain(server)) as pool:
        assert await pool.send(mail) == TAKEN
        assert server.arrived[0].rcpt_tos == ["jörg@example.org"]
    async with mail_server(utf8=False) as server, SmtpPool(plain(server)) as pool:
        told = await pool.send(mail)
        assert told == MailReply("recipient", 553, "5.1.3 no SMTPUTF8 here")
        assert await pool.send(MAIL) == TAKEN
