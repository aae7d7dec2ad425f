/** Exits 0 where every package that `package.json` pins is in `node_modules` as pinned. */
import { dependencies, devDependencies } from "../../package.json";

const pinned = Object.entries({ ...dependencies, ...devDependencies });
for (const [name, version] of pinned) {
  const manifest = Bun.file(new URL(`../../node_modules/${name}/package.json`, import.meta.url));
  const installed = (await manifest.exists()) ? (await manifest.json()).version : undefined;
  if (installed !== version) process.exit(1);
}
console.log(`${pinned.length} node modules`);
