// Members of objects whose names people choose: `constructor` is one only where somebody has put it.

/** The member with that name, if the object has it of its own. */
export function own<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}
