import { AipError, usageError } from "../../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EFBIG: "the file is too large for it",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "no folder can be made there",
  EROFS: "the file system is read-only",
  ENOTDIR: "it is no folder",
};

/**
 * What a file system said while something was kept of the model `source`, as `cache-unwritable` with
 * the remedy; any other error as it is.
 */
export function asUnwritable(cause: unknown, source: string, folder: string): unknown {
  if (cause instanceof AipError || !isSystemError(cause)) return cause;
  const reason = REASONS[cause.code ?? ""] ?? cause.message;
  return usageError(
    "cache-unwritable",
    `Cannot store the compiled model of "${source}" in "${folder}": ${reason}; ` +
      "name a folder with room by AIP_CACHE_DIR",
    cause,
  );
}

/** Whether a code is one of the system's, such as `ENOSPC`. */
export function isSystemCode(code: string): boolean {
  return /^E[A-Z]+$/.test(code);
}

/** What another process was told by the file system, as an error of this one. */
export function systemError(code: string, reason: string): Error {
  return Object.assign(new Error(reason), { code, syscall: "write" });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}
