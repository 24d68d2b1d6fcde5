// What shows data: statuses, tables, facts, code, texts, and what stands in the place of data.

import { Inbox, Star } from "lucide-react";
import { useState } from "react";
import { Unreachable } from "@/api/problem";
import { Button } from "@/design/button";
import { Code, CopyButton, Id } from "@/design/code";
import { Card, Fact, Facts, Table, Td, Th } from "@/design/layout";
import { Markdown } from "@/design/markdown";
import { Rows } from "@/design/rows";
import { Empty, Failure, Loading, Stale } from "@/design/state";
import { type AnyStatus, Badge, Status, TONES, type Tone } from "@/design/status";
import { Ago, Took } from "@/design/time";
import { money, number, size } from "@/i18n/format";
import { useProblem } from "./over";
import { useWords } from "./words";

const WAITING = ["approval", "budget", "signal", "child", "timer", "unknown_outcome"] as const;
const BADGES: Tone[] = ["good", "busy", "wait", "bad", "idle"];
const EXAMPLE_ID = "run_00000000000000000000000000000000";

/** Statuses of every kind. */
export function Statuses() {
  const t = useWords();
  return (
    <div className="flex flex-wrap gap-2">
      {(Object.keys(TONES) as AnyStatus[]).map((status) => (
        <Status key={status} status={status} />
      ))}
      {WAITING.map((waiting) => (
        <Status key={waiting} status="waiting" waiting={waiting} />
      ))}
      {BADGES.map((tone) => (
        <Badge key={tone} tone={tone} icon={<Star aria-hidden />}>
          {t("name")}
        </Badge>
      ))}
    </div>
  );
}

const EXAMPLES = [
  { id: "first", status: "running", back: 0 },
  { id: "second", status: "succeeded", back: 3_600_000 },
  { id: "third", status: "failed", back: 200_000_000 },
] as const;

/** A table that is wider than a phone, one that folds there, and facts. */
export function Tables() {
  const t = useWords();
  const [start] = useState(() => Date.now());
  const at = (back: number) => new Date(start - back).toISOString();
  return (
    <div className="grid gap-4 lg:grid-cols-[2fr_1fr]">
      <Card title={t("tables")} flush>
        <Table
          label={t("tables")}
          head={
            <>
              <Th>{t("name")}</Th>
              <Th>{t("choice")}</Th>
              <Th className="text-right">{t("column")}</Th>
              <Th>{t("when")}</Th>
            </>
          }
        >
          {[0, 3_600_000, 200_000_000].map((back, place) => (
            <tr key={back}>
              <Td className="font-medium">{place === 2 ? t("long") : t("first")}</Td>
              <Td>
                <Status status={(["running", "succeeded", "failed"] as const)[place] ?? "queued"} />
              </Td>
              <Td className="text-right tabular-nums">{money(back + 1234)}</Td>
              <Td>
                <Ago at={at(back)} />
              </Td>
            </tr>
          ))}
        </Table>
      </Card>
      <Card title={t("long")} actions={<Button small>{t("rename")}</Button>} className="row-span-2">
        <Facts>
          <Fact name={t("id")}>
            <Id id={EXAMPLE_ID} /> <CopyButton text={EXAMPLE_ID} />
          </Fact>
          <Fact name={t("now")}>
            <Took from={at(0)} />
          </Fact>
          <Fact name={t("earlier")}>
            <Took from={at(3_600_000)} to={at(0)} />
          </Fact>
          <Fact name={t("count")}>
            {number(1_234_567)} · {size(7_340_032)}
          </Fact>
          <Fact name={t("long")}>{t("long")}</Fact>
        </Facts>
      </Card>
      <Card title={t("folding")} flush>
        <Rows
          label={t("folding")}
          items={[...EXAMPLES]}
          id={({ id }) => id}
          columns={[
            { name: t("name"), cell: ({ id }) => (id === "third" ? t("long") : t("first")) },
            { name: t("choice"), cell: ({ status }) => <Status status={status} /> },
            {
              name: t("column"),
              cell: ({ back }) => money(back + 1234),
              className: "text-right tabular-nums",
              spare: true,
            },
            { name: t("when"), cell: ({ back }) => <Ago at={at(back)} /> },
          ]}
          actions={() => <Button small>{t("rename")}</Button>}
        />
      </Card>
    </div>
  );
}

const MARKDOWN = `# 1

## 2

**b**, *i*, ~~s~~, \`code\`, [example.com](https://example.com)

- a
- b
  1. c
  2. d

- [x] e
- [ ] f

> g

\`\`\`ts
const answer: number = 6 * 7;
\`\`\`

| a | b |
|---|--:|
| c | 1 |

---
`;

/** Data as it is, and a text with everything in it. */
export function CodeShown() {
  const t = useWords();
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Code label={t("json")} value={{ name: t("long"), list: [1, true, null], in: { a: "b" } }} />
      <Card>
        <Markdown text={MARKDOWN} />
      </Card>
    </div>
  );
}

/** What stands in the place of data. */
export function States() {
  const t = useWords();
  const problem = useProblem();
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Card>
        <Loading />
      </Card>
      <Card>
        <Empty
          icon={<Inbox />}
          title={t("emptyTitle")}
          action={<Button look="primary">{t("make")}</Button>}
        >
          {t("emptyHint")}
        </Empty>
      </Card>
      <Failure error={problem} onRetry={() => {}} />
      <Failure error={new Unreachable(null)} />
      <Stale onLoad={() => {}} />
    </div>
  );
}
