"""The Faust app of this deployment, for `faust -A legato.app agents`; nothing is connected."""

from legato.runtime.host.faust_app import LegatoApp
from legato.settings import load

app = LegatoApp(load())
