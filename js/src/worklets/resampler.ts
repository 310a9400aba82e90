// Rate conversion by a windowed sinc in polyphase form, for browsers that refuse a context at
// 24 kHz on their microphone (Firefox). Pure; `process` allocates nothing.
//
// Kaiser window, beta 10: about 100 dB. With these numbers the pass band ends at 0.86 and the stop
// band begins at 1.0 of the lower Nyquist frequency: flat to 10.3 kHz in a 24 kHz stream.

const BETA = 10;
/** Middle of the transition band, as a part of the lower Nyquist frequency. */
const CUTOFF = 0.93;
/** Zero crossings of the sinc on each side, at the lower of the two rates. */
const CROSSINGS = 48;

export class Resampler {
  readonly #phases: number;
  readonly #step: number;
  readonly #taps: number;
  readonly #kernel: Float32Array;
  /** Input not used up yet, oldest first; begins with silence. */
  readonly #input: Float32Array;
  #held: number;
  /** Where the next output stands, in 1/#phases of an input sample. */
  #phase = 0;

  /** How late the output is, in input samples. */
  readonly delay: number;

  /** `maxBlock`: the most input samples given at once. */
  constructor(from: number, to: number, maxBlock: number) {
    const divisor = gcd(from, to);
    this.#phases = to / divisor;
    this.#step = from / divisor;
    const half = Math.ceil(CROSSINGS * Math.max(1, from / to));
    this.#taps = 2 * half;
    this.delay = half;
    this.#kernel = kernel(this.#phases, half, Math.min(1, to / from) * CUTOFF);
    this.#input = new Float32Array(this.#taps + maxBlock);
    this.#held = this.#taps - 1;
  }

  /** The most samples one block of `count` can give. */
  capacity(count: number): number {
    return Math.ceil((count * this.#phases) / this.#step) + 1;
  }

  /** Begin anew, with silence before. */
  reset(): void {
    this.#input.fill(0);
    this.#held = this.#taps - 1;
    this.#phase = 0;
  }

  /** Take `count` samples in, write what they give to `output`; returns how many. */
  process(samples: Float32Array, count: number, output: Float32Array): number {
    const input = this.#input;
    for (let i = 0; i < count; i++) input[this.#held + i] = samples[i] ?? 0;
    this.#held += count;
    let at = 0;
    let made = 0;
    while (at + this.#taps <= this.#held) {
      output[made++] = this.#convolve(at);
      this.#phase += this.#step;
      at += Math.floor(this.#phase / this.#phases);
      this.#phase %= this.#phases;
    }
    // A large step may point past what is here; that debt is paid by the next block.
    const used = Math.min(at, this.#held);
    this.#phase += (at - used) * this.#phases;
    input.copyWithin(0, used, this.#held);
    this.#held -= used;
    return made;
  }

  #convolve(at: number): number {
    const row = this.#phase * this.#taps;
    let sum = 0;
    for (let k = 0; k < this.#taps; k++) {
      sum += (this.#kernel[row + k] ?? 0) * (this.#input[at + k] ?? 0);
    }
    return sum;
  }
}

/** One row of taps for each phase, oldest input first; every row sums to one. */
function kernel(phases: number, half: number, cutoff: number): Float32Array {
  const taps = 2 * half;
  const table = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const row = new Float64Array(taps);
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const distance = k - (half - 1) - phase / phases;
      const value = sinc(distance * cutoff) * kaiser(distance / half);
      row[k] = value;
      sum += value;
    }
    for (let k = 0; k < taps; k++) table[phase * taps + k] = (row[k] ?? 0) / sum;
  }
  return table;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

/** Modified Bessel function of order zero, by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
