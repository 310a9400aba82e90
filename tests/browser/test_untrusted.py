"""What others say is text: live, in a notebook that is opened again, and as a page.

Others are a service, a caller, and who named a file. The key is in none of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chat_page import LOAD, ChatPage, until
from tests.client.phone.webhooks import SECRET
from tests.leaks.hostile import PAYLOADS, PLANTED

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocket

    from tests.browser.harness import LabServer, NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(300)

_REPOSITORY = Path(__file__).resolve().parents[2]

KEYS = (*PLANTED, SECRET)

# A service that puts each payload into each text of each of its events. Its key is in a keyring,
# and no cell's text has it.
SERVICE = f"""\
import asyncio, json, os, sys, types
sys.path.insert(0, {str(_REPOSITORY)!r})
from realtime_nb.client import testing as scripted
from tests.leaks.hostile import PAYLOADS, PLANTED, joined, round_of, session
sys.modules["keyring"] = types.SimpleNamespace(get_password=lambda *_: PLANTED[0])
stay = asyncio.Event()
said = [event for at, one in enumerate(joined(6)) for event in round_of(one, str(at))]
said += round_of(" and ".join(PLANTED), "key")
told = [dict(type="session.updated", session=session(joined(6)[1]))]
ignored = ("input_audio_buffer.append", "conversation.item.create", "response.create",
           "conversation.item.truncate", "conversation.item.delete", "response.cancel")
peer = scripted.ScriptedPeer([
    scripted.send(scripted.session_created()),
    scripted.expect("session.update"),
    scripted.answer(scripted.session_updated),
    scripted.send(*said, *told),
    scripted.wait_until(stay),
], ignore=ignored)
peer.__enter__()
with open("endpoints.toml", "w") as file:
    file.write(f'[endpoints.planted]\\nurl = "{{peer.url}}"\\nmodel = "m"\\nkeyring = "team/me"\\n'
               f'headers = {{{{ "X-Key" = "{{PLANTED[1]}}" }}}}\\n')
os.environ["REALTIME_NB_ENDPOINTS"] = os.path.abspath("endpoints.toml")"""
CHAT = "%%realtime --endpoint planted\nBe brief."
SHOW = """\
import realtime_nb
saved = realtime_nb.open(chat.save("hostile.rtnb"))
display(chat.events, chat.items, chat.turns, chat.check(), chat.usage, chat.cost, chat.tools)
display(chat.timeline(), chat.latency, saved, saved.events, saved.timeline(), saved.items)
print(chat, chat.events, chat.config)"""
# A caller who has all of them in the headers of a few calls.
LINE = """\
import urllib.request
from tests.client.phone.webhooks import SECRET, incoming, signed
line = realtime_nb.PhoneLine(webhook_secret=SECRET, endpoint="planted")
line"""
RING = """\
for at, one in enumerate(joined(16)):
    told = [("From", one), ("To", one), *((p, p) for p in PAYLOADS[at * 16 : at * 16 + 16])]
    rings = incoming(f"rtc_{at}", sip_headers=[{"name": n, "value": v} for n, v in told])
    body, headers = signed(rings, webhook_id=f"wh_{at}")
    urllib.request.urlopen(urllib.request.Request(line.url, body, headers, method="POST"))
display(line.calls, line[0], line[-1])
print(line, line.calls)"""
# A file system has no room for a slash in a name; the others are as good as any.
NAMES = """\
from realtime_nb import AudioClip
for one in [p for p in PAYLOADS if "/" not in p and len(p) < 90]:
    clip = AudioClip.silence(100, 24_000)
    clip.save(f"{one}.wav")
    display(AudioClip.read(f"{one}.wav"))
