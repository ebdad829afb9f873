"""A tenth of `make fuzz`'s pictures, from a fixed seed, through real workers."""

from bench.fuzz.pictures import Mutations, fuzz

PICTURES = 1_000


def test_mutated_pictures_break_nothing(capfd):
    found = fuzz(PICTURES, seed=20)
    assert found.held, found
    assert found.answers.total() == PICTURES
    # Mutations that are all refused at the first byte would test nothing.
    assert found.answers["reading"] > PICTURES / 5
    assert found.answers["bad_image"] > PICTURES / 5
    # What strangers send writes no lines into the log.
    assert "Corrupt EXIF" not in (said := capfd.readouterr().err)
    assert "imdecode" not in said


def test_a_seed_gives_the_same_pictures_again():
    first, again, other = Mutations(1), Mutations(1), Mutations(2)
    pictures = [first.next() for _ in range(50)]
    assert [again.next() for _ in range(50)] == pictures
    assert [other.next() for _ in range(50)] != pictures
