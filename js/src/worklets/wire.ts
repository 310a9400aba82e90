// What page and worklets tell each other. Types only: nothing of it is in the bundle.

/** How much of a stream was played. */
export interface Progress {
  readonly stream: number;
  readonly samples: number;
}

/** capture worklet → page: one frame, its buffer transferred. */
export interface Captured {
  readonly samples: Int16Array<ArrayBuffer>;
  /** When the first sample was captured, in seconds on the context's clock. */
  readonly time: number;
  /** Level of the frame, RMS, 0..1. */
  readonly rms: number;
}

/** page → capture worklet: a buffer to use again, or the end. */
export type CaptureCommand =
  | { readonly kind: "recycle"; readonly samples: Int16Array<ArrayBuffer> }
  | { readonly kind: "close" };

/** page → playback worklet. */
export type PlaybackCommand =
  | {
      readonly kind: "push";
      readonly stream: number;
      readonly offset: number;
      readonly samples: Int16Array<ArrayBuffer>;
    }
  | { readonly kind: "end"; readonly stream: number }
  | { readonly kind: "clear"; readonly id: number }
  | { readonly kind: "close" };

/** playback worklet → page. */
export type PlaybackReport =
  | {
      readonly kind: "played";
      readonly streams: readonly Progress[];
      readonly buffered: number;
      readonly underruns: number;
      readonly refused: number;
      readonly lost: number;
      /** Samples that must wait before an answer begins. */
      readonly prebuffer: number;
    }
  /** How loud it was since the last one, RMS, 0..1. */
  | { readonly kind: "level"; readonly rms: number }
  | { readonly kind: "started"; readonly stream: number }
  | { readonly kind: "drained"; readonly stream: number }
  | { readonly kind: "cleared"; readonly id: number; readonly streams: readonly Progress[] };
