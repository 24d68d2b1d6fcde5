// Which tools an agent may call, and whether a person must consent to their calls.

import type { Schemas } from "@/api/client";
import { Checkbox, Select } from "@/design/field";
import { Read } from "@/design/state";
import { useTools } from "./queries";
import { useWords } from "./words";

/** A tool as a definition names it: a name, or an object with more. */
type ToolUse = string | { name: string; policy?: Schemas["Policy"]; [member: string]: unknown };

const POLICIES: Schemas["Policy"][] = ["auto", "ask", "deny"];

function nameOf(use: ToolUse): string {
  return typeof use === "string" ? use : use.name;
}

/** A tool with another policy, as short as it can be written. */
function withPolicy(use: ToolUse, policy: Schemas["Policy"] | undefined): ToolUse {
  const { policy: _, ...rest } = typeof use === "string" ? { name: use } : use;
  const next = { ...rest, ...(policy && { policy }) } as Exclude<ToolUse, string>;
  return Object.keys(next).length === 1 ? next.name : next;
}

interface ToolChoiceProps {
  value: ToolUse[];
  onChange: (tools: ToolUse[]) => void;
  error: string | undefined;
}

/** The choice. */
export function ToolChoice({ value, onChange, error }: ToolChoiceProps) {
  const t = useWords();
  const tools = useTools();
  return (
    <Read query={tools}>
      {({ items }) => {
        const known = new Set(items.map(({ name }) => name));
        const rows = [
          ...items.map(({ name, purpose, policy }) => ({ name, purpose, policy })),
          ...value
            .map(nameOf)
            .filter((name) => !known.has(name))
            .map((name) => ({ name, purpose: t("tool.unknown"), policy: undefined })),
        ];
        return (
          <div className="flex flex-col">
            {error && (
              <p role="alert" className="mb-2 text-xs text-bad">
                {error}
              </p>
            )}
            <ul className="max-h-96 divide-y divide-line overflow-y-auto rounded-md border border-line">
              {rows.map(({ name, purpose, policy: own }) => {
                const use = value.find((one) => nameOf(one) === name);
                return (
                  <li
                    key={name}
                    className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-3 py-2"
                  >
                    <div className="min-w-0 flex-1 basis-56">
                      <Checkbox
                        checked={use !== undefined}
                        onChange={(chosen) =>
                          onChange(
                            chosen ? [...value, name] : value.filter((one) => nameOf(one) !== name),
                          )
                        }
                        label={name}
                        hint={purpose}
                      />
                    </div>
                    {use !== undefined && (
                      <Select
                        aria-label={t("tool.policy", { tool: name })}
                        className="w-64 max-w-full"
                        value={typeof use === "string" ? "" : (use.policy ?? "")}
                        onChange={({ target }) => {
                          const policy = POLICIES.find((one) => one === target.value);
                          onChange(
                            value.map((one) => (one === use ? withPolicy(one, policy) : one)),
                          );
                        }}
                      >
                        <option value="">
                          {own ? t("tool.own", { policy: t(`tool.${own}`) }) : t("choice.default")}
                        </option>
                        {POLICIES.map((one) => (
                          <option key={one} value={one}>
                            {t(`tool.${one}`)}
                          </option>
                        ))}
                      </Select>
                    )}
                  </li>
                );
              })}
            </ul>
          </div>
        );
      }}
    </Read>
  );
}
