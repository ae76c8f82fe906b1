"""detrlab.study.overview: progress(), in a terminal and in a notebook."""

from html.parser import HTMLParser

from autograder.demo import solution
from autograder.tests.detrlab.learner_notebooks import fill_notebook
from detrlab import progress

STEP = "03_encoder"
PASSED = {"tests_encoder_layer": "✓ encoder_layer\n"}


def test_progress_shows_states_and_next_exercise(week, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    fill_notebook(week, STEP, PASSED, **solution(STEP), written_pe_every_layer="Because.")
    (week / "05_heads.ipynb").write_text("damaged")
    progress()
    printed = capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")
    assert "✓ encoder_layer  ✗ encoder  1 of 1 written" in printed
    assert "○ sine_1d" in printed and "05_heads" not in printed
    assert "Next: box_cxcywh_to_xyxy, in 00_set_prediction." in printed


def test_progress_fits_into_narrow_terminal(week, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    progress()
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 90


class TableReader(HTMLParser):
    """Collects the labels that a screen reader reads for marks and bars, and checks that tags close."""

    def __init__(self):
        super().__init__()
        self.labels, self.open_tags = [], []

    def handle_starttag(self, tag, attributes):
        if tag != "br":
            self.open_tags.append(tag)
        self.labels += [value for name, value in attributes if name == "aria-label"]

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag


def test_progress_in_notebook_is_table_with_labels_for_screen_readers(week, notebook):
    fill_notebook(week, STEP, PASSED, **solution(STEP))
    progress()
    [(bundle, _)] = notebook
    reader = TableReader()
    reader.feed(bundle["text/html"])
    assert not reader.open_tags
    assert reader.labels.count("passed") == 2  # encoder_layer, and once in the caption
    assert "1 of 3 done" in reader.labels
    assert "✓\N{NO-BREAK SPACE}encoder_layer" in bundle["text/plain"]
