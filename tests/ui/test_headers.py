"""The policy that every answer carries."""

from review.ui.headers import content_security_policy, security_headers


def test_no_inline_script_and_nothing_from_outside_is_allowed() -> None:
    policy = dict(part.strip().split(" ", 1) for part in content_security_policy().split(";") if " " in part.strip())
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in policy["script-src"] and "blob:" not in policy["script-src"]
    assert "'sha256-" in policy["script-src"]
    assert policy["frame-ancestors"] == "'none'" and policy["form-action"] == "'self'"
    assert not any("http" in value or "*" in value for value in policy.values())


def test_origins_of_posts_stay_known() -> None:
    assert dict(security_headers())[b"referrer-policy"] == b"same-origin", (
        "no-referrer makes browsers send Origin: null"
    )