saved = realtime_nb.open(chat.save(f"{PAYLOADS[10]}.rtnb"))
display(saved)
print(saved, clip)
realtime_nb.open(f"{PAYLOADS[11]}.rtnb")"""

# Whatever runs calls one of these.
_LISTEN = """() => {
  window.__ran = [];
  for (const name of ["alert", "confirm", "prompt", "open", "print"]) {
    window[name] = (...words) => { window.__ran.push([name, ...words.map(String)]); };
  }
}"""
# What no text of anybody's may become, where outputs are.
_MADE = """(scope) => {
  const found = [];
  const bad = "script, iframe, frame, object, embed, base, meta, link, form, portal, marquee,"
    + " template, foreignObject, animate, set, dialog[open], custom-element, math, isindex,"
    + " mjx-container";
  for (const area of document.querySelectorAll(scope)) {
    for (const one of area.querySelectorAll(bad)) found.push(one.outerHTML.slice(0, 200));
    for (const one of area.querySelectorAll("*")) {
      for (const { name, value } of one.attributes) {
        const runs = name.startsWith("on") || name === "autofocus" || name === "srcdoc";
        const leads = ["href", "src", "xlink:href", "action", "formaction", "poster", "srcset",
          "data", "ping", "style"].includes(name)
          && /javascript:|vbscript:|data:text|evil\\.invalid/i.test(value);
        // JupyterLab itself makes a link of what looks like one in plain text.
        const plain = one.matches(".jp-RenderedText pre a[rel=noopener]") && /^https?:/.test(value);
        if (runs || (leads && !plain)) found.push(`${one.tagName} ${name}=${value.slice(0, 150)}`);
      }
    }
  }
  return found;
}"""


class Watch:
    """Notes all that a page does which no text may make it do."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        self._page = page
        page.on("dialog", self._dialog)
        page.on("popup", lambda other: self.seen.append(f"popup {other.url}"))
        page.on("request", lambda request: self._request(request.url))
        self._home = page.url.partition("/lab/")[0] + "/lab/"  # it has an address for each notebook
        page.on("framenavigated", lambda frame: self._navigated(frame.url))
        page.evaluate(_LISTEN)

    def _dialog(self, dialog: object) -> None:
        self.seen.append(f"dialog {dialog}")
        dialog.dismiss()  # pyright: ignore[reportAttributeAccessIssue] -- Playwright's

    def _navigated(self, url: str) -> None:
        if not url.startswith(self._home):
            self.seen.append(f"navigated to {url}")

    def _request(self, url: str) -> None:
        if "evil.invalid" in url or url.startswith("javascript:"):
            self.seen.append(f"request of {url}")

    def holds(self, scope: str) -> None:
        """Hold that nothing ran, left, loaded or was made of any text."""
        assert self._page.evaluate("window.__ran") == []
        assert self._page.evaluate(_MADE, scope) == []
        assert self.seen == []


# Looks for the keys in every message between the page and its kernel, and what rides along.
_HEAR = """(keys) => {
  const said = window.__said = { leaks: [], letters: 0, types: [] };
  const bytes = new TextDecoder("latin1");
  __harness.kernel.anyMessage.connect((_, { direction, msg }) => {
    const riding = (msg.buffers ?? []).map((one) => bytes.decode(one));
    const text = [JSON.stringify(msg), ...riding].join("\\n");
    const type = msg.header.msg_type;
    said.letters += text.length;
    if (!said.types.includes(type)) said.types.push(type);
    for (const key of keys) if (text.includes(key)) said.leaks.push(`${direction} ${type}: ${key}`);
  });
}"""


