"""The contact sheet is one file that needs nothing else."""

from html.parser import HTMLParser

from rechroma.batch.contact_sheet import Entry, contact_sheet


class _Links(HTMLParser):
    """Collect whatever a page would load, and check that its tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img", "input"}:
            self.open.append(tag)
        self.loaded += [value or "" for name, value in attrs if name in {"src", "href", "srcset"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _entry(title: str = "a.jpg") -> Entry:
    return Entry(title=title, caption="4 x 6", size=(4, 6), before=b"\xff\xd8before", after=b"\xff\xd8after")


def test_a_sheet_loads_nothing_from_outside() -> None:
    links = _Links()
    links.feed(contact_sheet([_entry(), _entry("b.jpg")]))
    assert links.open == []
    assert len(links.loaded) == 4
    assert all(link.startswith("data:image/jpeg;base64,") for link in links.loaded)


def test_a_sheet_has_both_pictures_and_says_that_colors_are_invented() -> None:
    page = contact_sheet([_entry()])
    assert "/9hiZWZvcmU=" in page and "/9hhZnRlcg==" in page
    assert "invented" in page
    assert "1 picture." in page


def test_names_cannot_put_markup_or_placeholders_into_a_sheet() -> None:
    page = contact_sheet([_entry('<script>alert("x")</script> $cards $title')], title="<b>")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; $cards $title" in page
    assert "<title>&lt;b&gt;</title>" in page


def test_an_empty_run_makes_a_sheet_too() -> None:
    assert "0 pictures." in contact_sheet([])
