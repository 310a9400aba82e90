"""Pages of other sites, as Chromium shows them, and all that one tries with what it has learnt."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Frame, Page

EVIL = "evil.test"
"""A name that Chromium takes to 127.0.0.1, as one whose owner has rebound it: see FLAGS."""

_PATIENCE_MS = 3000
_BLANK = b"<!doctype html><title>elsewhere</title><p>A page."

# Each of `http` is [method, URL, headers, body], each of `sockets` [URL, subprotocols]. What can
# be read of an answer is returned, null where nothing can.
_TRY = """async ({ http, sockets, patience }) => {
  const read = {};
  const later = () => new Promise((done) => setTimeout(() => done(null), patience));
  const ask = async (mode, [method, url, headers, body]) => {
    const given = { method, mode, credentials: mode === "cors" ? "omit" : "include" };
    if (mode === "cors") given.headers = headers;
    if (method === "POST") given.body = body;
    try {
      const answer = await Promise.race([fetch(url, given), later()]);
      if (answer === null || answer.type === "opaque") return null;
      return { status: answer.status, text: await answer.text() };
    } catch { return null; }
  };
  const open = ([url, protocols]) => new Promise((done) => {
    const socket = new WebSocket(url, protocols);
    const told = { opened: false, text: "" };
    const end = () => { socket.close(); done(told.opened ? told : null); };
    socket.onopen = () => { told.opened = true; };
    socket.onmessage = async ({ data }) => {
      told.text += typeof data === "string" ? data : await data.text();
      end();
    };
    socket.onerror = end;
    socket.onclose = end;
    setTimeout(end, patience);
  });
  const tries = [];
  for (const one of http) for (const mode of ["cors", "no-cors"])
    if (mode === "cors" || ["GET", "POST"].includes(one[0]))
      tries.push(ask(mode, one).then((got) => { read[`${one[0]} ${mode} ${one[1]}`] = got; }));
  for (const one of sockets)
    tries.push(open(one).then((got) => { read[`socket ${one[0]}`] = got; }));
  await Promise.all(tries);
  return read;
}"""
_SANDBOX = """() => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts allow-forms";
  frame.srcdoc = "<title>sandboxed</title>";
  frame.onload = done;
  document.body.append(frame);
})"""
_POST_A_FORM = """(url) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.name = "answer";
  const form = document.createElement("form");
  Object.assign(form, { action: url, method: "post", target: "answer", enctype: "text/plain" });
  frame.onload = done;
  setTimeout(done, 1000);
  document.body.append(frame, form);
  form.submit();
})"""


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_BLANK)))
        self.end_headers()
        self.wfile.write(_BLANK)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
        """Say nothing."""


@contextmanager
def elsewhere() -> Generator[int]:
    """Serve a page under whatever name it is asked for; give the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class Visitor:
    """A tab that shows pages of whatever site, and tries from there what a page can.

    Attributes
    ----------
    refused
        Statuses that servers answered, by URL: also where the page may not read them.
    console
        What Chromium says of all that failed.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.refused: dict[str, set[int]] = {}
        self.console: list[str] = []
        page.on("console", lambda message: self.console.append(message.text))
        page.on("response", lambda one: self.refused.setdefault(one.url, set()).add(one.status))

    def at(self, url: str) -> Frame:
        """Show a page."""
        self._page.goto(url)
        return self._page.main_frame

    def rebound(self, port: int) -> Frame:
        """Stand at the foreign name where every request goes to that port here.

        Whatever answers there is shown, a refusal too; scripts are run beside it.
        """
        return self.at(f"http://{EVIL}:{port}/elsewhere")

    def sandboxed(self) -> Frame:
        """Put a frame without an origin into the page."""
        self._page.evaluate(_SANDBOX)
        return self._page.frames[-1]

    def try_all(
        self, frame: Frame, http: list[list[Any]], sockets: list[list[Any]]
    ) -> dict[str, Any]:
        """Try requests and WebSockets; return what the page could read of each answer."""
        wanted = {"http": http, "sockets": sockets, "patience": _PATIENCE_MS}
        return frame.evaluate(_TRY, wanted)

    def post_a_form(self, url: str) -> None:
        """Post a form without asking, as any page may to any other."""
        self._page.evaluate(_POST_A_FORM, url)
