// What the played kernel says in each scene of the development page.

const PRACTICE = {
  name: "local practice server",
  model: "practice",
  practice: true,
  url: "http://127.0.0.1:40123/v1",
};
const OPENAI = {
  name: "OpenAI",
  model: "gpt-realtime",
  practice: false,
  url: "https://api.openai.com/v1",
};
const PHRASES = [
  "What can you do?",
  "Tell me a short story",
  "What is the weather like?",
  "Count to ten",
  "Speak more slowly, please",
  "What did I say first?",
  "Goodbye",
];

let last = null;
function item(role, text, more = {}) {
  const id = `item_${Math.random().toString(36).slice(2)}`;
  const made = {
    id,
    role,
    text,
    status: "completed",
    after: last,
    heard_chars: null,
    pending: false,
    final: true,
    note: null,
    ...more,
  };
  last = made.id;
  return made;
}

function welcome(more = {}) {
  return (page) =>
    page.tell({
      kind: "welcome",
      to: page.client,
      version: 1,
      state: "open",
      endpoint: PRACTICE,
      owner: true,
      name: "chat",
      items: [],
      events: [],
      phrases: PHRASES,
      ...more,
    });
}

function rows() {
  const types = [
    ["received", "session.created", "", "gpt-realtime"],
    ["sent", "session.update", "", "instructions, voice, turn_detection"],
    ["received", "session.updated", "", "voice=marin, server_vad 0.5/500 ms"],
    ["sent", "input_audio_buffer.append", "", "4.8 s", 120],
    ["received", "input_audio_buffer.speech_started", "item_CeT1pq8", "at 1024 ms"],
    ["received", "input_audio_buffer.speech_stopped", "item_CeT1pq8", "at 3520 ms"],
    ["received", "input_audio_buffer.committed", "item_CeT1pq8", ""],
    ["received", "conversation.item.added", "item_CeT1pq8", "user, input_audio"],
    ["received", "response.created", "resp_CeT1rNx", "in_progress"],
    [
      "received",
      "response.output_audio_transcript.delta",
      "item_CeT1sW2",
      "“The capital of Fra…”",
      31,
    ],
    ["received", "response.output_audio.delta", "item_CeT1sW2", "5.25 s", 48],
    [
      "received",
      "conversation.item.input_audio_transcription.completed",
      "item_CeT1pq8",
      "“What is the capital of France?”",
    ],
    ["sent", "conversation.item.truncate", "item_CeT1sW2", "audio_end_ms 2140"],
    ["received", "error", "", "conversation_already_has_active_response: wait for response.done"],
    ["received", "response.done", "resp_CeT1rNx", "cancelled (turn_detected); 212 tokens"],
  ];
  let t = 0;
  return types.map(([dir, type, ref, summary, count = 1], seq) => {
    t += 37.25 * (1 + seq);
    return { seq, t_ms: t, dir, type, ref, summary, size: 300, count };
  });
}

const talk = () => [
  item("user", "What is the capital of France?"),
  item(
    "assistant",
    "The capital of France is Paris. It lies on the Seine, and it has been the seat of government since the tenth century, with a few interruptions along the way.",
    { heard_chars: 69, status: "incomplete", note: "interrupted at 2.1 s" },
  ),
  item("user", "Stop. Only the name, please."),
  item("assistant", "Paris."),
  item("tool", 'lookup_population(city="Paris") → 2 102 650', { note: null }),
  item("user", "", { pending: true, status: "completed" }),
  item("assistant", "About two point one million people live in the city itself, ", {
    status: "in_progress",
  }),
];

const captions = () => [
  item("user", "Good morning, and thank you all for coming."),
  item("user", "We have three points today, and the second one is the longest."),
  item("user", "", { note: "not transcribed: the sound could not be read", status: "failed" }),
  item("user", "Let us begin with the budget of the last quar", { final: false }),
  item("user", "", { final: false, pending: true }),
];

const translated = () => [
  item("user", "Good morning, and thank you all for coming."),
  item("assistant", " Bonjour, et merci à tous d’être venus."),
  item("user", " We have three points today, and the second one is the longest."),
  item("assistant", " Nous avons trois points aujourd’hui, et le deuxième est le plus long."),
  item("user", " Let us begin with the budget", { status: "in_progress" }),
  item("assistant", " Commençons par", { status: "in_progress" }),
];

/** A tone as an answer, frame by frame. */
function sing(page, seconds) {
  const rate = 24_000;
  const size = 960;
  for (let frame = 0; frame * size < seconds * rate; frame++) {
    const buffer = new ArrayBuffer(24 + size * 2);
    const view = new DataView(buffer);
    view.setUint8(0, 1);
    view.setUint8(1, 2);
    view.setUint32(4, 1, true);
    view.setUint32(8, frame, true);
    view.setUint32(12, frame * size, true);
    for (let i = 0; i < size; i++) {
      const value = 3000 * Math.sin((2 * Math.PI * 330 * (frame * size + i)) / rate);
      view.setInt16(24 + 2 * i, value, true);
    }
    const message = {
      kind: "audio",
      to: page.client,
      stream: 1,
      item_id: "item_a",
      content_index: 0,
    };
    page.model.emit("msg:custom", message, [view]);
  }
  page.tell({ kind: "end", to: page.client, stream: 1 });
}

