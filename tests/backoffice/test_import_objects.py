"""JSON as a table: objects are rows, what is nested columns, turns of a conversation rows below; within bounds."""

import gzip
import json

import pytest

from backoffice.imports import objects, reading
from backoffice.imports.reading import Unreadable, open_table, sniff


def written(tmp_path, data):
    path = tmp_path / "file.json"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def table(tmp_path, data):
    path = written(tmp_path, data)
    return [cells for _number, cells in open_table(path, sniff(path), reading.stamp(path))]


CUPS = '[{"name": "Cup", "price": 5.50, "size": {"w": 1, "is_set": true}, "tags": ["a", 2]}, {"name": "Pot", "note": null}]'
ROWS = [
    ["name", "price", "size.w", "size.is_set", "tags", "note"],
    ["Cup", "5.50", "1", "TRUE", "a, 2", ""],
    ["Pot", "", "", "", "", ""],
]


@pytest.mark.parametrize(
    "data",
    [
        CUPS,
        CUPS.encode("utf-16"),
        b"\xef\xbb\xbf" + CUPS.encode(),
        gzip.compress(CUPS.encode(), mtime=0),
        "\n".join(json.dumps(one) for one in json.loads(CUPS, parse_float=str)),
        json.dumps({"data": json.loads(CUPS, parse_float=str), "count": 2}, indent=1),
    ],
    ids=["array", "utf-16", "mark", "gz", "lines", "page"],
)
def test_objects_are_rows(tmp_path, data):
    assert table(tmp_path, data) == ROWS


def test_turns_are_rows_below_their_object(tmp_path):
    text = '[{"id": 7, "log": [["agent", "Hi"], ["customer", "Hello"]], "said": [{"role": "x", "text": "hi"}], "odd": [{"a": 1}]}, {"id": 8}]'
    assert table(tmp_path, text) == [
        ["id", "messages.position", "messages.speaker", "messages.text"],
        ["7", "1", "agent", "Hi"],
        ["", "2", "customer", "Hello"],
        ["8", "", "", ""],
    ]
    assert sniff(tmp_path / "file.json").notes == [
        "Each turn in “log” is read as a row of its own, below its conversation.",
        "Further turns are left out, an object has one conversation: said.",
        "Lists that are no cell are left out: odd.",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"a": 1}, {"a": ', 'Object 2 cannot be read, it begins: {"a": '),
        ('[{"a": 1},', "The file is cut off: the array of objects has no end."),
        ('[{"a": 1}] x', "Something stands behind the end of the array. The file is damaged."),
        ('[{"a": 1}, 2]', "This is JSON, not a table. Export the table as CSV."),
        ('{"a": []}', "This is JSON, not a table. Export the table as CSV."),
        ('{"a":' * 30 + "1" + "}" * 30, "Object 1 is nested more than 20 deep."),
        ('{"a":' * 200_000 + "1" + "}" * 200_000, "Object 1 is nested more than 20 deep."),
        (json.dumps({str(name): 1 for name in range(1001)}), "The file has more than 1000 columns."),
        (json.dumps({"a": "x" * (objects.MAX_CELL + 1)}), "Object 1 has a text of more than 1,048,576 characters."),
    ],
    ids=["broken", "cut", "behind", "number", "nothing", "deep", "hostile", "wide", "long"],
)
def test_what_is_no_table_or_too_much_is_refused(tmp_path, text, reason):
    with pytest.raises(Unreadable) as refusal:
        sniff(written(tmp_path, text))
    assert refusal.value.messages == [reason]


def test_an_object_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "MAX_OBJECT", 1024**2)
    with pytest.raises(Unreadable, match=r"Object 1 has more than 1\.0.*MB, or a mark is missing in it"):
        sniff(written(tmp_path, '[{"a": [' + "1, " * 2_000_000))


def test_many_objects_are_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "PIECE", 64)
    found = table(tmp_path, json.dumps([{"n": n, "text": "x" * n} for n in range(120)]))
    assert found[1:] == [[str(n), "x" * n] for n in range(120)]


def test_halves_of_characters_are_no_text(tmp_path):
    assert table(tmp_path, r'[{"a": "x\ud83d", "b": "\ud83d\ude00"}]')[1] == ["x\ufffd", "😀"]
