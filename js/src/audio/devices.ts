// Microphones and loudspeakers to choose from.

export interface Device {
  readonly id: string;
  readonly name: string;
}

export interface Devices {
  readonly inputs: readonly Device[];
  readonly outputs: readonly Device[];
}

export const NO_DEVICES: Devices = { inputs: [], outputs: [] };

/** Browsers list these beside the devices that they stand for. */
const ALIASES = ["", "default", "communications"];

/** What the browser tells; before a microphone was allowed that is little, without names. */
export async function listDevices(): Promise<Devices> {
  try {
    const all = await navigator.mediaDevices.enumerateDevices();
    return { inputs: ofKind(all, "audioinput"), outputs: ofKind(all, "audiooutput") };
  } catch {
    return NO_DEVICES;
  }
}

/** Call `changed` when a device is plugged in or out, as long as the signal lives. */
export function watchDevices(changed: () => void, signal: AbortSignal): void {
  globalThis.navigator?.mediaDevices?.addEventListener?.("devicechange", changed, { signal });
}

const WORDS = { audioinput: "Microphone", audiooutput: "Loudspeaker" } as const;

function ofKind(all: readonly MediaDeviceInfo[], kind: keyof typeof WORDS): Device[] {
  return all
    .filter((device) => device.kind === kind && !ALIASES.includes(device.deviceId))
    .map((device, index) => ({
      id: device.deviceId,
      name: device.label || `${WORDS[kind]} ${index + 1}`,
    }));
}
