// The next times of a timing, in its time zone and in the reader's, side by side.

import type { Schemas } from "@/api/client";
import { Table, Td, Th } from "@/design/layout";
import { Ago } from "@/design/time";
import { moment } from "@/i18n/format";
import { localZone } from "@/i18n/local";
import { useWords } from "./words";

/** The time zone by which a timing goes: that of its calendar; moments and rates have none but the reader's. */
export function zoneOf(timing: Schemas["Timing"]): string {
  return timing.type === "cron" ? (timing.zone ?? "UTC") : localZone();
}

/** A moment in a zone, or in UTC where the browser does not know that zone. */
export function momentIn(slot: string, zone: string): string {
  try {
    return moment(slot, zone);
  } catch {
    return `${moment(slot, "UTC")} UTC`;
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
          {zone !== local && <Th>{zone}</Th>}
          <Th>{t("slots.yours", { zone: local })}</Th>
          <Th className={zone !== local ? "max-sm:hidden" : ""}>{t("slots.until")}</Th>
        </>
      }
    >
      {slots.map((slot) => (
        <tr key={slot}>
          {zone !== local && <Td className="tabular-nums">{momentIn(slot, zone)}</Td>}
          <Td className="tabular-nums">{moment(slot)}</Td>
          <Td className={zone !== local ? "text-soft max-sm:hidden" : "text-soft"}>
            <Ago at={slot} />
          </Td>
        </tr>
      ))}
    </Table>
  );
}
