// Prints the keys that react-refresh's Babel transform gives to the components
// of each script of the JSON on stdin, by the name of the script: what it hands
// to $RefreshSig$'s function, without the values that exist only at run time.
import { createRequire } from "node:module";
import { join } from "node:path";
const require = createRequire(join(process.argv[2], "package.json"));
const babel = require("@babel/core");
const traverse = babel.traverse;
const scripts = JSON.parse(await new Response(process.stdin).text());
const found = {};
for (const [name, text] of Object.entries(scripts)) {
  const { code } = babel.transformSync(text, {
    babelrc: false, configFile: false, filename: "/x/" + name,
    plugins: [[require("react-refresh/babel"), { skipEnvCheck: true, emitFullSignatures: true }]],
  });
  const keys = {};
  traverse(babel.parseSync(code, { babelrc: false, configFile: false, sourceType: "module" }), {
    CallExpression({ node }) {
      const [type, key, reset] = node.arguments;
      if (node.callee.type !== "Identifier" || !node.callee.name.startsWith("_s") || key?.type !== "StringLiteral") return;
      const of = type.type === "Identifier" ? type.name : "";
      keys[of] ??= [key.value, reset?.value ?? false];
    },
  });
  found[name] = keys;
}
console.log(JSON.stringify(found));
