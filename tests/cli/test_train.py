"""`facetraits train` and `evaluate`."""

import pytest

from facetraits.cli import main
from facetraits.errors import Regression


def test_all_trains_every_net_though_one_gets_worse(monkeypatch, tmp_path, capsys):
    trained = []

    def train(net, _):
        trained.append(net)
        if net == "baseline_age":
            raise Regression("baseline_age: worse on val")

    monkeypatch.setattr("facetraits.cli.train._train_one", train)
    assert main(["train", "all", "--data", str(tmp_path)]) == 2
    assert trained == ["baseline_age", "baseline_gender", "baseline_emotion", "traitnet"]
    assert capsys.readouterr().err == "facetraits: baseline_age: worse on val\n"


@pytest.mark.parametrize("verb", ["train", "evaluate"])
def test_missing_data_is_one_line(verb, tmp_path, capsys):
    assert main([verb, "baseline_age", "--data", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("facetraits: no UTKFace pictures: looked for ")
    assert error.count("\n") == 1


def test_epochs_that_make_no_sense(tmp_path, capsys):
    assert main(["train", "baseline_age", "--data", str(tmp_path), "--epochs", "0"]) == 2
    assert "--epochs must be at least 1, not 0" in capsys.readouterr().err
