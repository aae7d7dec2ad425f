const ANSWER_LIMIT_MS = 5000;

/** What an HTTP server says of an address before it sends anything. */
export interface HttpResource {
  /** It has a length, or can be read in parts: a file. A camera has neither. */
  readonly isFile: boolean;
  /** The server sends parts of it on request (RFC 9110, section 14), so a reader can seek. */
  readonly seekable: boolean;
}

/**
 * Asks an HTTP server what stands behind an address; the answer's body is not read.
 *
 * A GET for all bytes as a range, since many servers answer HEAD wrongly or not at all.
 *
 * @returns null where the server gives no usable answer
 */
export async function askHttpServer(url: string): Promise<HttpResource | null> {
  const { address, authorization } = splitCredentials(url);
  const hangUp = new AbortController();
  try {
    const { ok, status, headers } = await fetch(address, {
      headers: {
        // A compressed answer would have lost its length.
        "accept-encoding": "identity",
        range: "bytes=0-",
        ...(authorization === undefined ? {} : { authorization }),
      },
      signal: AbortSignal.any([hangUp.signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
    });
    return ok ? readHeaders(status, headers) : null;
  } catch {
    // ffmpeg, which reads the address afterwards, names what is wrong with it.
    return null;
  } finally {
    hangUp.abort();
  }
}

/** Reads an answer's status and headers; pure. */
export function readHeaders(status: number, headers: Headers): HttpResource {
  const seekable = status === 206 || headers.get("accept-ranges")?.trim() === "bytes";
  // Pictures of a camera, each a part of its own; some cameras invent a length for them all.
  const isParts = /^\s*multipart\//i.test(headers.get("content-type") ?? "");
  const hasLength = Number(headers.get("content-length") ?? 0) > 0;
  return { isFile: !isParts && (hasLength || seekable), seekable };
}

/** `fetch` takes no user names in addresses. */
function splitCredentials(url: string): { address: URL; authorization?: string } {
  const address = new URL(url);
  const { username, password } = address;
  if (username === "" && password === "") return { address };
  address.username = "";
  address.password = "";
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { address, authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}
