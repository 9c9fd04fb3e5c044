"""Which addresses lie outside, and which inside ones an operator has opened (地址范围)."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

INSIDE: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' own; some clouds keep their metadata here
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, IPv4 written as IPv6
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",  # NAT64: an IPv4 address in disguise
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


def is_outside(address: IP) -> bool:
    """Whether an address is a public one; whatever merely carries another address is not."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in net for net in INSIDE if net.version == address.version)


@dataclass(frozen=True, slots=True)
class Opening:
    """One inside network that one purpose may reach, at one port or at any."""

    purpose: str
    network: Network
    port: int | None

    def lets(self, purpose: str, address: IP, port: int) -> bool:
        plain = getattr(address, "ipv4_mapped", None) or address
        return (
            purpose == self.purpose
            and self.port in (None, port)
            and plain.version == self.network.version
            and plain in self.network
        )


@lru_cache(maxsize=8)
def openings(text: str) -> tuple[Opening, ...]:
    """Read `mail=10.1.2.3/32@25,sms=10.1.2.0/24`; ValueError says which part is wrong."""
    return tuple(_opening(part.strip()) for part in text.split(",") if part.strip())


def _opening(part: str) -> Opening:
    purpose, equals, rest = part.partition("=")
    network, at, port = rest.partition("@")
    try:
        if not equals or (at and not 0 < int(port) < 65536):
            raise ValueError(part)
        return Opening(purpose.strip(), ipaddress.ip_network(network), int(port) if at else None)
    except ValueError as error:
        raise ValueError(
            f"SHIYU_EGRESS: {part!r} is not purpose=network or purpose=network@port"
        ) from error
