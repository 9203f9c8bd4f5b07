#!/usr/bin/env bash
# Vite 8.4.0, with a file of one name in public/ and in the root: `import logo from
# "/logo.svg"` is the one in public/ while people develop, and the one in the root
# in what `vite build` writes (where the other lies beside it as /logo.svg).
#
# Seen, with files too large for a data URL:
#   in development, /logo.svg:   public
#   built, what the script names: root
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund vite@8.4.0
mkdir public
big() { printf '<svg xmlns="http://www.w3.org/2000/svg"><title>%s</title><!-- %s --></svg>' "$1" "$(head -c 9000 /dev/zero | tr '\0' x)"; }
big public >public/logo.svg
big root >logo.svg
echo '<script type="module" src="/main.js"></script>' >index.html
echo 'import logo from "/logo.svg"; console.log(logo)' >main.js
cat >look.mjs <<'JS'
import { build, createServer } from "vite";
import fs from "node:fs";
const title = (text) => /<title>(.*?)</.exec(text)?.[1];
const server = await (await createServer({ logLevel: "error", server: { port: 0, host: "127.0.0.1" } })).listen();
const base = "http://127.0.0.1:" + server.httpServer.address().port;
const script = await (await fetch(base + "/logo.svg?import")).text();
const url = /export default "(.*?)"/.exec(script)[1];
console.log("in development,", url + ":", title(await (await fetch(base + url)).text()));
await server.close();
await build({ logLevel: "error" });
const assets = fs.readdirSync("dist/assets");
const text = fs.readFileSync("dist/assets/" + assets.find((name) => name.endsWith(".js")), "utf8");
const named = /\/(assets\/logo-.*?\.svg|logo\.svg)/.exec(text)[1];
console.log("built, what the script names:", title(fs.readFileSync("dist/" + named, "utf8")));
JS
seen=$(node look.mjs)
echo "$seen"
[ "$seen" = $'in development, /logo.svg: public\nbuilt, what the script names: root' ] || { echo "changed" >&2; exit 1; }
