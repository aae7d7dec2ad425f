import { describe, expect, test } from "bun:test";
import { askHttpServer, readHeaders } from "../../src/source/http-resource.ts";

describe("readHeaders()", () => {
  test.each([
    ["a length means a file", 200, { "content-length": "10" }, true, false],
    ["parts on request mean a file", 200, { "accept-ranges": "bytes" }, true, true],
    ["a part that came means a file", 206, { "content-length": "10" }, true, true],
    ["a refusal of parts is none", 200, { "accept-ranges": "none" }, false, false],
    ["neither means a camera", 200, { "content-type": "video/mp2t" }, false, false],
    [
      "a camera's pictures are none, whatever their length",
      200,
      { "content-type": "multipart/x-mixed-replace; boundary=x", "content-length": "999999999" },
      false,
      false,
    ],
  ] as const)("%s", (_, status, headers, isFile, seekable) => {
    expect(readHeaders(status, new Headers(headers))).toEqual({ isFile, seekable });
  });
});

describe("askHttpServer()", () => {
  test("sends the address's user name and password, and reads no body", async () => {
    let sent: string | null = null;
    using server = Bun.serve({
      port: 0,
      fetch: (request) => {
        sent = request.headers.get("authorization");
        return new Response("0123456789");
      },
    });
    const url = `http://me:p%40ss@127.0.0.1:${server.port}/a.ts`;
    expect(await askHttpServer(url)).toEqual({ isFile: true, seekable: false });
    // RFC 7617: base64 of "me:p@ss".
    expect(sent as string | null).toBe("Basic bWU6cEBzcw==");
  });

  test("is null where the server refuses or nobody answers", async () => {
    const server = Bun.serve({ port: 0, fetch: () => new Response("", { status: 404 }) });
    const url = `http://127.0.0.1:${server.port}/a.ts`;
    expect(await askHttpServer(url)).toBeNull();
    await server.stop(true);
    expect(await askHttpServer(url)).toBeNull();
  });
});
