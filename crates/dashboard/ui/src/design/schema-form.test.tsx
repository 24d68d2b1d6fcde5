// What is written into a form of a schema is what is sent, bad JSON included.

import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, expect, test } from "vitest";
import { type Schema, SchemaForm } from "./schema-form";

afterEach(cleanup);

const SCHEMA: Schema = {
  required: ["kind"],
  properties: {
    kind: { enum: ["beta", "stable"] },
    count: { type: "integer" },
    ratio: { type: "number" },
    list: { type: "array" },
  },
};

let sent: Record<string, unknown> = {};

function Written({ from }: { from: Record<string, unknown> }) {
  const [value, setValue] = useState(from);
  sent = value;
  return (
    <>
      <SchemaForm schema={SCHEMA} value={value} onChange={setValue} />
      <button type="button" onClick={() => setValue({ list: [7] })}>
        Other
      </button>
    </>
  );
}

test("fields give values of their types, and nothing where nothing is", async () => {
  const user = userEvent.setup();
  render(<Written from={{ count: 3 }} />);
  await user.selectOptions(screen.getByLabelText(/kind/), "stable");
  await user.clear(screen.getByLabelText(/count/));
  await user.type(screen.getByLabelText(/list/), "[[1, 2]");
  expect(sent).toEqual({ kind: "stable", list: [1, 2] });
});

test("an empty choice names what is taken then", () => {
  const schema = { properties: { mode: { enum: ["fast", "slow"], default: "slow" } } };
  render(<SchemaForm schema={schema} value={{}} onChange={() => {}} />);
  expect(screen.getByRole("option", { name: "Default: slow" })).toHaveProperty("selected", true);
});

test("bad JSON is said, and the older value is not sent in its place", async () => {
  const user = userEvent.setup();
  render(<Written from={{ list: [1] }} />);
  await user.type(screen.getByLabelText(/list/), "x");
  expect(screen.getByRole("alert").textContent).toContain("not valid JSON");
  expect(sent.list).not.toEqual([1]);
});

test("another value takes the place of what is written", async () => {
  const user = userEvent.setup();
  render(<Written from={{ list: [1] }} />);
  await user.type(screen.getByLabelText(/list/), "x");
  await user.click(screen.getByRole("button", { name: "Other" }));
  expect(JSON.parse((screen.getByLabelText(/list/) as HTMLTextAreaElement).value)).toEqual([7]);
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a property may be called as something every object has", () => {
  render(
    <SchemaForm
      schema={{ properties: { constructor: { type: "object" }, toString: { type: "string" } } }}
      value={{}}
      onChange={() => {}}
    />,
  );
  for (const field of screen.getAllByRole("textbox")) {
    expect((field as HTMLInputElement).value).toBe("");
  }
});

test("a list is taken from a file", async () => {
  render(<Written from={{}} />);
  const file = new File(["id\n7\n"], "rows.csv");
  await userEvent.upload(document.querySelector("input[type=file]") as HTMLInputElement, file);
  await waitFor(() => expect(sent.list).toEqual([{ id: "7" }]));
});

test("long integers keep their digits", async () => {
  const user = userEvent.setup();
  render(<Written from={{ count: 1234567890123456789n }} />);
  const count = screen.getByLabelText(/count/) as HTMLInputElement;
  expect(count.value).toBe("1234567890123456789");
  await user.clear(count);
  await user.type(count, "9007199254740993");
  await user.type(screen.getByLabelText(/list/), "[[9007199254740993]");
  expect(sent).toEqual({ count: 9007199254740993n, list: [9007199254740993n] });
});

test("a number keeps the zeros behind its point while it is being written", async () => {
  render(<Written from={{}} />);
  await userEvent.type(screen.getByLabelText(/ratio/), "1.05");
  expect(sent).toEqual({ ratio: 1.05 });
});
