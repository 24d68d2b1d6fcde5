// Going on to another page once something is done, unless the person has gone elsewhere meanwhile.

import { useMatch, useNavigate, useRouter } from "@tanstack/react-router";
import { useCallback, useEffect, useRef } from "react";

type Navigate = ReturnType<typeof useNavigate>;

/** As `useNavigate`, for what follows an answer of the server: nobody is taken off another page. */
export function useGoOn(): Navigate {
  const router = useRouter();
  const navigate = useNavigate();
  const page = useMatch({ strict: false, select: (match) => match.pathname });
  const here = useRef(page);
  useEffect(() => {
    here.current = page;
  }, [page]);
  return useCallback<Navigate>(
    async (to) => {
      if (router.state.location.pathname === here.current) await navigate(to);
    },
    [router, navigate],
  );
}
