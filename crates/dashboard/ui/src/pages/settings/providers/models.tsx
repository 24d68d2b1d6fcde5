// The models that a provider says it has.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "@/api/client";
import { CopyButton } from "@/design/code";
import { Dialog } from "@/design/dialog";
import { Input } from "@/design/field";
import { Table, Td, Th } from "@/design/layout";
import { Empty, Read } from "@/design/state";
import { number } from "@/i18n/format";
import { useWords } from "./words";

/** The window. */
export function Models({ provider, onClose }: { provider: string; onClose: () => void }) {
  const t = useWords();
  const [wanted, setWanted] = useState("");
  const query = useQuery({
    queryKey: ["providers", "models", provider],
    queryFn: () =>
      body(api.GET("/api/v1/providers/{name}/models", { params: { path: { name: provider } } })),
  });
  return (
    <Dialog open onClose={onClose} title={t("modelsOf", { name: provider })} wide>
      <Read query={query}>
        {({ items }) => {
          const text = wanted.trim().toLowerCase();
          const shown = items.filter(({ name, title }) =>
            `${name} ${title ?? ""}`.toLowerCase().includes(text),
          );
          return (
            <div className="flex flex-col gap-3">
              <Input
                type="search"
                aria-label={t("models.search")}
                placeholder={t("models.search")}
                value={wanted}
                onChange={({ target }) => setWanted(target.value)}
              />
              {shown.length === 0 && <Empty title={t("models.none")} />}
              {shown.length > 0 && (
                <Table
                  label={t("modelsOf", { name: provider })}
                  head={
                    <>
                      <Th>{t("models.reference")}</Th>
                      <Th>{t("models.name")}</Th>
                      <Th className="text-right">{t("models.context")}</Th>
                    </>
                  }
                >
                  {shown.map(({ name, title, context_tokens }) => (
                    <tr key={name}>
                      <Td className="font-mono text-xs whitespace-nowrap">
                        {provider}/{name} <CopyButton text={`${provider}/${name}`} />
                      </Td>
                      <Td>{title}</Td>
                      <Td className="text-right tabular-nums">
                        {context_tokens != null && number(context_tokens)}
                      </Td>
                    </tr>
                  ))}
                </Table>
              )}
            </div>
          );
        }}
      </Read>
    </Dialog>
  );
}
