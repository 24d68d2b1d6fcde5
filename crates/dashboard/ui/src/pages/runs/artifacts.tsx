// What a run has stored: a list, a look at what can be looked at, and downloads.

import { useQuery } from "@tanstack/react-query";
import { Download, FileText } from "lucide-react";
import { useEffect, useState } from "react";
import { bytes, type Schemas } from "@/api/client";
import { Button, IconButton } from "@/design/button";
import { Code } from "@/design/code";
import { Sheet } from "@/design/dialog";
import { download } from "@/design/download";
import { Card, Td, Th } from "@/design/layout";
import { Markdown } from "@/design/markdown";
import { Empty, Read } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { size } from "@/i18n/format";
import { PageList } from "../startables/page-list";
import { useArtifacts } from "./queries";
import { useWords } from "./words";

type Artifact = Schemas["Artifact"];

/** What is larger is not shown but only downloaded. */
const MOST_BYTES = 2_000_000;

/** How an artifact can be shown. */
export type Look = "markdown" | "text" | "image" | "none";

/** How an artifact of a media type is shown. The server hands out anything else as mere bytes. */
export function lookOf(mediaType: string, length: number): Look {
  if (length > MOST_BYTES) return "none";
  const type = mediaType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "text/markdown") return "markdown";
  if (["image/png", "image/jpeg", "image/gif", "image/webp"].includes(type)) return "image";
  const isText =
    type.startsWith("text/") || /^application\/(json|yaml|xml)$|\+(json|xml)$/.test(type);
  return isText ? "text" : "none";
}

function content(artifact: Artifact): Promise<Blob> {
  return bytes(`/api/v1/artifacts/${artifact.id}/content`);
}

/** The artifacts of a run. */
export function Artifacts({ runId }: { runId: string }) {
  const t = useWords();
  const list = useArtifacts(runId);
  const [shown, setShown] = useState<Artifact | null>(null);
  return (
    <Card flush>
      <PageList
        list={list}
        label={t("tab.artifacts")}
        head={
          <>
            <Th>{t("artifact.name")}</Th>
            <Th className="max-sm:hidden">{t("artifact.type")}</Th>
            <Th className="text-right max-sm:hidden">{t("artifact.size")}</Th>
            <Th className="max-sm:hidden">{t("artifact.made")}</Th>
            <Th>
              <span className="sr-only">{t("artifact.download")}</span>
            </Th>
          </>
        }
        empty={
          <Empty icon={<FileText />} title={t("artifact.empty")}>
            {t("artifact.emptyHint")}
          </Empty>
        }
      >
        {(artifact) => (
          <tr key={artifact.id}>
            <Td className="max-w-72 min-w-32">
              {lookOf(artifact.media_type, artifact.bytes) === "none" ? (
                <span className="font-medium break-words">{artifact.name}</span>
              ) : (
                <button
                  type="button"
                  className="text-left font-medium break-words text-accent hover:underline"
                  onClick={() => setShown(artifact)}
                >
                  {artifact.name}
                </button>
              )}
              <span className="block text-xs text-soft sm:hidden">
                {artifact.media_type}, {size(artifact.bytes)}, <Ago at={artifact.created_at} />
              </span>
            </Td>
            <Td className="text-soft max-sm:hidden">{artifact.media_type}</Td>
            <Td className="text-right whitespace-nowrap text-soft max-sm:hidden">
              {size(artifact.bytes)}
            </Td>
            <Td className="text-soft max-sm:hidden">
              <Ago at={artifact.created_at} />
            </Td>
            <Td className="text-right">
              <Save artifact={artifact} />
            </Td>
          </tr>
        )}
      </PageList>
      {shown && <Shown artifact={shown} onClose={() => setShown(null)} />}
    </Card>
  );
}

function useSave(artifact: Artifact) {
  const { fail } = useToast();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      download(await content(artifact), artifact.name);
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return { busy, save };
}

function Save({ artifact }: { artifact: Artifact }) {
  const t = useWords();
  const { busy, save } = useSave(artifact);
  return (
    <IconButton
      label={t("artifact.downloadOf", { name: artifact.name })}
      disabled={busy}
      onClick={() => void save()}
    >
      <Download />
    </IconButton>
  );
}

function Shown({ artifact, onClose }: { artifact: Artifact; onClose: () => void }) {
  const t = useWords();
  const { busy, save } = useSave(artifact);
  const look = lookOf(artifact.media_type, artifact.bytes);
  const read = useQuery({
    queryKey: ["artifact-content", artifact.id],
    queryFn: async () => {
      const blob = await content(artifact);
      return look === "image" ? blob : await blob.text();
    },
    // An artifact never changes, but need not be kept either.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return (
    <Sheet
      open
      onClose={onClose}
      title={artifact.name}
      description={`${artifact.media_type}, ${size(artifact.bytes)}`}
      foot={
        <Button icon={<Download />} busy={busy} onClick={() => void save()}>
          {t("artifact.download")}
        </Button>
      }
    >
      <Read query={read}>
        {(data) =>
          typeof data !== "string" ? (
            <Picture blob={data} name={artifact.name} />
          ) : look === "markdown" ? (
            <Markdown text={data} />
          ) : (
            <Code value={data} label={artifact.name} />
          )
        }
      </Read>
    </Sheet>
  );
}

function Picture({ blob, name }: { blob: Blob; name: string }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url && <img src={url} alt={name} className="max-w-full rounded-md border border-line" />;
}
