// Hands a file to the person's downloads.

/** Browsers read the file a little after the click; some of them late. */
const KEPT_MS = 60_000;

/** Saves bytes under a name. */
export function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
