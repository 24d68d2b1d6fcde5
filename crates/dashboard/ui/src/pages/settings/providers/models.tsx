// The models that a provider says it has.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "@/api/client";
import { CopyButton } from "@/design/code";
import { Dialog } from "@/design/dialog";
import { Input } from "@/design/field";
import { Rows } from "@/design/rows";
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
                <Rows
                  label={t("modelsOf", { name: provider })}
                  items={shown}
                  id={({ name }) => name}
                  columns={[
                    {
                      name: t("models.reference"),
                      cell: ({ name }) => (
                        <>
                          {provider}/{name} <CopyButton text={`${provider}/${name}`} />
                        </>
                      ),
                      className: "font-mono text-xs",
                    },
                    { name: t("models.name"), cell: ({ title }) => title ?? "–" },
                    {
                      name: t("models.context"),
                      cell: ({ context_tokens }) =>
                        context_tokens == null ? "–" : number(context_tokens),
                      className: "text-right tabular-nums",
                    },
                  ]}
                />
              )}
            </div>
          );
        }}
      </Read>
    </Dialog>
  );
}
