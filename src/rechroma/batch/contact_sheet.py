"""A contact sheet: one HTML file with every picture in it, before and after under a slider."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from string import Template

GENERATOR = '<meta name="generator" content="Rechroma">'
"""In the head of every sheet, by which one is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One picture on the sheet."""

    title: str
    """Usually the file's name."""
    caption: str
    """What was done, in a line; may be empty."""
    size: tuple[int, int]
    """Height and width of the previews in pixels; both have the same."""
    before: bytes
    """JPEG preview of the input."""
    after: bytes
    """JPEG preview of the result."""


def contact_sheet(entries: Iterable[Entry], *, title: str = "Colored photographs") -> str:
    """Write a page that needs no other file, no network and, to be looked at, no script.

    The slider is moved by mouse, finger or the arrow keys; without scripts it stands in the middle.
    """
    cards = [_card(entry) for entry in entries]
    count = f"{len(cards)} picture{'' if len(cards) == 1 else 's'}"
    return _PAGE.substitute(generator=GENERATOR, title=escape(title), count=count, cards="\n".join(cards))


def _card(entry: Entry) -> str:
    height, width = entry.size
    return _CARD.substitute(
        title=escape(entry.title),
        caption=escape(entry.caption),
        height=str(height),
        width=str(width),
        before=b64encode(entry.before).decode("ascii"),
        after=b64encode(entry.after).decode("ascii"),
    )


_CARD = Template("""\
<figure>
<div class="pair" style="--shape:$width/$height">
<img src="data:image/jpeg;base64,$after" width="$width" height="$height" alt="$title, colored" loading="lazy">
<img class="before" src="data:image/jpeg;base64,$before" width="$width" height="$height" alt="$title, as it was" \
loading="lazy">
<input type="range" min="0" max="100" value="50" step="0.5" aria-label="How much of $title is shown as it was">
</div>
<figcaption><b>$title</b> <span>$caption</span></figcaption>
</figure>""")

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
$generator
<title>$title</title>
<style>
:root { color-scheme: dark; }
body { margin: 0 auto; padding: 1.5rem; max-width: 110rem; background: #191919; color: #ddd;
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.4rem; font-weight: 600; }
p { margin: .2rem 0 1.5rem; color: #999; }
main { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
figure { margin: 0; }
.pair { --at: 50%; position: relative; overflow: hidden; border-radius: 4px; background: #000; margin: 0 auto;
  aspect-ratio: var(--shape); width: min(100%, calc(85vh * var(--shape))); }
.pair img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.pair .before { clip-path: inset(0 calc(100% - var(--at)) 0 0); }
.pair::after { content: ""; position: absolute; top: 0; bottom: 0; left: var(--at); width: 2px; margin-left: -1px;
  background: #fffc; pointer-events: none; }
.pair input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize;
  touch-action: pan-y; }
.pair:focus-within { outline: 2px solid #6af; outline-offset: 2px; }
figcaption { padding: .4rem 0; font-size: .9rem; overflow-wrap: anywhere; }
figcaption span { color: #999; }
</style>
</head>
<body>
<h1>$title</h1>
<p>$count. Drag across a picture: left as it was, right in color. The colors are invented by a model, not
recovered: they are likely ones, not the true ones.</p>
<main>
$cards
</main>
<script>
for (const slider of document.querySelectorAll(".pair input"))
  slider.addEventListener("input", () => slider.parentElement.style.setProperty("--at", slider.value + "%"));
</script>
</body>
</html>
""")
