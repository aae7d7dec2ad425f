import { readdir } from "node:fs/promises";
import { usageError } from "../errors.ts";
import { cleanLine } from "./diagnosis.ts";
import { LiveSource } from "./live.ts";
import { naturalOrder } from "./natural-order.ts";
import { decodeRequest, type SourceOptions } from "./options.ts";
import { probe } from "./probe.ts";
import type { Source } from "./source.ts";
import { runTool } from "./tool.ts";

const WEBCAM_LIMIT_MS = 9000;

/** A camera of this machine. */
export interface Webcam {
  /** The number in `webcam:N`. */
  readonly index: number;
  readonly label: string;
}

/**
 * Opens a camera of this machine: `webcam:0`.
 *
 * @throws {AipError} `webcam-missing`, listing the cameras there are; `webcam-unusable`
 */
export async function openWebcam(
  spec: string,
  name: string,
  options: SourceOptions,
): Promise<Source> {
  const number = /^webcam:(\d{1,3})$/.exec(spec)?.[1];
  if (number === undefined) {
    throw usageError("webcam-missing", `Cannot open source "${spec}": write it as "webcam:0"`);
  }
  const index = Number(number);
  const webcams = await listWebcams();
  if (!webcams.some((webcam) => webcam.index === index)) {
    throw usageError("webcam-missing", `Cannot open source "${spec}": ${describeWebcams(webcams)}`);
  }
  const input = webcamInput(index, process.platform);
  const stream = await probe(input, WEBCAM_LIMIT_MS);
  if ("reason" in stream) {
    const reason = cleanLine(stream.reason) + permissionHint(process.platform);
    throw usageError("webcam-unusable", `Cannot open source "${spec}": ${reason}`);
  }
  const request = await decodeRequest(input, stream, options);
  return new LiveSource({ name, spec, stream, request }, options);
}

/** The cameras of this machine, by number. */
export async function listWebcams(): Promise<readonly Webcam[]> {
  if (process.platform === "darwin") {
    const list = ["-hide_banner", "-f", "avfoundation", "-list_devices", "true", "-i", ""];
    return parseAvfoundationList((await runTool("ffmpeg", list, WEBCAM_LIMIT_MS)).stderr);
  }
  const devices = (await readdir("/dev")).filter((name) => /^video\d+$/.test(name));
  return naturalOrder(devices).map((device) => ({
    index: Number(device.slice("video".length)),
    label: `/dev/${device}`,
  }));
}

/** Reads `ffmpeg -f avfoundation -list_devices true`: video devices first, then sound; pure. */
export function parseAvfoundationList(text: string): Webcam[] {
  const webcams: Webcam[] = [];
  let video = false;
  for (const line of text.split("\n")) {
    if (line.includes("AVFoundation video devices")) video = true;
    else if (line.includes("AVFoundation audio devices")) video = false;
    const match = /\] \[(\d+)\] (.+)$/.exec(line);
    if (!video || match === null) continue;
    const label = (match[2] as string).trim();
    // A screen is listed among the cameras.
    if (!label.startsWith("Capture screen")) webcams.push({ index: Number(match[1]), label });
  }
  return webcams;
}

/** ffmpeg's input options for a camera; pure. */
export function webcamInput(index: number, platform: NodeJS.Platform): string[] {
  if (platform === "darwin") {
    // Without a rate it asks for 29.97, which most cameras refuse.
    return ["-f", "avfoundation", "-framerate", "30", "-i", `${index}:none`];
  }
  return ["-f", "v4l2", "-i", `/dev/video${index}`];
}

/**
 * What may be the matter where a camera that is there cannot be opened; pure. macOS asks on behalf
 * of the program that the terminal is, and ffmpeg cannot tell a refusal from another failure.
 */
export function permissionHint(platform: NodeJS.Platform): string {
  if (platform !== "darwin") return "";
  return (
    "; if macOS keeps the camera from this terminal, allow it under System Settings, " +
    "Privacy & Security, Camera, and start the terminal anew"
  );
}

function describeWebcams(webcams: readonly Webcam[]): string {
  if (webcams.length === 0) return "this machine has no camera";
  const known = webcams.map((webcam) => `webcam:${webcam.index} (${webcam.label})`);
  return `there is no such camera (known: ${known.join(", ")})`;
}
