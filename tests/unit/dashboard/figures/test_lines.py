"""Lines break where nothing is known, and never invent a value."""

from dashboard.figures.lines import as_mask, band_path, line_path, span_of, svg


def test_low_is_at_the_bottom_and_steps_are_even() -> None:
    assert line_path([0, 5, 10], (0, 10), 100, 20) == "M0.0,20.0L50.0,10.0 100.0,0.0"


def test_a_gap_is_not_drawn_across() -> None:
    path = line_path([0, 10, None, 10, 0], (0, 10), 100, 20)
    assert path == "M0.0,20.0L25.0,0.0M75.0,0.0L100.0,20.0"


def test_a_lone_value_is_a_short_stroke() -> None:
    assert line_path([None, 5, None], (0, 10), 100, 20) == "M50.0,10.0h0.1"


def test_nan_is_a_gap() -> None:
    assert line_path([float("nan"), 5], (0, 10), 100, 20) == "M100.0,10.0h0.1"


def test_a_band_closes_between_its_lines() -> None:
    assert (
        band_path([0, 0], [10, 10], (0, 10), 100, 20) == "M0.0,0.0 100.0,0.0 100.0,20.0 0.0,20.0Z"
    )


def test_a_band_needs_both_edges() -> None:
    assert band_path([0, None, 0], [10, 10, None], (0, 10), 100, 20) == ""


def test_span_of_all_series_and_of_nothing() -> None:
    assert span_of([1, None, 3], [0.5, float("nan")]) == (0.5, 3)
    assert span_of([2, 2]) == (1.0, 3.0)
    assert span_of([]) == (0.0, 1.0)


def test_a_mask_is_one_quoted_data_address() -> None:
    mask = as_mask(svg("<path/>", 100, 20))
    assert mask.startswith('url("data:image/svg+xml,%3Csvg')
    assert "<" not in mask
