"""The TSPLIB reader: every known file, every layout, and damaged files."""

import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files import hostile_text, read_instance, read_tour, read_tsplib, write_tour

PLANE = """NAME: five
COMMENT : a square and its centre
TYPE : TSP
DIMENSION : 5
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
3 10 10
2 1e1 0
4 0.0 10.0
5 5 5
EOF
"""
TABLE = """NAME : three
TYPE : TSP
DIMENSION : 3
EDGE_WEIGHT_TYPE : EXPLICIT
EDGE_WEIGHT_FORMAT : {layout}
EDGE_WEIGHT_SECTION
{weights}
DISPLAY_DATA_SECTION
1 0 0
2 1 0
3 0 1
EOF
"""


def written(folder, text):
    path = folder / "instance.tsp"
    path.write_bytes(text.encode("latin-1") if isinstance(text, str) else text)
    return path


def test_every_file_of_the_data_folder_is_read_whole(data):
    optima = json.loads((data / "tsplib" / "optima.json").read_text())
    for name, facts in optima.items():
        instance = read_instance(data / "tsplib" / f"{name}.tsp")
        assert (instance.num_nodes, instance.edge_weight_type) == (facts["nodes"], facts["edge_weight_type"])
        assert instance.integral
        assert instance.objective(np.arange(instance.num_nodes)) >= facts["optimum"]


@pytest.mark.parametrize(("name", "length"), [
    ("pcb442", 221440),  # EUC_2D
    ("gr666", 423710),  # GEO
    ("att532", 309636),  # ATT
])  # fmt: skip
def test_canonical_tours_have_the_lengths_that_tsplib_prints(data, name, length):
    instance = read_tsplib(data / "tsplib" / f"{name}.tsp")
    assert instance.objective(np.arange(instance.num_nodes)) == length


def test_nodes_may_come_in_any_order_and_carriage_returns_do_not_matter(tmp_path):
    instance = read_tsplib(written(tmp_path, PLANE.replace("\n", "\r\n")))
    np.testing.assert_array_equal(instance.coordinates, [[0, 0], [10, 0], [10, 10], [0, 10], [5, 5]])
    assert (instance.name, instance.comment) == ("five", "a square and its centre")
    assert read_tsplib(written(tmp_path, PLANE.removesuffix("EOF\n"))).num_nodes == 5


@pytest.mark.parametrize(("layout", "weights"), [
    ("FULL_MATRIX", "0 1 2\n1 0 3\n2 3 0"),
    ("UPPER_ROW", "1 2\n3"),
    ("LOWER_COL", "1 2 3"),
    ("LOWER_ROW", "1\n2 3"),
    ("UPPER_COL", "1 2 3"),
    ("UPPER_DIAG_ROW", "0 1 2 0 3 0"),
    ("LOWER_DIAG_COL", "0 1 2 0 3 0"),
    ("LOWER_DIAG_ROW", "0 1 0 2 3 0"),
    ("UPPER_DIAG_COL", "0\n1 9999\n2 3\n0"),  # the diagonal does not count
])  # fmt: skip
def test_every_matrix_layout_gives_the_same_matrix(tmp_path, layout, weights):
    instance = read_tsplib(written(tmp_path, TABLE.format(layout=layout, weights=weights)))
    np.testing.assert_array_equal(instance.matrix, [[0, 1, 2], [1, 0, 3], [2, 3, 0]])
    assert instance.display is not None


