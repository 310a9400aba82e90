import type { AnyModel } from "@anywidget/types";
import type { Actions } from "../src/ui/composer.js";
import { FakeModel } from "./fake_model.js";

export { FakeModel };

/** The fake in the place of the real one, which has more than the widget uses. */
export function asModel(fake: FakeModel): AnyModel {
  return fake as unknown as AnyModel;
}

/** What the views ask for, written down. */
export function recorded(done: string[]): Actions {
  return {
    toggleMicrophone: async () => void done.push("microphone"),
    say: (text) => {
      done.push(`say ${text}`);
      return true;
    },
    stop: () => void done.push("stop"),
    commit: () => void done.push("commit"),
    retry: () => void done.push("retry"),
    end: () => void done.push("end"),
    askAgain: () => void done.push("ask again"),
    hear: () => void done.push("hear"),
    talk: (held) => void done.push(held ? "hold" : "release"),
    takeOver: () => void done.push("take over"),
    setTurns: (mode) => void done.push(`turns ${mode}`),
    chooseInput: (id) => void done.push(`input ${id}`),
    chooseOutput: (id) => void done.push(`output ${id}`),
    setProcessing: (name, on) => void done.push(`${name} ${on}`),
    lookForDevices: () => void done.push("look"),
    approve: (id, decision, reason) => void done.push(`${decision} ${id} ${reason}`.trim()),
    mount: async (model, box) => {
      box.append(`view of ${model}`);
      return () => void done.push(`unmount ${model}`);
    },
    setHalfDuplex: (on) => void done.push(`half-duplex ${on}`),
  };
}
