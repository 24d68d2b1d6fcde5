// Every component in every state, so that one look shows what a change has done to them.

import type { ReactNode } from "react";
import { Page } from "@/design/layout";
import { Buttons, Fields, FromSchema } from "./controls";
import { Colours, Type } from "./ground";
import { Over, TabsShown } from "./over";
import { CodeShown, States, Statuses, Tables } from "./shown";
import { useWords } from "./words";

/** The page. */
export default function Components() {
  const t = useWords();
  const parts: [string, ReactNode][] = [
    [t("colours"), <Colours key="" />],
    [t("type"), <Type key="" />],
    [t("buttons"), <Buttons key="" />],
    [t("fields"), <Fields key="" />],
    [t("schema"), <FromSchema key="" />],
    [t("statuses"), <Statuses key="" />],
    [t("over"), <Over key="" />],
    [t("tabs"), <TabsShown key="" />],
    [t("tables"), <Tables key="" />],
    [t("code"), <CodeShown key="" />],
    [t("states"), <States key="" />],
  ];
  return (
    <Page title={t("title")} lead={t("lead")}>
      <div className="flex flex-col gap-8">
        {parts.map(([name, part]) => (
          <section key={name} className="flex min-w-0 flex-col gap-3">
            <h2 className="border-b border-line pb-1 text-lg font-semibold">{name}</h2>
            {part}
          </section>
        ))}
      </div>
    </Page>
  );
}
