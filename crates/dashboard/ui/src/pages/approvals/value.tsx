// A value that people decide about, in the shape that reads best.

import { Code } from "@/design/code";
import { Fact, Facts, Table, Td, Th } from "@/design/layout";
import type { Plain, Shape } from "./shape";

/** The value. What is long scrolls. */
export function Value({ shape, label }: { shape: Shape; label: string }) {
  switch (shape.as) {
    case "text":
      return <p className="break-words whitespace-pre-wrap">{shape.text}</p>;
    case "pairs":
      return <Pairs pairs={shape.pairs} />;
    case "list":
      return (
        <ul className="max-h-80 list-disc overflow-y-auto pl-5 text-sm" aria-label={label}>
          {shape.items.map((item, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a list that never changes
            <li key={place} className="break-words whitespace-pre-wrap">
              <Word value={item} />
            </li>
          ))}
        </ul>
      );
    case "table":
      return (
        <div className="overflow-hidden rounded-md border border-line [&>div]:max-h-80">
          <Table label={label} head={shape.columns.map((name) => <Th key={name}>{name}</Th>)}>
            {shape.rows.map((row, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a table that never changes
              <tr key={place}>
                {row.map((value, column) => (
                  <Td key={shape.columns[column]} className="py-1.5! break-words">
                    <Word value={value} />
                  </Td>
                ))}
              </tr>
            ))}
          </Table>
        </div>
      );
    case "parts":
      return (
        <div className="flex flex-col gap-3">
          <Pairs pairs={shape.pairs} />
          {shape.parts.map(({ name, shape }) => (
            <section key={name}>
              <h3 className="mb-1 text-sm text-soft">{name}</h3>
              <Value shape={shape} label={name} />
            </section>
          ))}
        </div>
      );
    case "json":
      return <Code value={shape.value} label={label} />;
  }
}

function Pairs({ pairs }: { pairs: [string, Plain][] }) {
  return (
    <Facts>
      {pairs.map(([name, value]) => (
        <Fact key={name} name={name}>
          <span className="whitespace-pre-wrap">
            <Word value={value} />
          </span>
        </Fact>
      ))}
    </Facts>
  );
}

function Word({ value }: { value: Plain }) {
  return value === null ? <span className="text-faint">–</span> : String(value);
}
