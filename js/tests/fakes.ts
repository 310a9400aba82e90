import type { AnyModel } from "@anywidget/types";
import { FakeModel } from "./fake_model.js";

export { FakeModel };

/** The fake in the place of the real one, which has more than the widget uses. */
export function asModel(fake: FakeModel): AnyModel {
  return fake as unknown as AnyModel;
}
