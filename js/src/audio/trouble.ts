// Why there is no microphone, in one sentence, and what to do instead.

/** A reason the microphone cannot be had: `name` for programs, `message` for people. */
export class MicrophoneTrouble extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }

  /** The message without what a chat offers instead. */
  get reason(): string {
    const said = [TYPE, UPLOAD].find((instead) => this.message.endsWith(instead)) ?? "";
    return this.message.slice(0, this.message.length - said.length).trimEnd();
  }

  /** This one device is not to be had; another may be. */
  get isOfDevice(): boolean {
    return this.name === "OverconstrainedError" || this.name === "NotFoundError";
  }
}

const TYPE = "Type your message below instead; the answer is still spoken.";
/** Where no press of a button will help: sound without a microphone. */
const UPLOAD =
  'Type your message below instead, or upload a recording and run chat.listen("clip.wav") in a cell.';

/** The microphone was open and ended by itself. */
export const ENDED = `The microphone was unplugged or taken away: plug it in and press Microphone again. ${TYPE}`;

/** The microphone is open, and its own switch or the system lets no sound out. */
export const MUTED =
  "The microphone is muted by the system or by its own switch: nothing is heard until it is on there.";

const BY_NAME: Readonly<Record<string, string>> = {
  NotFoundError: `No microphone is connected to this computer: plug one in and press Microphone again. ${UPLOAD}`,
  NotReadableError: `The microphone is there but does not open: another program may be using it. Close that program and try again. ${TYPE}`,
  OverconstrainedError: `No microphone here fits the requested settings: choose another in the settings. ${TYPE}`,
  SecurityError: `The browser forbids the microphone on this page. ${TYPE}`,
  AbortError: `The microphone stopped while it was being opened. Press Microphone again. ${TYPE}`,
};

const NOT_ALLOWED = `This page may not use the microphone: allow it in the browser's site settings and press Microphone again. ${TYPE}`;

const UNANSWERED = `The browser's question was closed without an answer: press Microphone again and allow it. ${TYPE}`;

const BY_SYSTEM = `The operating system gives this browser no microphone: allow it in the system's privacy settings and press Microphone again. ${TYPE}`;

const VISUAL_STUDIO_CODE = `Visual Studio Code gives notebook outputs no microphone: open this notebook in JupyterLab to speak. ${UPLOAD}`;

const FRAMED = `This notebook is shown inside another page, which may not pass the microphone on: allow it in the browser's site settings, or open the notebook in a tab of its own. ${UPLOAD}`;

/** What `getUserMedia` threw, in words. */
export function troubleOf(error: unknown): MicrophoneTrouble {
  if (error instanceof MicrophoneTrouble) return error;
  const name = nameOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (name === "NotAllowedError") return new MicrophoneTrouble(name, refused(detail));
  return new MicrophoneTrouble(
    name,
    BY_NAME[name] ?? `The microphone could not be opened (${name}: ${detail}). ${TYPE}`,
  );
}

/** Who has refused: the system, the editor, the page around this one, or the browser's user. */
function refused(detail: string): string {
  if (/by system/i.test(detail)) return BY_SYSTEM;
  if (isVisualStudioCode(globalThis.location)) return VISUAL_STUDIO_CODE;
  if (isFramed()) return FRAMED;
  return /dismissed/i.test(detail) ? UNANSWERED : NOT_ALLOWED;
}

/** On the desktop by its protocol, in a browser by the site that its outputs come from. */
function isVisualStudioCode(location: Surroundings["location"] | undefined): boolean {
  if (location === undefined) return false;
  return location.protocol.startsWith("vscode-") || location.host.endsWith(".vscode-cdn.net");
}

/** The parts of a window that decide whether a microphone can be asked for at all. */
export interface Surroundings {
  readonly isSecureContext: boolean;
  readonly location: { readonly protocol: string; readonly host: string };
  readonly navigator: { readonly mediaDevices?: { readonly getUserMedia?: unknown } | undefined };
}

/** Why this page can have no microphone whatever the user allows; null when it may ask. */
export function troubleWith(page: Surroundings): MicrophoneTrouble | null {
  if (typeof page.navigator.mediaDevices?.getUserMedia === "function") return null;
  if (isVisualStudioCode(page.location)) {
    return new MicrophoneTrouble("NoMediaDevices", VISUAL_STUDIO_CODE);
  }
  if (!page.isSecureContext) {
    return new MicrophoneTrouble(
      "InsecureContext",
      `Browsers give the microphone only to https and localhost pages, and this page is ${page.location.protocol}//${page.location.host}. ${UPLOAD}`,
    );
  }
  return new MicrophoneTrouble(
    "NoMediaDevices",
    `This page has no access to microphones. ${UPLOAD}`,
  );
}

/** The page stands in another one, which has to pass the permission on. */
function isFramed(): boolean {
  return typeof window === "object" && window.self !== window.top;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}
