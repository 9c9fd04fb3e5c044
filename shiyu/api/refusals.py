"""Why a key is refused (密钥不受理)."""

from shiyu.common.errors import Refused


class NoKey(Refused):
    """No key, or one that is not known (密钥无效)."""

    code = "no_key"
    status = 401


class KeyExpired(Refused):
    """The key's time is over (密钥过期)."""

    code = "key_expired"
    status = 401


class KeyRevoked(Refused):
    """The key was taken back (密钥已吊销)."""

    code = "key_revoked"
    status = 401


class WrongPurpose(Refused):
    """The key opens another interface (密钥用途不符)."""

    code = "wrong_purpose"
    status = 403


class TooMany(Refused):
    """More was asked than the quota allows (超出额度).

    retry_after_s  when there is room again.
    """

    code = "too_many_requests"
    status = 429

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class KeyInAddress(Refused):
    """A key stands in the address, where logs would keep it (密钥出现在网址中)."""

    code = "key_in_address"
    status = 400


class NoIdempotencyKey(Refused):
    """A request that changes something has no Idempotency-Key (缺幂等键)."""

    code = "idempotency_key_missing"
    status = 400


class Stale(Refused):
    """The record is no longer the version that was named (版本已变)."""

    code = "version_changed"
    status = 412


class TooLarge(Refused):
    """The body is larger than anything asked for (内容过大)."""

    code = "too_large"
    status = 413


class WrongType(Refused):
    """The body is not of a type that is read here (内容类型不符)."""

    code = "wrong_content_type"
    status = 415


class Unreadable(Refused):
    """The body is no JSON, or none that is safe to read (内容无法读取)."""

    code = "unreadable"
    status = 400


class Invalid(Refused):
    """Fields do not have the shape that is asked for (字段不符).

    fields  (name of the field, sentence) for each.
    """

    code = "invalid"
    status = 422

    def __init__(self, message: str, *, fields: list[tuple[str, str]]) -> None:
        super().__init__(message)
        self.fields = fields


class NoMethod(Refused):
    """The address knows no such method (方法不符)."""

    code = "no_such_method"
    status = 405
