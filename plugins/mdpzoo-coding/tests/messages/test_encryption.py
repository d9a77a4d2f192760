"""Keys, ciphertexts and seals."""

import pytest

from mdpzoo_coding.messages.encryption import MessageError, decrypt, derived_keys, encrypt, new_salt, sealing

SALT = bytes(range(16))


def test_a_text_comes_back_and_is_as_long_as_before_plus_a_tag():
    keys = derived_keys("key", SALT)
    sealed = encrypt(b"hello", keys, b"context")
    assert len(sealed) == 5 + 16
    assert decrypt(sealed, keys, b"context") == b"hello"


@pytest.mark.parametrize(
    ("key", "salt", "context"),
    [
        ("Key", SALT, b"context"),
        ("key", SALT[::-1], b"context"),
        ("key", SALT, b"another"),
    ],
)
def test_another_key_salt_or_context_is_an_error(key, salt, context):
    sealed = encrypt(b"hello", derived_keys("key", SALT), b"context")
    with pytest.raises(MessageError, match="authentication fails"):
        decrypt(sealed, derived_keys(key, salt), context)


def test_every_byte_is_authenticated():
    keys = derived_keys("key", SALT)
    sealed = encrypt(b"hello", keys, b"")
    for k in range(len(sealed)):
        changed = bytearray(sealed)
        changed[k] ^= 1
        with pytest.raises(MessageError):
            decrypt(bytes(changed), keys, b"")


def test_the_three_keys_are_different_and_depend_on_the_salt():
    first, second = derived_keys("key", SALT), derived_keys("key", SALT[::-1])
    assert len({first.body, first.seal, second.body, second.seal}) == 4
    assert first.mask != second.mask
    assert derived_keys("key", SALT) == first


def test_salts_are_fresh_and_never_shared_by_two_texts():
    assert new_salt("k", None, 0, b"a") != new_salt("k", None, 0, b"a")
    assert new_salt("k", 1, 0, b"a") == new_salt("k", 1, 0, b"a")
    others = [
        new_salt("k", 1, 0, b"b"),
        new_salt("k", 1, 1, b"a"),
        new_salt("k", 2, 0, b"a"),
        new_salt("l", 1, 0, b"a"),
    ]
    assert len({new_salt("k", 1, 0, b"a"), *others}) == 5


def test_seals_depend_on_key_and_content():
    keys = derived_keys("key", SALT)
    assert sealing(keys, b"a") != sealing(keys, b"b")
    assert sealing(keys, b"a") != sealing(derived_keys("other", SALT), b"a")
