// The next times of a timing, in its time zone and in the reader's, side by side.

import type { Schemas } from "@/api/client";
import { Table, Td, Th } from "@/design/layout";
import { Ago } from "@/design/time";
import { moment } from "@/i18n/format";
import { localZone } from "@/i18n/local";
import { useWords } from "./words";

/** The time zone by which a timing goes. */
export function zoneOf(timing: Schemas["Timing"]): string {
  return timing.type === "cron" ? (timing.zone ?? "UTC") : "UTC";
}

/** A moment in a zone, or in UTC where the browser does not know that zone. */
function there(slot: string, zone: string): string {
  try {
    return moment(slot, zone);
  } catch {
    return moment(slot, "UTC");
  }
}

/** The table. */
export function Slots({ slots, zone }: { slots: string[]; zone: string }) {
  const t = useWords();
  const local = localZone();
  if (slots.length === 0) return <p className="p-4 text-sm text-soft">{t("slots.none")}</p>;
  return (
    <Table
      label={t("slots.title")}
      head={
        <>
          {zone !== local && <Th>{t("slots.in", { zone })}</Th>}
          <Th>{t("slots.yours", { zone: local })}</Th>
          <Th>{t("slots.until")}</Th>
        </>
      }
    >
      {slots.map((slot) => (
        <tr key={slot}>
          {zone !== local && (
            <Td className="whitespace-nowrap tabular-nums">{there(slot, zone)}</Td>
          )}
          <Td className="whitespace-nowrap tabular-nums">{moment(slot)}</Td>
          <Td className="text-soft">
            <Ago at={slot} />
          </Td>
        </tr>
      ))}
    </Table>
  );
}
