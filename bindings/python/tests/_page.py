"""A page of a report taken apart: its elements, texts and data."""

import json
import re
from html.parser import HTMLParser

import datastorage
from datastorage._report import render

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
VOID = {"meta", "link", "br", "input", "hr", "img"}


class Page(HTMLParser):
    """The elements of a page; an element that is not closed is an error."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.open, self.texts, self.ids = [], [], {}, []
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] in (["script"], ["style"]):
            return
        for tag in set(self.open[-2:]):
            self.texts.setdefault(tag, []).append(data)

    def text(self):
        return " ".join(text for texts in self.texts.values() for text in texts)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(path, **options):
    with datastorage.open(path, "r") as store:
        return render(store, **options)


def data_of(page, identity):
    """What a script of the page reads; None when it is not there."""
    pattern = rf'<script type="application/json" id="{identity}">(.*?)</script>'
    text = re.search(pattern, page.decode(), re.S)
    return json.loads(text[1]) if text else None


def scene_of(page):
    return data_of(page, "scene-data")
