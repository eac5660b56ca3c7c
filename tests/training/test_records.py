from keras_gans.training import records

LINES = ['{"images": 8}', '{"images": 16, "loss": 1.0}', '{"images": 24}']


def test_records(tmp_path):
    path = tmp_path / "log.jsonl"
    assert list(records.read(path)) == []
    path.write_text("\n".join([*LINES, '"text"', '{"loss": 1}', '{"imag']))
    assert [line for line, _ in records.read(path)] == LINES
    assert [record["images"] for _, record in records.read(path)] == [8, 16, 24]


def test_what_comes_after_a_state_is_cut(tmp_path):
    path = tmp_path / "log.jsonl"
    records.cut(path, 16)
    assert not path.exists()
    path.write_text("\n".join([*LINES, '{"imag']))
    records.cut(path, 16)
    assert path.read_text() == "\n".join(LINES[:2]) + "\n"
