import { expect, test } from "bun:test";
import type { BackendSession } from "../../src/backend/backend.ts";
import { DETECTIONS_OFFSET } from "../../src/ring/arena.ts";
