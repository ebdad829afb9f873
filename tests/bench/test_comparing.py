import pytest

from bench.peers import comparing
from bench.peers.comparing import compare
from bench.peers.environments import NotInstalled
from bench.peers.table import as_text
from tests.bench.fakes import FakeFaces, FakeRunners, ours, peer

COUNTS = {"people": 2, "expressions": 2}


def right(cut, index):
    return {"age": (30, 5)[index % 2], "gender": ("female", "male")[index % 2], "emotion": "happy"}


def mixed(cut, index):
    """Better at ages when the cut is tight, and at genders when it is whole."""
    tight = cut.box[2] == 6
    age = (30, 5)[index % 2] + (2 if tight else 9)
    return right(cut, index) | {"age": age} | ({"gender": "male"} if tight else {})


def cells(text, name):
    (line,) = [line for line in text.splitlines() if line.startswith(f"  {name} ")]
    return line.split()


def test_each_figure_has_the_framing_that_was_best_on_val():
    runners = FakeRunners(peer=(mixed, 2.0, 100.0))
    (result,) = compare([peer("peer", traits=("age", "gender"))], FakeFaces(), runners)
    assert result.framings == {"gender": "whole", "mae": "70%", "ranges": "70%"}
    assert result.scores["mae"]["value"] == 2
    assert result.scores["gender"]["value"] == 100


def test_only_what_was_chosen_is_tried_on_test():
    runners = FakeRunners(peer=(mixed, 2.0, 100.0))
    (result,) = compare([peer("peer", traits=("age",))], FakeFaces(), runners)
    assert set(result.framings.values()) == {"70%"}
    val_and_test = [sides for _, _, sides in runners.calls[comparing.ROUNDS :]]
    assert val_and_test == [{8}, {6}, {6}]


def test_nothing_is_chosen_for_ours():
    runners = FakeRunners(traitnet=(right, 1.0, 50.0))
    (result,) = compare([ours()], FakeFaces(), runners)
    assert set(result.framings.values()) == {"whole"}
    kinds = [traits for _, traits, _ in runners.calls[comparing.ROUNDS :]]
    assert kinds == [("gender", "age"), ("emotion",)]


def test_the_table_divides_peers_by_ours():
    rows = [ours(), peer("slow")]
    runners = FakeRunners(traitnet=(right, 2.0, 50.0), slow=(mixed, 30.0, 100.0))
    text = as_text(compare(rows, FakeFaces(), runners), COUNTS)
    own = "2.00 2.00 50 0.50 100.0 0.00 100.0 50.0 50.0"
    assert " ".join(cells(text, "traitnet")[1:]) == own
    assert cells(text, "slow")[1:5] == ["30.00", "30.00", "100", "0.50"]
    (ratios,) = [line for line in text.splitlines() if "/ traitnet" in line]
    # No ratio to an error of 0.
    assert " ".join(ratios.split()[2:]) == "15x 15x 2.00x 1.00x 1.00x 1.00x 1.00x 1.00x"


def test_a_trait_that_a_row_does_not_answer_is_a_dash():
    runners = FakeRunners(fer=(right, 1.0, 1.0))
    text = as_text(compare([peer("fer", traits=("emotion",))], FakeFaces(), runners), COUNTS)
    assert cells(text, "fer")[5:] == ["-", "-", "-", "50.0", "50.0"]


def test_a_row_that_fails_says_so_and_the_rest_stands():
    runners = FakeRunners(traitnet=(right, 1.0, 50.0), broken=(None, 0, 0), fine=(right, 3.0, 60.0))
    results = compare([ours(), peer("broken"), peer("fine")], FakeFaces(), runners)
    text = as_text(results, COUNTS)
    assert cells(text, "broken")[1:] == ["no", "such", "module"]
    assert cells(text, "fine")[1] == "3.00"
    # It is not started again.
    assert [name for name, _, _ in runners.calls].count("broken") == 1


def test_an_environment_that_rows_share_is_installed_once(tmp_path, monkeypatch):
    tried = []

    def command(environment):
        tried.append(environment)
        raise NotInstalled("no network")

    monkeypatch.setattr(comparing.environments, "command", command)
    rows = [peer("one"), peer("other")]
    results = compare(rows, FakeFaces(), comparing.Runners(tmp_path))
    assert [result.failure for result in results] == ["no network"] * 2
    assert tried == ["node"]


def test_answers_that_make_no_sense_fail_their_row_alone():
    runners = FakeRunners(
        odd=(lambda cut, index: {"age": "old"}, 1.0, 1.0), fine=(right, 3.0, 60.0)
    )
    odd, fine = compare([peer("odd"), peer("fine")], FakeFaces(), runners)
    assert "cannot be scored" in odd.failure
    assert not fine.failure


def test_missed_faces_are_said():
    runners = FakeRunners(shy=(lambda cut, index: right(cut, 0) if index else None, 1.0, 1.0))
    results = compare([peer("shy")], FakeFaces(), runners)
    assert "shy: " in as_text(results, COUNTS)
    assert "; 2 faces missed" in as_text(results, COUNTS)


def test_without_data_there_are_times_and_memory(monkeypatch, capsys, tmp_path):
    runners = FakeRunners(traitnet=(right, 1.0, 50.0), peer=(right, 2.0, 60.0))
    monkeypatch.setattr(comparing, "ours", lambda: [ours()])
    monkeypatch.setattr(comparing, "PEERS", (peer("peer"),))
    monkeypatch.setattr(comparing, "Runners", lambda folder: runners)
    comparing.main(tmp_path / "nowhere")
    said = capsys.readouterr().out
    assert "times and memory only" in said
    assert cells(said, "peer")[1:] == ["2.00", "2.00", "60", "0.50", *"-----"]


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_the_data_sets_is_said(there, tmp_path, capsys):
    assert comparing._read(tmp_path if there else None, None) is None
    assert len(capsys.readouterr().out.strip().splitlines()) == 1
