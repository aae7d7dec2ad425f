import type { Socket } from "bun";

/** What one client has asked for so far. */
interface Session {
  buffered: string;
  encoder: Bun.Subprocess | undefined;
  packets: number;
}

const SDP = [
  "v=0",
  "o=- 0 0 IN IP4 127.0.0.1",
  "s=camera",
  "t=0 0",
  "m=video 0 RTP/AVP 96",
  "a=rtpmap:96 H264/90000",
  "a=fmtp:96 packetization-mode=1",
  "a=control:track0",
  "",
].join("\r\n");

/**
 * A camera in little: serves one H.264 stream over RTSP with interleaved RTP (RFC 2326, 10.12).
 * ffmpeg makes the RTP packets in real time, this passes them on.
 */
export class RtspServer {
  readonly #udp: Bun.udp.Socket<"buffer">;
  readonly #listener: Bun.TCPSocketListener<Session>;
  readonly #encoders = new Set<Bun.Subprocess>();
  #player: Socket<Session> | undefined;
  /** Hangs up after this many packets of a connection. */
  packetsMax: number = Number.POSITIVE_INFINITY;
  /** Connections that asked to play. */
  playCount = 0;

  private constructor(udp: Bun.udp.Socket<"buffer">) {
    this.#udp = udp;
    this.#listener = Bun.listen<Session>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (socket) => {
          socket.data = { buffered: "", encoder: undefined, packets: 0 };
        },
        data: (socket, bytes) => this.#receive(socket, bytes),
        close: (socket) => {
          socket.data.encoder?.kill("SIGKILL");
        },
      },
    });
  }

  static async start(): Promise<RtspServer> {
    let server: RtspServer | undefined;
    const udp = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: { data: (_, packet) => server?.pass(packet) },
    });
    server = new RtspServer(udp);
    return server;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.#listener.port}/camera`;
  }

  stop(): void {
    for (const encoder of this.#encoders) encoder.kill("SIGKILL");
    this.#listener.stop(true);
    this.#udp.close();
  }

  /** Passes an RTP packet on, in an interleaved frame: `$`, channel, u16 length. */
  pass(packet: Buffer): void {
    const socket = this.#player;
    if (socket === undefined) return;
    socket.write(
      Buffer.concat([Buffer.from([0x24, 0, packet.length >> 8, packet.length]), packet]),
    );
    socket.data.packets += 1;
    if (socket.data.packets >= this.packetsMax) {
      this.#player = undefined;
      socket.end();
    }
  }

  #receive(socket: Socket<Session>, bytes: Buffer): void {
    socket.data.buffered += bytes.toString("latin1");
    for (;;) {
      const end = socket.data.buffered.indexOf("\r\n\r\n");
      if (end < 0) return;
      const request = socket.data.buffered.slice(0, end);
      socket.data.buffered = socket.data.buffered.slice(end + 4);
      this.#answer(socket, request);
    }
  }

  #answer(socket: Socket<Session>, request: string): void {
    const method = /([A-Z_]+) rtsp:/.exec(request)?.[1];
    const sequence = /CSeq: (\d+)/i.exec(request)?.[1] ?? "0";
    const head = `RTSP/1.0 200 OK\r\nCSeq: ${sequence}\r\nSession: 1\r\n`;
    switch (method) {
      case "OPTIONS":
        socket.write(`${head}Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n`);
        break;
      case "DESCRIBE":
        socket.write(
          `${head}Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`,
        );
        break;
      case "SETUP":
        socket.write(`${head}Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n`);
        break;
      case "PLAY":
        socket.write(`${head}\r\n`);
        this.#play(socket);
        break;
      case "TEARDOWN":
        socket.end(`${head}\r\n`);
        break;
      default:
        break;
    }
  }

  #play(socket: Socket<Session>): void {
    this.playCount += 1;
    this.#player = socket;
    const encoder = Bun.spawn(
      [
        ...["ffmpeg", "-nostdin", "-loglevel", "quiet", "-re", "-f", "lavfi"],
        ...["-i", "testsrc=size=320x240:rate=25", "-c:v", "libx264", "-preset", "ultrafast"],
        ...["-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "10"],
        ...["-bsf:v", "dump_extra=freq=keyframe"],
        ...["-f", "rtp", `rtp://127.0.0.1:${this.#udp.port}?pkt_size=1200`],
      ],
      { stdio: ["ignore", "ignore", "ignore"] },
    );
    socket.data.encoder = encoder;
    this.#encoders.add(encoder);
  }
}
