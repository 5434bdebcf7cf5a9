"""What pages work with, made once a process."""

from __future__ import annotations

from legato.serving.api.state import ApiState
from legato.serving.pages.attempts import Attempts
from legato.serving.pages.found import FoundByAgent
from legato.serving.pages.frame import Frame
from legato.serving.pages.health import DeskHealth
from legato.serving.pages.look_reader import LookReader
from legato.serving.pages.oidc.sign_in import OidcSignIn
from legato.serving.pages.recent_looks import RecentLooks
from legato.serving.pages.sessions import Sessions
from legato.serving.pages.stock import StockReader
from legato.serving.pages.taps import Taps
from legato.serving.pages.users import UserFile
from legato.settings import PagesSettings


class Desk:
    """The parts of the pages of one process; they stand on those of the API."""

    def __init__(self, api: ApiState, users: UserFile) -> None:
        self.settings: PagesSettings = api.settings.pages
        self.users = users
        has_oidc = bool(api.settings.oidc.issuer)
        self.frame = Frame(self.settings.image_hosts)
        self.attempts = Attempts(api.customers)
        self.oidc = OidcSignIn(api.settings.oidc, api.customers) if has_oidc else None
        self.sessions = Sessions(api.customers, self.settings, users, api.access)
        self.health = DeskHealth(api)
        self.taps = Taps(api)
        self.stock = StockReader(api.settings)
        self.looks = RecentLooks()
        self.look_reader = LookReader(api.settings)
        self.found = FoundByAgent(api.customers, api.settings.redis.prefix)
