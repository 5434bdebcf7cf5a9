import hashlib
import hmac

from legato.serving.redis_view.keys import Keys

KEYS = Keys("shop:", "a secret")


def test_an_identifier_is_hashed_with_the_pepper() -> None:
    digest = hmac.new(b"a secret", b"email\x1fanna@mail.example", hashlib.sha256).hexdigest()
    assert KEYS.identifier("email", "anna@mail.example") == f"shop:id:email:{digest[:32]}"


def test_a_pepper_longer_than_a_block_is_hashed_first() -> None:
    pepper = "long" * 20
    digest = hmac.new(pepper.encode(), b"email\x1fx", hashlib.sha256).hexdigest()
    assert Keys("", pepper).identifier("email", "x") == f"id:email:{digest[:32]}"


def test_another_pepper_or_type_gives_another_key() -> None:
    names = {
        KEYS.identifier("email", "x"),
        KEYS.identifier("phone", "x"),
        Keys("shop:", "other").identifier("email", "x"),
    }
    assert len(names) == 3


def test_all_else_has_keys_of_its_own() -> None:
    assert KEYS.customer("0-abc") == "shop:customer:0-abc"
    assert KEYS.decisions("0-abc") == "shop:decisions:0-abc"
    assert KEYS.actions("0-abc") == "shop:actions:0-abc"
    assert KEYS.action("eeda2d") == "shop:action:eeda2d"
    assert KEYS.place("venue", "BER-1") == "shop:venue:BER-1"
    assert KEYS.place("queue", "sales") == "shop:queue:sales"
    assert KEYS.erased("0-abc") == "shop:erased:0-abc"
    assert (KEYS.notices, KEYS.fresh) == ("shop:notices", "shop:fresh")
    assert KEYS.progress("legato.customer.contexts") == "shop:view:legato.customer.contexts"
