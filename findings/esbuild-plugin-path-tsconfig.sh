#!/usr/bin/env bash
# esbuild 0.28.2 compiles a file by the tsconfig.json beside or above it only if it
# found the file itself. When a plugin's onResolve returns the same path, the file
# is compiled without one: its jsx, paths and target settings are gone.
#
# Seen, with "jsx": "react-jsx" and "jsxImportSource": "other" in tsconfig.json:
#   without a plugin:                    other/jsx-runtime
#   with a plugin, and the same path:    React.createElement
#
# A plugin that only wants to look returns nothing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund esbuild@0.28.2
mkdir src
echo '{"compilerOptions":{"jsx":"react-jsx","jsxImportSource":"other"}}' >tsconfig.json
echo 'export const view = <p />' >src/view.tsx
echo 'import { view } from "./view"; console.log(view)' >src/main.ts
cat >build.mjs <<'JS'
import { build } from "esbuild";
import path from "node:path";
const same = {
  name: "same",
  setup(b) {
    b.onResolve({ filter: /^\.\/view$/ }, ({ resolveDir }) => ({ path: path.join(resolveDir, "view.tsx") }));
  },
};
for (const plugins of [[], [same]]) {
  const { outputFiles } = await build({ entryPoints: ["src/main.ts"], bundle: true, external: ["other/*"], format: "esm", write: false, plugins });
  console.log(outputFiles[0].text.includes("React.createElement") ? "React.createElement" : "other/jsx-runtime");
}
JS
seen=$(node build.mjs)
echo "$seen"
[ "$seen" = $'other/jsx-runtime\nReact.createElement' ] || { echo "changed" >&2; exit 1; }
