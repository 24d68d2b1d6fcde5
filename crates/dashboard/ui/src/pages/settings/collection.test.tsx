// A form keeps what is written in it while others change the same thing.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { useState } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/client";
import { ToastPlace } from "@/design/toast";
import { TextField } from "@/forms/fields";
import { FormWindow } from "@/forms/form";
import { Collection, type Edited } from "./collection";

afterEach(cleanup);

interface Channel {
  id: string;
  name: string;
  address: string;
  version: number;
}

function Edit({
  item,
  onClose,
  newest,
  send,
}: Edited<Channel> & { send: (version: number | undefined) => Promise<void> }) {
  const [address, setAddress] = useState(item?.address ?? "");
  return (
    <FormWindow
      title="Change"
      action="Save"
      fields={["/address"]}
      onClose={onClose}
      newest={newest}
      send={() => send(item?.version)}
    >
      <TextField label="Address" required at="/address" value={address} onChange={setAddress} />
    </FormWindow>
  );
}

/** The page with a list as it is read. */
function page(items: Channel[], send: (version: number | undefined) => Promise<void>) {
  const list = {
    items,
    error: null,
    isPending: false,
    isFetching: false,
    hasMore: false,
    more: () => {},
    retry: () => {},
    at: 1,
  };
  return (
    <QueryClientProvider client={new QueryClient()}>
      <Tooltip.Provider>
        <ToastPlace>
          <Collection<Channel>
            kind="channels"
            title="Channels"
            lead=""
            add={null}
            icon={null}
            none=""
            noneHint=""
            list={list}
            id={({ id }) => id}
            columns={[{ name: "Name", cell: ({ name }) => name }]}
            actions={(_, edit) => (
              <button type="button" onClick={edit}>
                Edit
              </button>
            )}
            form={(edited) => <Edit {...edited} send={send} />}
          />
        </ToastPlace>
      </Tooltip.Provider>
    </QueryClientProvider>
  );
}

test("what somebody else changes meanwhile takes nothing away, and is loaded on demand", async () => {
  const user = userEvent.setup();
  const send = vi.fn(() => Promise.reject(new Problem(412, { code: "precondition_failed" })));
  const before = { id: "chn_1", name: "ops", address: "https://a", version: 1 };
  const after = { ...before, name: "operations", address: "https://b", version: 2 };
  const { rerender } = render(page([before], send));
  await user.click(screen.getByRole("button", { name: "Edit" }));
  const field = () => screen.getByLabelText<HTMLInputElement>("Address");
  await user.clear(field());
  await user.type(field(), "https://mine");

  rerender(page([after], send));
  expect(field().value).toBe("https://mine");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(send).toHaveBeenLastCalledWith(1);
  await user.click(await screen.findByRole("button", { name: "Load the latest version" }));
  expect(field().value).toBe("https://b");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(send).toHaveBeenLastCalledWith(2);
});
