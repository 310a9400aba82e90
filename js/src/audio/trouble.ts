// Why there is no microphone, in one sentence, and what to do instead.

/** A reason the microphone cannot be had: `name` for programs, `message` for people. */
export class MicrophoneTrouble extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
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

const BY_NAME: Readonly<Record<string, string>> = {
  NotAllowedError: `This page may not use the microphone: allow it in the browser's site settings and press Microphone again. ${TYPE}`,
  NotFoundError: `No microphone is connected to this computer: plug one in and press Microphone again. ${UPLOAD}`,
  NotReadableError: `The microphone is there but does not open: another program may be using it. Close that program and try again. ${TYPE}`,
  OverconstrainedError: `No microphone here fits the requested settings: choose another in the settings. ${TYPE}`,
  SecurityError: `The browser forbids the microphone on this page. ${TYPE}`,
  AbortError: `The microphone stopped while it was being opened. Press Microphone again. ${TYPE}`,
};

const FRAMED = `This notebook is shown inside another page, which may not pass the microphone on: allow it in the browser's site settings, or open the notebook in a tab of its own. ${UPLOAD}`;

/** What `getUserMedia` threw, in words. */
export function troubleOf(error: unknown): MicrophoneTrouble {
  if (error instanceof MicrophoneTrouble) return error;
  const name = nameOf(error);
  if (name === "NotAllowedError" && isFramed()) return new MicrophoneTrouble(name, FRAMED);
  const detail = error instanceof Error ? error.message : String(error);
  return new MicrophoneTrouble(
    name,
    BY_NAME[name] ?? `The microphone could not be opened (${name}: ${detail}). ${TYPE}`,
  );
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
  if (page.location.protocol.startsWith("vscode-")) {
    return new MicrophoneTrouble(
      "NoMediaDevices",
      `Visual Studio Code gives notebook outputs no microphone: open this notebook in JupyterLab to speak. ${UPLOAD}`,
    );
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
