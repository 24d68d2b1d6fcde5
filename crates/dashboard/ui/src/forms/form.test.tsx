// Where a form says what was wrong with it, and where the focus goes.

import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/client";
import type { Newest } from "./as-opened";
import { ChoiceField, TextField } from "./fields";
import { check, Form } from "./form";

afterEach(cleanup);

/** Shows a form of a name and an address, and sends it. */
async function sent(send: () => Promise<unknown>, newest?: Newest) {
  const nothing = () => {};
  render(
    <Tooltip.Provider>
      <Form fields={["/name", "/hosts"]} action="Save" send={send} {...(newest && { newest })}>
        <TextField label="Name" required at="/name" value="" onChange={nothing} />
        <TextField label="Hosts" required at="/hosts" value="" onChange={nothing} />
      </Form>
    </Tooltip.Provider>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
}

function refusal(code: string, status: number, ...pointers: string[]): Problem {
  const errors = pointers.map((pointer) => ({ pointer, code, message: `not ${pointer}` }));
  return new Problem(status, { code, detail: `refused: ${code}`, errors });
}

/** The words of each alert. */
function said(): (string | null)[] {
  return screen.queryAllByRole("alert").map(({ textContent }) => textContent);
}

test("a fault below a field is told at the field alone, which gets the focus", async () => {
  await sent(() => Promise.reject(refusal("invalid", 422, "/hosts/1")));
  await waitFor(() => expect(said()).toEqual(["not /hosts/1"]));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Hosts")));
});

test("a fault of no field is told beside those of fields", async () => {
  await sent(() => Promise.reject(refusal("invalid", 422, "/name", "/other")));
  await waitFor(() => expect(said()[0]).toBe("not /name"));
  expect(said()[1]).toContain("not /other");
});

test("what is found before sending is told as what the server finds", async () => {
  await sent(async () => check({ "/name": "is needed", "/hosts": false }));
  await waitFor(() => expect(said()).toEqual(["is needed"]));
});

test("a name that is taken is told at the name", async () => {
  await sent(() => Promise.reject(refusal("name_taken", 409)));
  await waitFor(() => expect(said()).toEqual(["refused: name_taken"]));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Name")));
});

test("whoever was slower is offered the newest", async () => {
  const load = vi.fn();
  const read = vi.fn(async () => {});
  await sent(() => Promise.reject(refusal("precondition_failed", 412)), { read, load });
  await waitFor(() => expect(said()).toHaveLength(1));
  expect(read).toHaveBeenCalledOnce();
  expect(load).not.toHaveBeenCalled();
  await waitFor(() => expect(said()).toHaveLength(1));
  await waitFor(() =>
    expect(document.activeElement?.contains(screen.getByRole("alert"))).toBe(true),
  );
  await userEvent.click(screen.getByRole("button", { name: "Load the latest version" }));
  expect(load).toHaveBeenCalledOnce();
});

test("nothing is said of what went well, and a second try forgets the first", async () => {
  const send = vi.fn().mockRejectedValueOnce(new Error("once")).mockResolvedValueOnce(undefined);
  await sent(send);
  await waitFor(() => expect(said()).toEqual(["once"]));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(said()).toEqual([]));
});

test("a choice is always made, and says what each is called", async () => {
  const chosen = vi.fn();
  render(
    <ChoiceField
      label="Which"
      value=""
      onChange={chosen}
      choices={["", "a"]}
      say={(one) => (one === "" ? "None" : "The first")}
    />,
  );
  await userEvent.selectOptions(screen.getByLabelText("Which"), "The first");
  expect(chosen).toHaveBeenLastCalledWith("a");
});