@pytest.mark.parametrize(("old", "new", "message"), [
    ("TYPE : TSP", "TYPE : SOP", "'SOP' is not supported; supported are TSP, ATSP, CVRP, OP"),
    ("TYPE : TSP", "TYPE : HCP", "'HCP' is not supported; supported are TSP"),
    ("TYPE : TSP", "TYPE : CVRP", "TYPE CVRP needs DEMAND_SECTION"),
    ("TYPE : TSP", "TYPE : OP", "TYPE OP needs NODE_SCORE_SECTION"),
    ("TYPE : TSP", "TYPE : TOUR", "is a tour"),
    ("TYPE : TSP\n", "", "TYPE is missing"),
    (": 5", ": 6", "NODE_COORD_SECTION has 5 nodes, but DIMENSION is 6"),
    (": 5", ": 4", "more than 4 nodes, the next is '5 5 5'"),
    (": 5", ": -5", "DIMENSION must be an integer in 1..200000, got '-5'"),
    (": 5", ": 0", "got '0'"),
    (": 5", ": 5.5", "got '5.5'"),
    (": 5", ": 99999999999999999999", "got '99999999999999999999'"),
    (": 5", ": 200001", "200001"),
    ("DIMENSION : 5\n", "", "DIMENSION is missing"),
    ("EUC_2D", "EUC_3D", "line 7: expected a node in 1..5 and three numbers"),
    ("EUC_2D", "SPECIAL", "'SPECIAL' is not supported"),
    ("EUC_2D", "EUCLIDEAN", "not supported"),  # our own name is not TSPLIB's
    ("EUC_2D", "EXPLICIT", "needs EDGE_WEIGHT_SECTION"),
    ("3 10 10", "3 10 nan", "finite"),
    ("3 10 10", "3 10 inf", "finite"),
    ("3 10 10", "3 10 1e999", "finite"),
    ("3 10 10", "3 1_0 10", "expected numbers"),  # Python's float() takes it
    ("3 10 10", "3 10", "two numbers"),
    ("3 10 10", "3 10 10 10", "two numbers"),
    ("3 10 10", "1 10 10", "line 8: node 1 appears twice"),
    ("3 10 10", "2.5 10 10", "expected a node"),
    ("3 10 10", "6 10 10", "expected a node in 1..5"),
    ("3 10 10", "3 10 \0", "line 8: the file contains a NUL byte"),
    ("5 5 5", "5 5 5\n5 5 5", "has more than 5 nodes"),
    ("NODE_COORD_SECTION", "NODE_CORD_SECTION", "Did you mean 'NODE_COORD_SECTION'"),
    ("NODE_COORD_SECTION", "TOUR_SECTION", "TOUR_SECTION"),
    ("EOF", "FIXED_EDGES_SECTION\n1 2\n-1\nEOF", "remove the FIXED_EDGES_SECTION"),
    ("EOF", "DEMAND_SECTION\n1 2\nEOF", "a section of TSP, got 'DEMAND_SECTION'"),
    ("EOF", "DISTANCE : 200\nEOF", "routes of limited length are not supported; remove the DISTANCE"),
    ("EOF", "SERVICE_TIME : 10\nEOF", "service times are not supported"),
    ("COMMENT : a", "COMMENT : " + "x" * 20_000, "16384 characters of comments"),
    ("EOF", "NODE_COORD_SECTION\n1 2 3\nEOF", "appears twice"),
    ("COMMENT", "COMENT", "Did you mean 'COMMENT'"),
    ("COMMENT : a square", "NAME : a square", "NAME appears twice"),
])  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_with_file_and_remedy(tmp_path, old, new, message):
    assert old in PLANE
    path = written(tmp_path, PLANE.replace(old, new, 1))
    with pytest.raises(InstanceError) as error:
        read_tsplib(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("layout", "weights", "message"), [
    ("UPPER_ROW", "1 2", "needs 3 weights, got 2"),
    ("UPPER_ROW", "1 2 3 4", "got more than 3"),
    ("FULL_MATRIX", "0 1 2 1 0 3 2 4 0", "symmetric, but .* write 'TYPE : ATSP'"),
    ("FULL_MATRIX", "0 1 2\n1 0 three\n2 3 0", "line 8: expected numbers, got '1 0 three'"),
    ("UPPER_ROW", "1 2 -3", "negative"),
    ("UPER_ROW", "1 2 3", "Did you mean 'UPPER_ROW'"),
    ("FUNCTION", "1 2 3", "Known: FULL_MATRIX"),
])  # fmt: skip
def test_a_matrix_of_wrong_counts_or_values_is_refused(tmp_path, layout, weights, message):
    with pytest.raises(InstanceError, match=message):
        read_tsplib(written(tmp_path, TABLE.format(layout=layout, weights=weights)))


def test_sizes_are_checked_before_memory_is_taken(tmp_path, monkeypatch):
    text = TABLE.format(layout="UPPER_ROW", weights="1 2 3").replace("DIMENSION : 3", "DIMENSION : 20000")
    with pytest.raises(InstanceError, match=r"1\.\.2000"):
        read_tsplib(written(tmp_path, text))
    sparse = tmp_path / "sparse.tsp"
    with open(sparse, "wb") as file:
        file.truncate(10**12)  # a hole: takes no room on the disk
    with pytest.raises(InstanceError, match="bytes, more than"):
        read_tsplib(sparse)
    with pytest.raises(InstanceError, match="characters per line"):
        read_tsplib(written(tmp_path, PLANE.replace("five", "x" * 2**20)))
    monkeypatch.setattr(hostile_text, "MAX_LINES", 100)
    with pytest.raises(InstanceError, match="100 lines"):
        read_tsplib(written(tmp_path, "\n" * 200))


@pytest.mark.parametrize("content", [
    b"",  # empty
    b"\x00\x01\x02",  # binary
    bytes(range(256)) * 10,  # every byte
    "NAME : utf-16".encode("utf-16"),  # another encoding
    b"PK\x03\x04 not a text file",  # an archive
    b"[1, 2, 3]",  # JSON
])  # fmt: skip
def test_what_is_no_tsplib_file_at_all_is_an_instance_error(tmp_path, content):
    with pytest.raises(InstanceError):
        read_instance(written(tmp_path, content))


