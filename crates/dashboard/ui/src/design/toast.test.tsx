// A toast says what went wrong as the place of data does.

import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { afterEach, expect, test } from "vitest";
import { Problem, Unreachable } from "@/api/problem";
import { speak } from "@/i18n";
import { ToastPlace, useToast } from "./toast";

afterEach(async () => {
  cleanup();
  await speak("en");
});

function Fails({ error }: { error: unknown }) {
  const { fail } = useToast();
  return (
    <button type="button" onClick={() => fail(error)}>
      Go
    </button>
  );
}

async function said(error: unknown) {
  render(
    <Tooltip.Provider>
      <ToastPlace>
        <Fails error={error} />
      </ToastPlace>
    </Tooltip.Provider>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Go" }));
}

test("that the server cannot be reached is said in the person's language", async () => {
  await speak("fr");
  await said(new Unreachable(null));
  expect(await screen.findByText("Le serveur est injoignable.")).toBeTruthy();
});

test("what the server says is said with the request's id", async () => {
  await said(new Problem(409, { code: "name_taken", detail: "Taken.", request_id: "req_1" }));
  expect(await screen.findByText("Taken. (req_1)")).toBeTruthy();
});
