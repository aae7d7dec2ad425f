/**
 * A time in a video as people write it: `0:00:07.2`, `1:12:34.0`.
 * @param decimals of the seconds
 */
export function clockText(ms: number, decimals: 1 | 3 = 1): string {
  const perSecond = 10 ** decimals;
  const parts = Math.round((ms * perSecond) / 1000);
  const seconds = Math.floor(parts / perSecond);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const fraction = String(parts % perSecond).padStart(decimals, "0");
  return `${hours}:${two(minutes)}:${two(seconds % 60)}.${fraction}`;
}