def test_what_is_no_file_at_all_is_an_instance_error(tmp_path):
    os.mkfifo(tmp_path / "fifo")  # reading it would wait for ever
    for path in (tmp_path, tmp_path / "missing.tsp", tmp_path / "fifo", "nul\0byte", "/dev/zero", "x" * 5_000):
        with pytest.raises(InstanceError):
            read_tsplib(path)


def damaged(content, kind, rng):
    lines = content.split(b"\n")
    line, other = (int(each) for each in rng.integers(len(lines), size=2))
    if kind == 0:  # truncated
        return content[: int(rng.integers(len(content)))]
    if kind == 1:  # bytes changed
        changed = bytearray(content)
        for place in rng.integers(len(content), size=3):
            changed[place] = int(rng.integers(256))
        return bytes(changed)
    if kind == 2:  # a line removed
        del lines[line]
    elif kind == 3:  # a line repeated
        lines.insert(line, lines[line])
    elif kind == 4:  # a word replaced by a hostile one
        words = [b"nan", b"-1", b"1e400", b"9" * 400, b"EOF", b"TOUR_SECTION", b"%s%n", b"\xff\xfe", b":"]
        lines[line] = b" ".join([*lines[line].split()[:-1], words[int(rng.integers(len(words)))]])
    else:  # two lines exchanged
        lines[line], lines[other] = lines[other], lines[line]
    return b"\n".join(lines)


def test_300_damaged_files_raise_nothing_but_instance_errors(tmp_path):
    rng = np.random.default_rng(0)
    table = TABLE.format(layout="LOWER_DIAG_ROW", weights="0 1 0 2 3 0")
    refused = []
    for k in range(300):
        try:
            read_tsplib(written(tmp_path, damaged((PLANE if k % 2 else table).encode(), k // 2 % 6, rng)))
        except InstanceError as error:
            refused.append(str(error))
    assert not [message for message in refused if "\n" in message or len(message) > 500]
    assert len(refused) > 150  # a changed name, comment or digit is still an instance


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_after_a_good_head_raise_nothing_but_instance_errors(tmp_path_factory, tail):
    head = PLANE[: PLANE.index("3 10 10")].encode()
    path = tmp_path_factory.getbasetemp() / "random.tsp"
    path.write_bytes(head + tail)
    with pytest.raises(InstanceError):
        read_tsplib(path)


def test_a_tour_survives_writing_and_reading(tmp_path):
    path = tmp_path / "best.tour"
    tour = np.random.default_rng(0).permutation(50)
    write_tour(path, tour, "fifty", 12.5)
    np.testing.assert_array_equal(read_tour(path, 50), tour)
    write_tour(path, tour[::-1], "fifty", 12.5)  # replaces it
    np.testing.assert_array_equal(read_tour(path, 50), tour[::-1])
    assert [each.name for each in tmp_path.iterdir()] == ["best.tour"]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("DIMENSION : 3", "DIMENSION : 4", "the instance has 3"),
    ("\n3\n", "\n2\n", "second time"),
    ("\n3\n", "\n4\n", "outside"),
    ("\n3\n", "\n0\n", "outside"),
    ("\n3\n", "\n2.5\n", "not an integer"),
    ("\n3\n", "\nthree\n", "expected numbers"),
    ("\n3\n", "\n", "leaves out"),
    ("TOUR_SECTION", "", "TOUR_SECTION"),
    ("TOUR_SECTION\n1\n2\n3\n-1\nEOF\n", "", "TOUR_SECTION is missing"),
])  # fmt: skip
def test_a_damaged_tour_is_an_instance_error(tmp_path, old, new, message):
    path = tmp_path / "best.tour"
    write_tour(path, [0, 1, 2], "three", 3)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InstanceError, match=message):
        read_tour(path, 3)


def test_writing_refuses_what_is_no_tour_and_leaves_nothing_behind(tmp_path):
    for tour, name in (([0, 0], "twice"), ([0, 1], "two\nlines"), (5, "no list")):
        with pytest.raises(InstanceError):
            write_tour(tmp_path / "best.tour", tour, name, 1.0)
    with pytest.raises(InstanceError, match="cannot be written"):
        write_tour(tmp_path / "missing" / "best.tour", [0], "one", 0.0)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InstanceError, match="cannot be written"):
        write_tour(tmp_path / "folder", [0], "one", 0.0)
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_a_line_of_large_numbers_is_not_taken_for_the_wrong_one(tmp_path):
    path = tmp_path / "large.tsp"
    path.write_text(TABLE.format(layout="UPPER_ROW", weights="6e14 6e14\n6x"))  # together they exceed what one may be
    with pytest.raises(InstanceError, match="got '6x'"):
        read_instance(path)
