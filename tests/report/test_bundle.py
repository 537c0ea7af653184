"""The plotting library fits into a script element."""

from frostformer.report.bundle import plotting_library


def test_the_library_defines_what_the_page_calls_and_ends_no_script():
    library = plotting_library()
    assert "window.vegaEmbed" in library
    assert "</script" not in library
    assert "<!--" not in library
    assert len(library) < 1_000_000


def test_it_is_packed_once_in_a_process():
    assert plotting_library() is plotting_library()
