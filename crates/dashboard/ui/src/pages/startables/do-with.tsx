// What can be done with a schedule, a trigger, a hook or a webhook: pause, resume, delete.

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { useWords } from "./words";

type Act = () => Promise<unknown>;

interface DoWithProps {
  /** The noun with which its queries begin. */
  noun: string;
  id: string;
  name: string;
  /** Whether it does what it is for; nothing where that is over. */
  active: boolean | null;
  pauseHint: string;
  deleteHint: string;
  /** Who may pause and resume it. */
  runs: Schemas["Permission"];
  /** Who may change and delete it. */
  writes: Schemas["Permission"];
  pause: Act;
  resume: Act;
  remove: Act;
  /** Goes to where the others are. */
  leave: Act;
  /** What comes before these. */
  first?: ReactNode;
  /** What else whoever may change it may do. */
  children?: ReactNode;
}

/** The buttons. */
export function DoWith(props: DoWithProps) {
  const { noun, id, name, active, runs, writes } = props;
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { say, fail } = useToast();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const pauseButton = useRef<HTMLButtonElement>(null);
  const resumed = useRef(false);
  useEffect(() => {
    // The button that resumed it has gone.
    if (active && resumed.current) pauseButton.current?.focus();
    resumed.current = false;
  }, [active]);
  const refresh = () => client.invalidateQueries({ queryKey: [noun] });
  const pause = async () => {
    await props.pause();
    say(t("said.paused"));
    await refresh();
  };
  const resume = async () => {
    setBusy(true);
    try {
      await props.resume();
      say(t("said.resumed"));
      resumed.current = true;
      await refresh();
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  const remove = async () => {
    await props.remove();
    say(t("said.deleted"));
    await props.leave();
    client.removeQueries({
      predicate: ({ queryKey }) => queryKey[0] === noun && queryKey.includes(id),
    });
    await refresh();
  };
  return (
    <>
      {props.first}
      {may(runs) && active === true && (
        <Confirm
          trigger={<Button ref={pauseButton}>{t("act.pause")}</Button>}
          title={t("act.pauseAsk", { name })}
          action={t("act.pause")}
          danger={false}
          onConfirm={pause}
        >
          {props.pauseHint}
        </Confirm>
      )}
      {may(runs) && active === false && (
        <Button look="primary" busy={busy} onClick={() => void resume()}>
          {t("act.resume")}
        </Button>
      )}
      {may(writes) && (
        <>
          {props.children}
          <Confirm
            trigger={<Button look="danger">{c("action.delete")}</Button>}
            title={t("act.deleteAsk", { name })}
            action={c("action.delete")}
            onConfirm={remove}
          >
            {props.deleteHint}
          </Confirm>
        </>
      )}
    </>
  );
}
