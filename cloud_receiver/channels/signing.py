"""How chat services want their messages signed; pure.

Sources: DingTalk, "custom robot security settings" and "Stream/HTTP callbacks"; Feishu,
"custom bot guide: signature verification".
"""

from __future__ import annotations

import hmac
from base64 import b64encode


def dingtalk_sign(timestamp_ms: int | str, secret: str) -> str:
    """Return base64(HMAC-SHA256(secret, "timestamp\\nsecret")); quote it in an address."""
    return _signed(secret, f"{timestamp_ms}\n{secret}")


def feishu_sign(timestamp_s: int | str, secret: str) -> str:
    """Return base64(HMAC-SHA256("timestamp\\nsecret", "")): the text is the key."""
    return _signed(f"{timestamp_s}\n{secret}", "")


def _signed(key: str, text: str) -> str:
    return b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()
