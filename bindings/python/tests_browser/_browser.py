"""The page in a browser: Chromium renders it without a window. `make test-full` installs it and runs these tests."""

import html
import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
part = importlib.import_module("_part")


class Rendered(NamedTuple):
    """The document after its scripts ran, and what was told to the console: errors, refusals of the policy."""

    dom: str
    console: list


@pytest.fixture(autouse=True)
def own_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def browse(tmp_path):
    """Renders a page."""

    def browse(page, *options):
        path = tmp_path / "page.html"
        path.write_bytes(page)
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        assert chromium, "no Chromium; scripts/setup.sh --full installs it"
        arguments = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
        arguments += ["--enable-logging=stderr", "--virtual-time-budget=10000", "--window-size=1200,900", *options]
        done = subprocess.run(
            [*arguments, "--dump-dom", path.as_uri()], capture_output=True, text=True, timeout=120, check=True
        )
        return Rendered(done.stdout, re.findall(r"CONSOLE.*", done.stderr))

    return browse


@pytest.fixture
def play(browse):
    """Renders a page with a script that plays its reader, and gives what the script puts into `told`."""

    def play(page, script):
        # The policy would refuse a foreign script, as it should.
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.decode())
        # Virtual time runs on while a frame is awaited, and would be over: frames come by timer.
        player = (
            "<script>window.requestAnimationFrame = (draw) => setTimeout(draw, 16);"
            "addEventListener('load', async () => { const told = {};"
            "const frame = () => new Promise((done) => setTimeout(done, 50));"
            f"try {{ {script} }} catch (error) {{ told.error = String(error); }}"
            "const out = document.createElement('output'); out.id = 'told'; out.textContent = JSON.stringify(told);"
            "document.body.append(out); });</script>"
        )
        rendered = browse(text.replace("</body>", player + "</body>").encode())
        found = re.search(r'<output id="told">(.*?)</output>', rendered.dom, re.S)
        assert found and rendered.console == [], rendered.console
        told = json.loads(html.unescape(found[1]))
        assert "error" not in told, told
        return told

    return play
