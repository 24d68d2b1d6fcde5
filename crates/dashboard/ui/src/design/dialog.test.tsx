// Windows begin where one writes, and give the focus back to what opened them.

import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { useState } from "react";
import { afterEach, expect, test } from "vitest";
import { Button } from "./button";
import { Confirm, Dialog } from "./dialog";
import { Field, Input } from "./field";

afterEach(cleanup);

function Opened({ gone = false }: { gone?: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <Tooltip.Provider>
      <main id="content" tabIndex={-1}>
        {!(gone && open) && <Button onClick={() => setOpen(true)}>Open</Button>}
      </main>
      <Dialog open={open} onClose={() => setOpen(false)} title="Window">
        <Field label="Name">
          <Input />
        </Field>
      </Dialog>
    </Tooltip.Provider>
  );
}

test("a window begins at its field and gives the focus back", async () => {
  const user = userEvent.setup();
  render(<Opened />);
  await user.click(screen.getByRole("button", { name: "Open" }));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText(/Name/)));
  await user.keyboard("{Escape}");
  await waitFor(() =>
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Open" })),
  );
});

test("the page gets the focus when the opener has gone", async () => {
  const user = userEvent.setup();
  // The button comes back as another one.
  render(<Opened gone />);
  await user.click(screen.getByRole("button", { name: "Open" }));
  await screen.findByRole("dialog");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(document.activeElement?.id).toBe("content"));
});

test("a question that failed says why, and is asked anew without that", async () => {
  const user = userEvent.setup();
  render(
    <Confirm
      trigger={<Button>Remove</Button>}
      title="Remove it?"
      action="Yes"
      onConfirm={() => Promise.reject(new Error("It is in use."))}
    />,
  );
  await user.click(screen.getByRole("button", { name: "Remove" }));
  await user.click(screen.getByRole("button", { name: "Yes" }));
  expect((await screen.findByRole("alert")).textContent).toContain("It is in use.");
  await user.keyboard("{Escape}");
  await user.click(await screen.findByRole("button", { name: "Remove" }));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("what is busy does nothing and keeps the focus", async () => {
  const user = userEvent.setup();
  let times = 0;
  const shown = (busy: boolean) => (
    <Button busy={busy} onClick={() => times++}>
      Save
    </Button>
  );
  const { rerender } = render(shown(false));
  const button = screen.getByRole("button", { name: "Save" });
  await user.click(button);
  rerender(shown(true));
  await user.keyboard("{Enter}");
  expect(times).toBe(1);
  expect(document.activeElement).toBe(button);
});
