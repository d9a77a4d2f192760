"""Keys from a passphrase, authenticated encryption and seals, all of the library ``cryptography``.

A coder hides a message perfectly only if the message is uniform. So everything that is sent is ciphertext: without the
key it cannot be told from random bytes. The key is stretched by scrypt (RFC 7914) with a salt that no other run has;
texts are encrypted by ChaCha20-Poly1305 (RFC 8439), files sealed by HMAC-SHA256 (RFC 2104).

Without a passphrase the same is done with an empty one: the text still looks uniform, but anybody can read it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from mdpzoo.errors import MissingExtraError, SettingError

SALT, TAG, KEY, NONCE, MASK = 16, 16, 32, 12, 8  # bytes
COST = 2**14  # of scrypt: 16 MiB and some 50 ms


class MessageError(SettingError):
    """A message that cannot be read: the key, the policy or the run is another."""


@dataclass(frozen=True)
class Keys:
    """The keys derived from a passphrase and a salt.

    Attributes:
        body: encrypts the text.
        mask: hides the length; as long as the longest length field.
        seal: authenticates the run's file.
    """

    body: bytes
    mask: bytes
    seal: bytes


def derived_keys(passphrase: str, salt: bytes) -> Keys:
    """Derives the keys of one run.

    Args:
        passphrase: the shared secret; empty: none.
        salt: 16 bytes, different in every run.

    Raises:
        MissingExtraError: if the library is not installed.
    """
    try:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    except ImportError:
        raise MissingExtraError("cryptography is not installed; type: pip install cryptography") from None
    made = Scrypt(salt=salt, length=2 * KEY + MASK, n=COST, r=8, p=1).derive(passphrase.encode())
    return Keys(made[:KEY], made[2 * KEY :], made[KEY : 2 * KEY])


def new_salt(passphrase: str, seed: int | None, attempt: int, text: bytes) -> bytes:
    """Returns a salt: random; with a seed, a function of everything, so that no two texts share one."""
    if seed is None:
        return secrets.token_bytes(SALT)
    said = f"{seed} {attempt} ".encode() + text
    return hmac.digest(hashlib.sha256(passphrase.encode()).digest(), said, "sha256")[:SALT]


def encrypt(text: bytes, keys: Keys, context: bytes) -> bytes:
    """Returns the ciphertext, as long as the text, and a tag of 16 bytes behind it.

    Args:
        text: the text to send.
        keys: of this run; used once.
        context: data that the tag authenticates in addition to the text.
    """
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return ChaCha20Poly1305(keys.body).encrypt(bytes(NONCE), text, context)  # a key of its own needs no nonce


def decrypt(sealed: bytes, keys: Keys, context: bytes) -> bytes:
    """Returns the text.

    Raises:
        MessageError: if key, context, ciphertext or tag is another.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    try:
        return ChaCha20Poly1305(keys.body).decrypt(bytes(NONCE), sealed, context)
    except InvalidTag:
        raise MessageError("the message's authentication fails: the key, the policy or the actions differ") from None


def sealing(keys: Keys, content: bytes) -> bytes:
    """Returns the seal of a file's content, 32 bytes."""
    return hmac.digest(keys.seal, content, "sha256")
