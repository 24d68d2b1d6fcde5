// What the server consists of: its version, its instances with their load, and its circuit breakers.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Activity, RefreshCw, ShieldCheck } from "lucide-react";
import { api, body, type Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Card, Fact, Facts, Page, Table, Td, Th } from "@/design/layout";
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
    <Table
      label={t("instances")}
      head={
        <>
          <Th>{t("col.name")}</Th>
          <Th>{t("col.state")}</Th>
          <Th>{t("col.load")}</Th>
          <Th>{t("version")}</Th>
          <Th>{t("col.address")}</Th>
          <Th>{t("col.seen")}</Th>
          <Th>{t("col.started")}</Th>
        </>
      }
    >
      {items.map((one) => (
        <tr key={one.id}>
          <Td className="font-medium whitespace-nowrap" title={one.id}>
            {one.name}
          </Td>
          <Td>
            <Badge tone={one.alive ? "good" : "bad"}>{one.alive ? t("alive") : t("dead")}</Badge>
            {one.died_at && (
              <span className="ml-2 text-soft">
                <Ago at={one.died_at} />
              </span>
            )}
          </Td>
          <Td className="whitespace-nowrap tabular-nums">
            {one.room == null
              ? number(one.runs)
              : t("load", { runs: number(one.runs), room: number(one.room) })}
          </Td>
          <Td>{one.version ?? t("unknown")}</Td>
          <Td className="font-mono text-xs">{one.address ?? "–"}</Td>
          <Td>{one.seen_at ? <Ago at={one.seen_at} /> : "–"}</Td>
          <Td>
            <Ago at={one.started_at} />
          </Td>
        </tr>
      ))}
    </Table>
  );
}

const TONES: Record<string, Tone> = { closed: "good", half_open: "wait", open: "bad" };

function Breakers({ items }: { items: Breaker[] }) {
  const t = useWords();
  const projectName = useProjectName();
  const state = (word: string) =>
    word === "closed" || word === "open" || word === "half_open" ? t(`breaker.${word}`) : word;
  return (
    <Table
      label={t("breakers")}
      head={
        <>
          <Th>{t("col.target")}</Th>
          <Th>{t("col.project")}</Th>
          <Th>{t("col.state")}</Th>
          <Th>{t("col.retry")}</Th>
        </>
      }
    >
      {items.map((one) => (
        <tr key={`${one.project_id} ${one.target}`}>
          <Td className="font-mono text-xs">{one.target}</Td>
          <Td className="whitespace-nowrap">{projectName(one.project_id)}</Td>
          <Td>
            <Badge tone={TONES[one.state] ?? "idle"}>{state(one.state)}</Badge>
          </Td>
          <Td>{one.retry_at ? <Ago at={one.retry_at} /> : "–"}</Td>
        </tr>
      ))}
    </Table>
  );
}
