"""detrlab.study.hints: the folded hints of an exercise, one after the other."""

from detrlab import hint


def test_hint_shows_next_hint_at_each_call(week, capsys):
    for title in ("Hint 1", "Hint 2", "Hint 3", "Help", "Help"):
        hint("encoder_layer")
        assert capsys.readouterr().out.startswith(title)
    hint("encodr")
    assert "No notebook here has hints" in capsys.readouterr().out


def test_hint_in_notebook_is_rendered_as_markdown(week, notebook):
    hint("encoder_layer")
    assert notebook[0][0]["text/markdown"].startswith("**Hint 1 · ")
