import { describe, expect, test } from "bun:test";
import { AuditReserve } from "../../src/cascade/audit-reserve.ts";
import { mulberry32 } from "../../src/random.ts";

describe("AuditReserve", () => {
  test("hands out the oldest first", () => {
    const reserve = new AuditReserve(mulberry32(1));
    for (const slot of [4, 2, 9]) reserve.add({ slot, weight: 10 });
    expect([reserve.take(), reserve.take(), reserve.length]).toEqual([
      { slot: 4, weight: 10 },
      { slot: 2, weight: 10 },
      1,
    ]);
  });

  test("of equal ones each gives way as often, and the others weigh as much as all did", () => {
    const gone = [0, 0, 0];
    const random = mulberry32(2);
    for (let run = 0; run < 3000; run += 1) {
      const reserve = new AuditReserve(random);
      for (const slot of [0, 1, 2]) reserve.add({ slot, weight: 10 });
      const slot = reserve.giveWay();
      gone[slot] = (gone[slot] as number) + 1;
      expect([reserve.take()?.weight, reserve.take()?.weight]).toEqual([15, 15]);
    }
    // 1000 ± 4 standard deviations of 26
    for (const count of gone) expect(Math.abs(count - 1000)).toBeLessThan(104);
  });

  test("what stands for more than all lighter ones stays: by hand", () => {
    // Of 1, 2 and 30 the lighter two weigh 3 together: one of them stays, with 3.
    const gone = [0, 0, 0];
    const random = mulberry32(3);
    for (let run = 0; run < 3000; run += 1) {
      const reserve = new AuditReserve(random);
      for (const [slot, weight] of [1, 2, 30].entries()) reserve.add({ slot, weight });
      const slot = reserve.giveWay();
      gone[slot] = (gone[slot] as number) + 1;
      const left = [reserve.take()?.weight, reserve.take()?.weight];
      expect(left).toEqual([3, 30]);
    }
    // The first goes with 1 − 1/3.
    expect(Math.abs((gone[0] as number) - 2000)).toBeLessThan(104);
    expect(gone[2]).toBe(0);
  });

  test("one alone stays", () => {
    const reserve = new AuditReserve(mulberry32(4));
    reserve.add({ slot: 0, weight: 1 });
    expect([reserve.giveWay(), reserve.length]).toEqual([-1, 1]);
  });

  test("a busy stretch counts as much as it is long, whatever came before and after", () => {
    // 200 quiet frames, of which each second one is audited at once, 1,000 in which nobody has time, 200
    // quiet ones again; all of the busy ones are wrong, and none of the others.
    const random = mulberry32(5);
    let sum = 0;
    const runs = 400;
    for (let run = 0; run < runs; run += 1) {
      const reserve = new AuditReserve(random);
      for (let frame = 0; frame < 1400; frame += 1) {
        reserve.add({ slot: frame, weight: 1 });
        if (reserve.length > 20) reserve.giveWay();
        const isBusy = frame >= 200 && frame < 1200;
        if (isBusy || frame % 2 === 0) continue;
        const audited = reserve.take();
        if (audited !== undefined && audited.slot >= 200 && audited.slot < 1200)
          sum += audited.weight;
      }
    }
    // It is 1000 but for what still waits at the end.
    expect(sum / runs / 1000).toBeGreaterThan(0.9);
    expect(sum / runs / 1000).toBeLessThan(1.05);
  });
});
