"""Credentials are found by form or by name, and never repeated."""

from __future__ import annotations

import random
import string

import pytest

from codetune.text.secrets import find_secret


def token(length: int, alphabet: str = string.ascii_letters + string.digits, seed: int = 4) -> str:
    draw = random.Random(seed)
    return "".join(draw.choice(alphabet) for _ in range(length))


SECRETS = {
    "AWS Access Key": "AKIA" + token(16, string.ascii_uppercase + string.digits),
    "GitHub Token": "ghp_" + token(36),
    "Slack Token": "xoxb-" + token(12, string.digits) + "-" + token(12, string.digits) + "-" + token(24),
    "Stripe Access Key": "sk_live_" + token(24),
    "Private Key": "-----BEGIN RSA PRIVATE KEY-----\n" + token(64) + "\n-----END RSA PRIVATE KEY-----",
    "Basic Auth Credentials": "https://user:" + token(12) + "@example.org/x",
    "value assigned to api_key": f'api_key = "{token(32)}"',
    "value assigned to clientSecret": f"clientSecret: '{token(24)}',",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_credential_is_named_by_its_kind(kind: str) -> None:
    text = f"def connect():\n    use({SECRETS[kind]!s})\n"
    assert find_secret(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "password = getpass.getpass('Password: ')",
        'token = "example-token-placeholder"',
        'api_key = os.environ["API_KEY"]',
        "secret = 'correct horse battery staple'",
        'digest == "d41d8cd98f00b204e9800998ecf8427e"',
        "uuid = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'",
        "for token in tokens: total += len(token)",
    ],
)
def test_code_that_only_talks_of_secrets_stays(text: str) -> None:
    assert find_secret(text) is None
