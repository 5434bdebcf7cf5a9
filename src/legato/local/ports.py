"""Ports that nobody else uses."""

import random
import socket

# Below the range that the kernel gives to outgoing connections: there, a client that keeps
# asking for a stopped server's port can end up connected to itself, and hold the port.
LOWEST, HIGHEST = 20_000, 32_000


def free_port(host: str = "127.0.0.1") -> int:
    """Find a TCP port of `host` that stays free while its server restarts."""
    for port in random.sample(range(LOWEST, HIGHEST), k=200):
        if is_free(port, host):
            return port
    raise OSError(f"no free port between `{LOWEST}` and `{HIGHEST}`: stop some servers")


def port_or_free(wanted: int, host: str = "127.0.0.1") -> int:
    """Say `wanted`, or where somebody listens there, a port that is free."""
    return wanted if is_free(wanted, host) else free_port(host)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Could a server listen there now?"""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
