"""What stands behind the shop and the desk: files of settings, keys, people and a playbook."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path

from msgspec import Struct

from legato.harness import playbook_text
from legato.queries.rights import Role
from legato.serving.api.keys import new_key, write_keys
from legato.serving.pages.passwords import Passwords
from legato.serving.pages.users import LocalUser, changing_users

VENUE, QUEUE = "berlin-1", "service"
PASSWORD = "try it by hand"  # noqa: S105 - of this machine and this run alone, and told to whoever tries
PEOPLE: tuple[tuple[str, Role], ...] = (("maria", "associate"), ("anna", "agent"))
SETTINGS = """\
# Written to try Legato by hand, for this run alone.
playbook = "{playbook}"

[kafka]
bootstrap = "{bootstrap}"

[redis]
url = "{redis}"

[view]
port = 0

[api]
host = "127.0.0.1"
port = {api}
metrics_port = 0
keys_file = "{keys}"

[pages]
users_file = "{users}"

[pages.venues.berlin-1]
title = "Berlin, Friedrichstraße"

[pages.queues.service]
title = "Service"

[unsubscribe]
url = "http://localhost:{api}/v1/unsubscribe/{{token}}"
secret = "{secret}"

[adapters.email]
check = "view"
port = 0

[adapters.email.options]
host = "127.0.0.1"
port = {mail}
tls = "none"
sender = "Nordlicht <hello@shop.example>"

[[sources]]
name = "events"
topics = ["legato.channel.events"]

[[sources]]
name = "shop"
topics = ["shop.calls"]
map = "segment"

[sources.identifiers]
loyalty_id = "context.traits.loyalty_id"

[sources.fields]
"location.venue" = "properties.venue"
"""


_QUIET_HOURS = re.compile(r"^quiet_hours:\n(?:  .*\n)+", re.MULTILINE)
_IN_THE_APP = re.compile(r"^  tell_ready_on_mobile:\n", re.MULTILINE)


class ByHandStage(Struct, frozen=True):
    """Where all of it will be; `shop_key` is that of the shop's pages."""

    settings_file: Path
    api_port: int
    shop_port: int
    mail_port: int
    shop_key: str

    @property
    def api(self) -> str:
        """The API, and with it the desk, by the name that makes its cookies work."""
        return f"http://localhost:{self.api_port}"

    @property
    def shop(self) -> str:
        """The shop."""
        return f"http://localhost:{self.shop_port}"

    @property
    def desk(self) -> str:
        """The pages of those who work there."""
        return f"{self.api}/pages/"

    @property
    def mails(self) -> str:
        """The page of the mails that arrived."""
        return f"http://localhost:{self.mail_port}"


class TrialServices(Struct, frozen=True):
    """Where the services answer; `smtp` is where mails go, `mails` where they are shown."""

    bootstrap: str
    redis: str
    smtp: int
    api: int
    shop: int
    mails: int


def furnish(folder: Path, where: TrialServices) -> ByHandStage:
    """Write all files into a folder."""
    keys, users = folder / "keys.json", folder / "users.json"
    origin = f"http://localhost:{where.shop}"
    created = time.time_ns() // 1_000_000
    token, key = new_key(
        name="the shop", scopes=("ingest",), origins=(origin,), created=created
    )
    write_keys(keys, [key])
    _add_people(users)
    playbook = folder / "playbook.yaml"
    playbook.write_text(trial_playbook())
    settings = folder / "by-hand.toml"
    settings.write_text(
        SETTINGS.format(
            playbook=playbook,
            bootstrap=where.bootstrap,
            redis=where.redis,
            mail=where.smtp,
            api=where.api,
            keys=keys,
            users=users,
            secret=secrets.token_hex(32),
        )
    )
    return ByHandStage(settings, where.api, where.shop, where.mails, token)


def trial_playbook() -> str:
    """Write the playbook that Legato ships, for a shop without an app and whoever is awake.

    Raises ValueError where it is not as it was when this was written.
    """
    told = playbook_text("").decode()
    for found, instead in ((_QUIET_HOURS, ""), (_IN_THE_APP, r"\g<0>    when: 'false'\n")):
        told, count = found.subn(instead, told)
        if count != 1:
            raise ValueError("what the trial leaves out of the playbook is not there any more")
    return told


def _add_people(file: Path) -> None:
    hashed = Passwords().hash(PASSWORD)
    with changing_users(file) as users:
        for name, role in PEOPLE:
            users[name] = LocalUser(
                name=name,
                password=hashed,
                password_since=1,
                roles=(role,),
                brands=("*",),
                venues=(VENUE,) if role == "associate" else (),
                queues=(QUEUE,) if role == "agent" else (),
            )
