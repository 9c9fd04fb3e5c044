"""How often one may try to sign in: by the account tried and by the address it comes from.

The account's limit protects the victim, the address's limit stops the sender. A whole office
may share one address, so that limit is wider.
"""

from datetime import timedelta

from shiyu.common.attempts import Counter, Limit

ACCOUNT = Limit("account", 8, timedelta(minutes=15), timedelta(minutes=15))
ADDRESS = Limit("address", 60, timedelta(minutes=15), timedelta(minutes=15))
CODE = Limit("code", 5, timedelta(minutes=10), timedelta(minutes=15))


def of_account(username: str) -> Counter:
    """The counter of an account name, whether or not such an account exists."""
    return Counter(ACCOUNT, username.strip())


def of_address(address: str) -> Counter:
    """The counter of a sender."""
    return Counter(ADDRESS, address)


def of_codes(person_id: int) -> Counter:
    """The counter of one-time codes tried for one person."""
    return Counter(CODE, str(person_id))
