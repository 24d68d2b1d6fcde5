// What started a run, in the person's words.

import { useWords } from "./words";

const KNOWN = [
  "manual",
  "message",
  "run",
  "parent",
  "retry",
  "schedule",
  "hook",
  "event",
  "webhook",
] as const;

/** The name of what started a run. */
export function useTrigger(): (trigger: string) => string {
  const t = useWords();
  return (trigger) => {
    const known = KNOWN.find((one) => one === trigger);
    return known ? t(`trigger.${known}`) : trigger;
  };
}
