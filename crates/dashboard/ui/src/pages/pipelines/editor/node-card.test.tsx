// A card is drawn of every node, also of one whose type is called as nobody expects.

import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { TypeIcon } from "./node-card";

it.each(["constructor", "__proto__", "delay"])("draws a picture of the type %s", (type) => {
  const { container } = render(<TypeIcon type={type} />);
  expect(container.querySelector("svg")).not.toBeNull();
});
