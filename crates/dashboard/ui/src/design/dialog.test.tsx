// Windows begin where one writes, and give the focus back to what opened them.

import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { type ReactNode, useState } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { Button } from "./button";
import { Confirm, Dialog, useSettled } from "./dialog";
import { Checkbox, Field, Input } from "./field";

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

/** A window with a field, or with what is told once, and how often it was closed. */
async function shown(closes: "asks" | "kept" | "foot", children: ReactNode) {
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  const onClose = vi.fn();
  render(
    <Tooltip.Provider>
      <Dialog open closes={closes} onClose={onClose} title="Window" foot={<Button>Done</Button>}>
        {children}
      </Dialog>
    </Tooltip.Provider>,
  );
  await waitFor(() =>
    expect(screen.getByRole("dialog").contains(document.activeElement)).toBe(true),
  );
  // Windows hear of clicks beside them a moment after they have opened.
  await new Promise((resolve) => setTimeout(resolve));
  const target = document.querySelector(".bg-shade") ?? document.body;
  const beside = () => user.pointer({ keys: "[MouseLeft]", target });
  return { user, onClose, beside };
}

const NAME = (
  <Field label="Name">
    <Input />
  </Field>
);
const BOX = <Checkbox checked={false} onChange={() => {}} label="Box" />;

test("a click beside a window closes it where nothing is filled in", async () => {
  const { onClose, beside } = await shown("asks", <p>Words</p>);
  await beside();
  expect(onClose).toHaveBeenCalledOnce();
});

test("a click beside a window with a field does nothing, and an empty one closes by Escape", async () => {
  const { user, onClose, beside } = await shown("asks", NAME);
  await beside();
  expect(onClose).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(screen.getByLabelText(/Name/));
  await user.keyboard("{Escape}");
  expect(onClose).toHaveBeenCalledOnce();
});

test.each(["Escape", "the cross"])("%s asks before what is typed is lost", async (way) => {
  const { user, onClose } = await shown("asks", NAME);
  const leave = async () => {
    if (way === "Escape") await user.keyboard("{Escape}");
    else await user.click(screen.getByRole("button", { name: "Close" }));
  };
  await user.type(screen.getByLabelText(/Name/), "Ada");
  await leave();
  await user.click(await screen.findByRole("button", { name: "Go on" }));
  expect(onClose).not.toHaveBeenCalled();
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  await leave();
  await user.click(await screen.findByRole("button", { name: "Discard" }));
  expect(onClose).toHaveBeenCalledOnce();
});

test("a box that is ticked is filled in as well", async () => {
  const { user, onClose } = await shown("asks", BOX);
  await user.click(screen.getByRole("checkbox"));
  await user.keyboard("{Escape}");
  expect(await screen.findByRole("alertdialog")).toBeTruthy();
  expect(onClose).not.toHaveBeenCalled();
});

function Saves() {
  const settled = useSettled();
  return <Button onClick={settled}>Save</Button>;
}

test("what counts at once, or is saved, closes without a question", async () => {
  const { user, onClose } = await shown("kept", NAME);
  await user.type(screen.getByLabelText(/Name/), "Ada");
  await user.keyboard("{Escape}");
  expect(onClose).toHaveBeenCalledOnce();
  cleanup();

  const saved = await shown(
    "asks",
    <>
      {NAME}
      <Saves />
    </>,
  );
  await saved.user.type(screen.getByLabelText(/Name/), "Ada");
  await saved.user.click(screen.getByRole("button", { name: "Save" }));
  await saved.user.keyboard("{Escape}");
  expect(saved.onClose).toHaveBeenCalledOnce();
});

test("what is told once closes by its own button alone", async () => {
  const { user, onClose, beside } = await shown("foot", <p>The key</p>);
  await beside();
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("button", { name: "Close" })).toBeNull();
  expect(onClose).not.toHaveBeenCalled();
});
