"""The latency table has a line a shape."""

from facetraits.training.model.nets import build_traitnet
from studies.latency import multiplications, row


def test_a_line_says_what_a_net_costs():
    cells = [cell.strip() for cell in row(16, 0.25, 1, 1).strip("|").split("|")]
    assert cells[:4] == ["16", "0.25", "1", "1"]
    least, median = map(float, cells[7].split(" / "))
    assert 0 < least <= median


def test_four_times_the_pixels_are_four_times_the_work():
    small, large = (multiplications(build_traitnet(s, width=0.25, blocks=1)) for s in (32, 64))
    assert 3.5 < large / small < 4.1
