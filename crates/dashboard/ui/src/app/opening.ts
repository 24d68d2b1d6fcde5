// Windows that an address opens: `?open=new` is read once and taken out of the address again.

import { useNavigate, useSearch } from "@tanstack/react-router";
import { type Dispatch, type SetStateAction, useEffect, useState } from "react";
import type { Opens } from "./searches";

/** Whether that window is open. The address opens it only for those who may use it. */
export function useOpening(
  what: Opens,
  allowed: boolean,
): [boolean, Dispatch<SetStateAction<boolean>>] {
  const asked = useSearch({ strict: false, select: (search) => search.open === what });
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!asked) return;
    setOpen(allowed);
    void navigate({
      to: ".",
      search: (before) => ({ ...before, open: undefined }),
      replace: true,
    });
  }, [asked, allowed, navigate]);
  return [open, setOpen];
}
