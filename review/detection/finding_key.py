"""The keyed hash by which a disposition follows a finding to the next draft."""

import hashlib
import hmac


def text_fingerprint(key: bytes, rule_id: str, text: str) -> str:
    """HMAC-SHA-256 of rule id and matched text without white space, lower-case hex; "" without a key.

    Never a bare hash: an unsalted hash of a phone number is the phone number.
    """
    if not key:
        return ""
    return hmac.new(
        key, f"{rule_id}\0{''.join(text.split())}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()