class Wire:
    """Looks for keys in all that goes between a page and its kernel, by either way."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._leaks: list[str] = []
        self._relayed = 0
        page.evaluate(_HEAR, list(KEYS))
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._look)
        socket.on("framesent", self._look)

    def _look(self, frame: str | bytes) -> None:
        data = frame.encode() if isinstance(frame, str) else frame
        self._relayed += len(data)
        self._leaks += [f"fast path: {key}" for key in KEYS if key.encode() in data]

    def clean(self) -> None:
        """Hold that there was much, and no key in it."""
        said = self._page.evaluate("window.__said")
        assert said["leaks"] == self._leaks == []
        assert {"comm_open", "comm_msg", "display_data", "stream"} <= {*said["types"]}
        assert said["letters"] + self._relayed > 100_000


def every_button_and_row(notebook: NotebookPage) -> None:
    """Unfold rows, open menus and detail, search for a payload."""
    page = notebook.page
    for label in ("Events", "Settings", "Tools"):
        for one in page.get_by_role("button", name=label, exact=True).all()[:1]:
            if one.is_visible():
                one.click()
    search = page.get_by_role("searchbox")
    for box in search.all()[:1]:
        box.fill("<script")
        box.press("Enter")
    for row in page.locator(".rnb-table [role=row], .rnb-events [role=row]").all()[:12]:
        if row.is_visible():
            row.click()
    unfold(page)


def unfold(page: Page) -> None:
    """Open everything that is folded, in one go."""
    page.evaluate(
        "() => { for (const one of document.querySelectorAll('details')) one.open = true; }"
    )


def scroll_through(notebook: NotebookPage, cells: int) -> None:
    """Have every cell be drawn, for a page draws those near what it shows."""
    for index in range(cells):
        notebook.page.evaluate("(index) => __harness.panel.content.scrollToItem(index)", index)
        notebook.sleep(0.3)
        unfold(notebook.page)


def test_what_others_say_stays_text(
    open_notebook: OpenNotebook, lab: LabServer, tmp_path: Path
) -> None:
    cells = [LOAD, SERVICE, CHAT, SHOW, LINE, RING, NAMES]
    notebook = open_notebook(cells, fresh=True)
    wire = Wire(notebook.page)
    notebook.run_cell(0)
    notebook.run_cell(1)
    watch = Watch(notebook.page)
    chat = ChatPage(notebook).start(2)
    until(lambda: "[key]" in chat.transcript, message=chat.transcript[-2000:])
    transcript = notebook.page.get_by_role("log", name="Transcript").last.text_content() or ""
    missing = [one for one in PAYLOADS if one not in transcript]
    assert missing == []
    watch.holds(".rnb")
    notebook.run_cell(3)
    every_button_and_row(notebook)
    notebook.sleep(1)
    watch.holds(".jp-OutputArea")
    a_call_rings_and_files_are_named(notebook, watch)
    notebook.save()
    path = lab.root / notebook.path
    plain = tmp_path / "page.ipynb"
    plain.write_bytes(path.read_bytes())
    notebook.page.evaluate(
        "() => { __harness.start('@jupyter-widgets/jupyterlab-manager:saveWidgetState'); }"
    )
    notebook.sleep(1)
    notebook.save()
    wire.clean()
    assert notebook.page_errors == []
    text = path.read_text()
    assert "widget-state+json" in text
    assert [key for key in KEYS if key in text] == []
    notebook.shut_kernel_down()
    opened_again(notebook, watch, len(cells))
    as_a_page(notebook, plain)


def a_call_rings_and_files_are_named(notebook: NotebookPage, watch: Watch) -> None:
    notebook.run_cell(4)
    notebook.page.wait_for_selector(".rnb-phone-empty")
    notebook.run_cell(5)

    def missing() -> list[str]:
        # The rows come one after the other, some of them in one message.
        unfold(notebook.page)
        shown = " ".join(notebook.page.locator(".rnb-call-headers").all_text_contents())
        return [one for one in PAYLOADS if one not in shown]

    until(lambda: not missing(), message="not every header is shown")
    watch.holds(".jp-OutputArea")
    notebook.run_cell(6, may_fail=True)
    told = json.dumps(notebook.outputs(6))
    assert "onerror=alert(1)" in told
    watch.holds(".jp-OutputArea")


def opened_again(notebook: NotebookPage, watch: Watch, cells: int) -> None:
    """Open the saved notebook where no kernel knows of it."""
    notebook.close_notebook()
    notebook.reopen_notebook()
    scroll_through(notebook, cells)
    kept = notebook.page.locator(".rnb-saved")
    assert kept.count() >= 1
    assert "alert(1)" in (kept.first.text_content() or "")
    watch.holds(".jp-OutputArea")


def as_a_page(notebook: NotebookPage, path: Path) -> None:
    """Convert it to a page, which is refused all that it asks for but what is in it."""
    subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-m", "nbconvert", "--to", "html", str(path)],
        check=True,
        capture_output=True,
    )
    page = notebook.page.context.new_page()
    page.route("http*://**", lambda route: route.abort())
    page.goto(path.with_suffix(".html").as_uri())
    watch = Watch(page)
    assert page.locator(".rnb-saved").count() >= 1
    assert "alert(1)" in (page.locator(".rnb-saved").first.text_content() or "")
    unfold(page)
    page.wait_for_timeout(500)
    watch.holds(".jp-OutputArea-output .rnb-saved, .jp-RenderedHTMLCommon")
    page.close()
