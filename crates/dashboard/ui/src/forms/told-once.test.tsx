// What is told once is not lost by a slip, and what was told before says what to do.

import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { afterEach, expect, test, vi } from "vitest";
import { ToldOnce } from "./told-once";

afterEach(cleanup);

test("a key stays until it is said to be kept", async () => {
  const onClose = vi.fn();
  render(
    <Tooltip.Provider>
      <ToldOnce title="A key" hint="For programs" text="gth_1" onClose={onClose} />
    </Tooltip.Provider>,
  );
  await userEvent.keyboard("{Escape}");
  expect(onClose).not.toHaveBeenCalled();
  expect(screen.getByRole("region", { name: "A key" }).textContent).toBe("gth_1");
  await userEvent.click(screen.getByRole("button", { name: "I have copied it" }));
  expect(onClose).toHaveBeenCalledOnce();
});

test("what was told before is not told, and closes as any window", async () => {
  const onClose = vi.fn();
  render(
    <Tooltip.Provider>
      <ToldOnce
        title="A key"
        hint="For programs"
        gone="Make another"
        text={null}
        onClose={onClose}
      />
    </Tooltip.Provider>,
  );
  expect(screen.getByText("Make another")).toBeTruthy();
  await userEvent.keyboard("{Escape}");
  expect(onClose).toHaveBeenCalledOnce();
});
