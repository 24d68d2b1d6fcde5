// Whether kinds of providers are shown by names that people know.

import { expect, test } from "vitest";
import { kindName } from "./kinds";

test("a kind has the name of its product, and one that is not known its own", () => {
  const t = (key: string) => key;
  expect(kindName("llama_cpp", t)).toBe("llama.cpp");
  expect(kindName("openai_compatible", t)).toBe("kind.compatible");
  expect(kindName("newer", t)).toBe("newer");
});