export const scenes = {
  unwelcomed: {},
  empty: { hello: welcome() },
  talk: { hello: (page) => welcome({ items: talk(), events: rows() })(page) },
  openai: {
    hello: (page) =>
      welcome({
        endpoint: OPENAI,
        voice: "marin",
        costs: true,
        phrases: [],
        items: talk(),
        events: rows(),
      })(page),
  },
  manual: {
    hello: welcome({ endpoint: OPENAI, phrases: [], items: talk(), manual: true, costs: true }),
  },
  /** Sound plays, the settings are open, the talk key is there. */
  push: {
    hello: (page) => {
      welcome({ items: talk().slice(0, 4), turns: "push_to_talk", half_duplex: true })(page);
      document.querySelector(".rnb-settings").open = true;
      sing(page, 20);
    },
  },
  transcription: {
    hello: (page) =>
      welcome({
        session: "transcription",
        endpoint: { ...OPENAI, model: "gpt-live-transcribe" },
        phrases: [],
        items: captions(),
        events: rows(),
        manual: true,
        costs: true,
      })(page),
  },
  translation: {
    hello: (page) =>
      welcome({
        session: "translation",
        language: "fr",
        endpoint: { ...OPENAI, model: "gpt-realtime-translate" },
        phrases: [],
        items: translated(),
        costs: true,
      })(page),
  },
  listening: { hello: welcome({ session: "transcription", manual: true }) },
  connecting: { hello: welcome({ state: "connecting", endpoint: OPENAI, phrases: [] }) },
  failed: {
    hello: (page) => {
      welcome({ endpoint: OPENAI, phrases: [], state: "failed" })(page);
      page.tell({
        kind: "state",
        state: "failed",
        detail: "the service refused the key (401): check OPENAI_API_KEY",
      });
    },
  },
  elsewhere: {
    hello: (page) => welcome({ owner: false, items: talk().slice(0, 4), events: rows() })(page),
  },
  restarted: {
    hello: (page) => {
      if (page.restarted) return;
      page.restarted = true;
      welcome({ items: talk().slice(0, 4), events: rows() })(page);
      setTimeout(() => page.model.emit("comm_live_update"), 50);
    },
  },
  notices: {
    hello: (page) => {
      welcome({ items: talk().slice(0, 2), events: rows() })(page);
      page.tell({
        kind: "notice",
        level: "info",
        text: "Speech recognition is off: pip install realtime-nb[local] to be understood.",
      });
      page.tell({
        kind: "notice",
        level: "warning",
        text: "A cell is running: this kernel handles comms only between cells.",
      });
      page.tell({
        kind: "notice",
        level: "error",
        text: "The server refused the config: unknown field session.voices (did you mean audio.output.voice?).",
      });
    },
  },
  secret: {
    traits: { _masked: "ek_…3f9a", _expires_at: Math.floor(Date.now() / 1000) + 600 },
    reveal: (page) =>
      page.tell({ kind: "key", to: page.client, value: "ek_67a1b0c2d3e4f5a6b7c8d9e0f1a23f9a" }),
  },
  gone: { traits: { _masked: "ek_…3f9a", _expires_at: Math.floor(Date.now() / 1000) + 600 } },
  expired: { traits: { _masked: "ek_…3f9a", _expires_at: 0 } },
  /** Echoes what is typed, speaks a tone, and grows its event log. */
  echo: {
    hello: welcome(),
    text(page, message) {
      page.tell({ kind: "items", items: [item("user", message.text)] });
      const answer = item("assistant", "", { status: "in_progress" });
      page.tell({ kind: "items", items: [answer] });
      sing(page, 3);
      let seq = 0;
      const words = `You said: ${message.text}`.split(/(?<= )/);
      const timer = setInterval(() => {
        answer.text += words.shift() ?? "";
        answer.status = words.length === 0 ? "completed" : "in_progress";
        page.tell({ kind: "items", items: [{ ...answer }] });
        page.tell({
          kind: "events",
          rows: [
            {
              seq: seq++,
              t_ms: performance.now(),
              dir: "received",
              type: "response.output_text.delta",
              ref: answer.id,
              summary: "",
              size: 10,
            },
          ],
        });
        if (words.length === 0) clearInterval(timer);
      }, 120);
    },
    stop: (page) => page.tell({ kind: "clear", to: page.client, id: 1 }),
  },
};
