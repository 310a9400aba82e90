// Bring a JupyterLab page back to what it was before a test: tests/browser/harness_desk.py.
// Runs before the page's own scripts, after ears.js and before what tests put in.
(() => {
  if (window.__desk) return;

  // Microphones that a test leaves open would go on in the next one.
  const tracks = new Set();
  const ask = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = async function (...asked) {
    const stream = await ask.apply(this, asked);
    for (const track of stream.getTracks()) tracks.add(track);
    return stream;
  };

  // What is the browser's, and a test could have patched. JupyterLab patches nothing of it after
  // it has loaded.
  const watched = () => [
    ...["AudioContext", "AudioNode", "AudioScheduledSourceNode", "AudioWorkletNode", "BaseAudioContext",
      "Element", "EventTarget", "HTMLAnchorElement", "HTMLElement", "HTMLMediaElement", "MediaDevices",
      "MediaStream", "MediaStreamTrack", "MessagePort", "RTCDataChannel", "RTCPeerConnection",
      "RTCRtpSender", "URL", "WebSocket"].map((name) => window[name]?.prototype),
    navigator, window.WebSocket, window.URL, document,
  ].filter(Boolean);
  const GLOBALS = ["AudioContext", "AudioWorkletNode", "Blob", "Date", "MediaRecorder", "Notification",
    "RTCPeerConnection", "URL", "WebSocket", "Worker", "alert", "confirm", "fetch", "open",
    "requestAnimationFrame", "setInterval", "setTimeout"];
  function picture() {
    const seen = GLOBALS.map((name) => window[name]);
    for (const owner of watched()) {
      for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
        if (typeof (value ?? get) === "function") seen.push(name, value ?? get);
      }
    }
    return seen;
  }
  let before = null;
  const names = new Set();
  const own = () => [...Object.getOwnPropertyNames(window), ...Object.getOwnPropertySymbols(window)];
  // The tests' names on `window`, and the product's; JupyterLab's parts may add theirs at any time.
  const goes = (name) => !names.has(name) &&
    (typeof name === "symbol" || (name.startsWith("__") && !/^__(playwright|pw)/.test(name)));

  window.__desk = {
    /** JupyterLab has loaded: what is here now is to be here in the next test, too. */
    settled() {
      if (before) return;
      before = picture();
      for (const name of own()) names.add(name);
    },

    /** Where a reload of the page, which any test may ask for, is to bring us. */
    moved(place) { history.replaceState(history.state, "", place); },

    async clear() {
      const { shell } = window.jupyterapp;
      if (before === null || document.querySelector(".jp-Dialog")) return false;
      for (const widget of [...shell.widgets("main")]) {
        // Not closed as a person does it: that would ask what to do with what is not saved.
        if (widget.context?.model) widget.context.model.dirty = false;
        widget.dispose();
      }
      for (const track of tracks) track.stop();
      tracks.clear();
      for (const name of Object.keys(navigator.mediaDevices)) delete navigator.mediaDevices[name];
      await window.__ears.reset();
      for (const name of own().filter(goes)) delete window[name];
      sessionStorage.clear();
      localStorage.clear();
      getSelection()?.removeAllRanges();
      const now = picture();
      return now.length === before.length && now.every((one, at) => one === before[at]);
    },
  };
})();
