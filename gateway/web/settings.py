"""How to serve a page."""

import socket

import msgspec


class Web(msgspec.Struct, frozen=True, kw_only=True):
    """Where the page is served, and what it shows beside what TCP subscribers hear."""

    host: str = "127.0.0.1"
    port: int = 0  # 0: any free port
    names: tuple[str, ...] = ()  # by which browsers reach it, beside the machine's own and the host
    timetable: bool = False  # somebody follows the calendar, so a page may say what is next
    curves: bool = False  # show supply and demand of a call while it forms, without names
    # a day that really was, to stand beside the venue's: by line its low, high, close and tonnes
    real_day: dict[str, tuple[int, int, int, int]] = {}


def listen(web: Web) -> socket.socket:
    """Open the port. Raises ``OSError`` where it is taken."""
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    return socket.create_server((web.host, web.port), family=family)


def url_of(address: tuple[str, int]) -> str:
    """Return the address that a browser opens."""
    host, port = address
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
