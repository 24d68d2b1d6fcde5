// What the server consists of: its version, its instances with their load, and its circuit breakers.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Activity, RefreshCw, ShieldCheck } from "lucide-react";
import { api, body, type Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Card, Fact, Facts, Page } from "@/design/layout";
import { Rows } from "@/design/rows";
import { Empty, Read } from "@/design/state";
import { Badge, type Tone } from "@/design/status";
import { Ago } from "@/design/time";
import { number } from "@/i18n/format";
import { useProjectName } from "../projects/queries";
import { useWords } from "./words";

/** The page. */
export default function System() {
  const t = useWords();
  const client = useQueryClient();
  const info = useQuery({
    queryKey: ["system", "info"],
    queryFn: () => body(api.GET("/api/v1/system/info")),
  });
  const instances = useQuery({
    queryKey: ["system", "instances"],
    queryFn: () => body(api.GET("/api/v1/system/instances")),
  });
  const breakers = useQuery({
    queryKey: ["system", "breakers"],
    queryFn: () => body(api.GET("/api/v1/system/breakers")),
  });
  const busy = instances.isFetching || breakers.isFetching;
  return (
    <Page
      title={t("title")}
      lead={
        instances.dataUpdatedAt > 0 && (
          <>
            {t("read")} <Ago at={new Date(instances.dataUpdatedAt).toISOString()} />
          </>
        )
      }
      actions={
        <Button
          icon={<RefreshCw />}
          busy={busy}
          onClick={() => void client.invalidateQueries({ queryKey: ["system"] })}
        >
          {t("refresh")}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <Card title={t("server")}>
          <Read query={info} rows={2}>
            {({ version, database }) => (
              <Facts>
                <Fact name={t("version")}>{version}</Fact>
                <Fact name={t("database")}>{database}</Fact>
              </Facts>
            )}
          </Read>
        </Card>
        <Card title={t("instances")} flush>
          <Read query={instances}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty icon={<Activity />} title={t("noInstances")} />
              ) : (
                <Instances items={items} />
              )
            }
          </Read>
        </Card>
        <Card title={t("breakers")} flush>
          <Read query={breakers}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty icon={<ShieldCheck />} title={t("noBreakers")}>
                  {t("noBreakersHint")}
                </Empty>
              ) : (
                <Breakers items={items} />
              )
            }
          </Read>
        </Card>
      </div>
    </Page>
  );
}

type Instance = Schemas["PageView_Instance"]["items"][number];
type Breaker = Schemas["PageView_Breaker"]["items"][number];

function Instances({ items }: { items: Instance[] }) {
  const t = useWords();
  return (
    <Rows
      label={t("instances")}
      items={items}
      id={({ id }) => id}
      columns={[
        { name: t("col.name"), cell: ({ id, name }) => <span title={id}>{name}</span> },
        {
          name: t("col.state"),
          cell: ({ alive, died_at }) => (
            <>
              <Badge tone={alive ? "good" : "bad"}>{alive ? t("alive") : t("dead")}</Badge>{" "}
              {died_at && <Ago at={died_at} />}
            </>
          ),
        },
        {
          name: t("col.load"),
          cell: ({ runs, room }) =>
            room == null ? number(runs) : t("load", { runs: number(runs), room: number(room) }),
        },
        { name: t("version"), cell: ({ version }) => version ?? t("unknown") },
        {
          name: t("col.address"),
          cell: ({ address }) => address ?? "–",
          className: "font-mono text-xs",
        },
        { name: t("col.seen"), cell: ({ seen_at }) => (seen_at ? <Ago at={seen_at} /> : "–") },
        { name: t("col.started"), cell: ({ started_at }) => <Ago at={started_at} /> },
      ]}
    />
  );
}

const TONES: Record<string, Tone> = { closed: "good", half_open: "wait", open: "bad" };

function Breakers({ items }: { items: Breaker[] }) {
  const t = useWords();
  const projectName = useProjectName();
  const state = (word: string) =>
    word === "closed" || word === "open" || word === "half_open" ? t(`breaker.${word}`) : word;
  return (
    <Rows
      label={t("breakers")}
      items={items}
      id={({ project_id, target }) => `${project_id} ${target}`}
      columns={[
        {
          name: t("col.target"),
          cell: ({ target }) => target,
          className: "font-mono text-xs",
        },
        { name: t("col.project"), cell: ({ project_id }) => projectName(project_id) },
        {
          name: t("col.state"),
          cell: (one) => <Badge tone={TONES[one.state] ?? "idle"}>{state(one.state)}</Badge>,
        },
        { name: t("col.retry"), cell: ({ retry_at }) => (retry_at ? <Ago at={retry_at} /> : "–") },
      ]}
    />
  );
}
