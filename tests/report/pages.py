"""Reports of the small models of every kind, each made once, and what can be read out of a page."""

from functools import cache
from html.parser import HTMLParser

from gradus.report.page import report_html
from tests.models.cases import CASES, model_of

#: Elements without an end.
VOID = {"meta", "br", "hr", "img", "link", "input"}


def frame_of(name):
    """The table that a model was learned from."""
    case = CASES[name]
    frame = case.frame()
    weight = case.options.get("weight_column", "")
    return frame[[c for c in frame.columns if c in {*case.inputs, case.target, weight}]]


@cache
def page_of(name):
    return report_html(model_of(name), frame_of(name))


class Reader(HTMLParser):
    """Collects elements, text and what is wrong with the nesting."""

    def __init__(self, page):
        super().__init__()
        self.open, self.wrong, self.elements, self.words = [], [], [], []
        self.feed(page)
        self.close()
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def having(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]
