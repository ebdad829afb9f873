"""What systems make of an address or a piece of HTML that people paste, by their documentation.

Each returns the HTML of a page. Written from the documented behavior, without their code.
"""

from __future__ import annotations

import json
import re
import urllib.parse
import urllib.request
from html import escape
from html.parser import HTMLParser

SECRET = "a1B2c3D4e5"
# The message handler of WordPress's wp-embed script: heights between 200 and 1000 pixels,
# and links to the frame's own host if the frame has the focus; here they are only noted.
_WORDPRESS_SCRIPT = """<script>
  window.links = [];
  addEventListener("message", ({ data, source }) => {
    if (!data || !data.secret || /[^a-zA-Z0-9]/.test(data.secret)) return;
    for (const frame of document.querySelectorAll(`iframe[data-secret="${data.secret}"]`)) {
      if (source !== frame.contentWindow) continue;
      if (data.message === "height") frame.height = Math.max(200, Math.min(1000, data.value));
      const same = () => new URL(data.value).host === new URL(frame.src).host;
      if (data.message === "link" && same() && document.activeElement === frame)
        links.push(data.value);
    }
  });
  addEventListener("load", () => {
    for (const frame of document.querySelectorAll("iframe[data-secret]"))
      frame.contentWindow.postMessage({ message: "ready", secret: frame.dataset.secret }, "*");
  });
</script>"""


class _Filter(HTMLParser):
    """Keeps allowed elements with allowed attributes, and all text except that of scripts."""

    def __init__(self, allowed):
        super().__init__(convert_charrefs=False)
        self.allowed, self.kept, self.inside_script = allowed, [], False

    def handle_starttag(self, tag, attrs):
        self.inside_script = tag in ("script", "style")
        if tag in self.allowed:
            named = "".join(
                f' {name}="{escape(text or "")}"'
                for name, text in attrs
                if name in self.allowed[tag]
            )
            self.kept.append(f"<{tag}{named}>")

    def handle_endtag(self, tag):
        self.inside_script = False
        if tag in self.allowed:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data):
        if not self.inside_script:
            self.kept.append(data)


def filtered(html, **allowed):
    """The HTML with these elements and attributes only: `filtered(html, a={"href"})`."""
    parser = _Filter(allowed)
    parser.feed(html)
    return "".join(parser.kept)


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.oembed = None

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "link" and found.get("type") == "application/json+oembed":
            self.oembed = self.oembed or found["href"]


def discovered(address, **limits):
    """The oEmbed response for a page, by the link in its head."""
    with urllib.request.urlopen(address) as page:
        # WordPress reads no more than this.
        links = _Links()
        links.feed(page.read(153_600).decode())
    joint = "&" if "?" in links.oembed else "?"
    query = urllib.parse.urlencode(limits)
    with urllib.request.urlopen(f"{links.oembed}{joint}{query}") as response:
        return json.load(response)


def wordpress(address):
    """A post with the address on a line of its own. Providers that WordPress doesn't know get
    a sandbox without an origin, and their HTML loses all but these attributes."""
    answer = discovered(address, maxwidth=600, maxheight=900, dnt=1)
    assert answer["type"] in ("rich", "video") and re.search(
        r"<iframe.*?></iframe>", answer["html"]
    )
    sizes = {"width", "height", "frameborder", "marginwidth", "marginheight", "scrolling"}
    html = filtered(answer["html"], iframe={"src", "title", *sizes})
    html = re.sub(r' src="(.*?)"', rf' src="\1#?secret={SECRET}" data-secret="{SECRET}"', html)
    frame = '<iframe class="wp-embedded-content" sandbox="allow-scripts" security="restricted"'
    return _page(html.replace("<iframe", frame) + _WORDPRESS_SCRIPT)


def ghost(address):
    """An embed card: a rich answer with its HTML and width is inserted as it is."""
    answer = discovered(address)
    assert answer["type"] == "rich" and answer["version"] == "1.0"
    assert answer["html"] and answer["width"]
    return _page(f'<figure class="kg-card kg-embed-card">{answer["html"]}</figure>')


def notion(address):
    """An embed block: the address itself in a frame as wide as the page and 400 pixels high."""
    powers = "allow-scripts allow-same-origin allow-popups allow-forms allow-downloads"
    style = "width: 100%; height: 400px; border: 0"
    return _page(f'<iframe src="{escape(address)}" sandbox="{powers}" style="{style}"></iframe>')


def moodle(html, trusted):
    """What an author typed. Teachers' HTML stays, without its scripts only if the editor drops
    them; that of students is purified: no scripts, frames, or elements that it doesn't know."""
    return _page(html if trusted else filtered(html, a={"href"}, p=set(), b=set()))


def _page(body):
    return f'<!doctype html><html lang="en"><title>Post</title><body>{body}</body></html>'
