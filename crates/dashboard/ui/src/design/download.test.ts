// A download that has begun finds its file.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { download } from "./download";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("the file is there when the browser comes for it, and is let go later", () => {
  const clicked: string[] = [];
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:one");
  const revoke = vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    clicked.push(`${this.download} from ${this.href}`);
  });
  download(new Blob(["text"]), "report.txt");
  expect(clicked).toEqual(["report.txt from blob:one"]);
  vi.advanceTimersByTime(10_000);
  expect(revoke).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(revoke).toHaveBeenCalledExactlyOnceWith("blob:one");
});
