from keras_gans import cli, metrics
from keras_gans.cli.score_entries import card_entries, command_of, portable


def parsed(*argv):
    return cli.make_parser().parse_args(["evaluate", *argv])


def score(protocol, real_count=20, **changes):
    values = {"metric": protocol.partition("[")[0], "quantity": "a", "value": 1.5, "resolution": 4, "seed": 0}
    return metrics.Score(
        **{**values, "protocol": protocol, "real_count": real_count, "generated_count": 20, **changes}
    )


def test_names_on_a_card():
    """Two scores that do not compare never have one name."""

    def names(*argv, data="emoji", default="emoji"):
        options = parsed("x", "--data", data, "--metrics", "fid20,is20", *argv)
        return list(card_entries([score("fid20[x]"), score("is20[x]", 0)], options, default_data=default))

    assert names() == ["fid20[x]", "is20[x]"]
    assert names("--split", "test") == ["fid20[x], split test", "is20[x]"]
    assert names("--crop", "center") == ["fid20[x], crop center", "is20[x]"]
    assert names(data="emoji:noto") == ["fid20[x], emoji:noto", "is20[x]"]
    assert names("--label", "dog") == ["fid20[x], class dog", "is20[x], class dog"]
    assert names("--truncation", "0.5", default=None) == [
        "fid20[x], emoji, truncation 0.5",
        "is20[x], truncation 0.5",
    ]


def test_what_an_entry_says():
    options = parsed("x/1", "--data", "/me/photos", "--metrics", "pr20,kid20", "--label", "dog")
    scores = [
        score("pr20[x]", quantity="precision"),
        score("pr20[x]", quantity="recall", value=0.5),
        score("kid20[x]", quantity="distance", std=0.1, note="100 subsets of 10"),
    ]
    pr, kid = card_entries(scores, options).values()
    of = "20 generated, class dog, 20 real images of photos (train), 4 px, seed 0"
    command = (
        "`keras-gans evaluate x/1 --metrics pr20,kid20 --data photos --split train "
        "--features inception-2015 --seed 0 --label dog`"
    )
    assert pr == {"precision": 1.5, "recall": 0.5, "of": of, "command": command}
    assert kid == {
        "distance": 1.5,
        "distance, standard deviation": 0.1,
        "of": of,
        "note": "100 subsets of 10",
        "command": command,
    }


def test_entries_of_translators():
    options = parsed("x/1", "--data", "emoji:noto,fluent", "--metrics", "pairs", "--resolution", "64")
    found = card_entries([score("pairs", quantity="L1", note="3 scales")], options)
    assert found == {
        "pairs emoji:noto,fluent (test)": {
            "L1": 1.5,
            "of": "20 pairs, 4 px",
            "note": "3 scales",
            "command": "`keras-gans evaluate x/1 --metrics pairs --data emoji:noto,fluent --split test "
            "--seed 0 --resolution 64 --direction forward`",
        }
    }
    argv = ("x/1", "--data", "/a/summer,/a/winter", "--metrics", "domains", "--resolution", "32")
    scores = [score("domains", quantity="share in the domain asked for", real_count=5)]
    [(name, entry)] = card_entries(scores, parsed(*argv)).items()
    assert name == "domains summer,winter (test)"
    assert entry["of"] == "20 translations of 5 images, 4 px"
    assert entry["command"] == (
        "`keras-gans evaluate x/1 --metrics domains --data summer,winter --seed 0 --resolution 32 "
        "--classifier-steps 800`"
    )
    [(name, entry)] = card_entries(scores, parsed(*argv, "--test-data", "/b/photos")).items()
    assert name == "domains photos" and "--test-data photos" in entry["command"]


def test_commands_hide_the_machine():
    options = parsed(
        *("/home/me/savedmodels/x/1/", "--data", "/data/ffhq", "--metrics", "is5k"),
        *("--features", "inception-2015:/home/me/inception", "--signed", "--crop", "center"),
    )
    assert command_of(options) == (
        "keras-gans evaluate x/1 --metrics is5k --data ffhq --split train "
        "--features inception-2015:inception --seed 0 --crop center --signed"
    )
    assert command_of(parsed("savedmodels/x/1", "--metrics", "is5k")) == (
        "keras-gans evaluate savedmodels/x/1 --metrics is5k --features inception-2015 --seed 0"
    )
    assert portable("left-to-right:/a/b") == "left-to-right:b"
