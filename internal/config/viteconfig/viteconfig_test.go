package viteconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	t.Parallel()
	const dir = "DIR" // of the file, in what is wanted
	for name, test := range map[string]struct {
		file, text string
		production bool
		want       Config
	}{
		"an object":  {"vite.config.js", `export default { base: "/app/", root: "src", publicDir: "../static" }`, false, Config{Root: "DIR/src", Base: "/app/", PublicDir: "DIR/static"}},
		"TypeScript": {"vite.config.ts", `import { defineConfig, type UserConfig } from "vite"; const base: string = "/x/"; export default defineConfig({ base, appType: "mpa" } satisfies UserConfig)`, false, Config{Base: "/x/", AppType: "mpa"}},
		"CommonJS": {"vite.config.cjs", `const { defineConfig } = require("vite"); const path = require("path"); module.exports = defineConfig({ resolve: { alias: { "@": path.resolve(__dirname, "src") } } })`, false,
			Config{Alias: []Alias{{Find: "@", Replacement: "DIR/src"}}}},
		"aliases as an object": {"vite.config.ts", `import path, { join } from "node:path"; import { fileURLToPath, URL } from "node:url"
			const here = import.meta.dirname
			export default { resolve: { alias: { a: path.resolve(__dirname, "./a"), b: fileURLToPath(new URL("./b", import.meta.url)), c: join(here, "c"), d: "/src/d", e: ` + "`${here}/e`" + `, f: new URL("f", import.meta.url).pathname } } }`, false,
			Config{Alias: []Alias{{"a", false, "DIR/a"}, {"b", false, "DIR/b"}, {"c", false, "DIR/c"}, {"d", false, "/src/d"}, {"e", false, "DIR/e"}, {"f", false, "DIR/f"}}}},
		"aliases as a list": {"vite.config.mjs", `export default { resolve: { alias: [{ find: "@", replacement: "/src" }, { find: /^~\/(.*)$/, replacement: "/lib/$1" }] } }`, false,
			Config{Alias: []Alias{{"@", false, "/src"}, {`^~\/(.*)$`, true, "/lib/$1"}}}},
		"a function by mode": {"vite.config.ts", `export default defineConfig(({ mode, command }) => { const is = mode === "production"; if (command === "serve") { return { base: "/dev/" } } return { base: is ? "/prod/" : "/other/" } })
			import { defineConfig } from "vite"`, true, Config{Base: "/prod/"}},
		"the same in development": {"vite.config.ts", `export default function config({ command }) { if (command === "serve") { return { base: "/dev/" } } return {} }`, false, Config{Base: "/dev/"}},
		"asynchronous":            {"vite.config.js", `export default async () => ({ build: { outDir: "../dist", assetsDir: "static" } })`, false, Config{OutDir: "DIR/../dist", AssetsDir: "static"}},
		"define":                  {"vite.config.js", `export default { define: { A: JSON.stringify("x"), B: true, C: { a: [1, null] }, D: "window.d", E: process.env.E } }`, false, Config{Define: map[string]string{"A": `"x"`, "B": "true", "C": `{"a":[1,null]}`, "D": "window.d"}, Unread: []string{"define.E"}}},
		"plugins": {"vite.config.ts", `import react from "@vitejs/plugin-react"; import { VitePWA as PWA } from "vite-plugin-pwa"; import * as t from "@tailwindcss/vite"
			export default ({ mode }) => ({ plugins: [react({ babel: {} }), mode === "test" && PWA(), [t.default()], process.env.X && PWA({})].filter(Boolean) })`, false,
			Config{Plugins: []string{"@vitejs/plugin-react", "@tailwindcss/vite", "vite-plugin-pwa"}}},
		"what is its own":   {"vite.config.ts", `const mine = () => ({ name: "mine", transform() {} }); export default { plugins: [mine()], envPrefix: ["A_", "B_"], envDir: "..", publicDir: false }`, false, Config{EnvPrefix: []string{"A_", "B_"}, EnvDir: "DIR/..", NoPublic: true, Unread: []string{"plugins"}}},
		"server.proxy":      {"vite.config.ts", `export default { server: { proxy: { "/api": "http://localhost:8080", "^/x/.*": { target: "y" } } } }`, false, Config{Proxied: []string{"/api", "^/x/.*"}}},
		"what is not known": {"vite.config.ts", `import { base } from "./base"; const env = loadEnv("x"); export default { base: env.BASE, root: base, ...rest, resolve: { alias: aliases() } }`, false, Config{Unread: []string{"root", "base", "resolve.alias"}}},
		"a base and more":   {"vite.config.ts", `import { mergeConfig } from "vite"; const a = { base: "/a/", build: { outDir: "x" } }; export default mergeConfig(a, { base: "/b/" })`, false, Config{Base: "/b/", OutDir: "DIR/x"}},
		"another name":      {"vite.config.mts", `const config = { base: "/n/" }; export { config as default }`, false, Config{Base: "/n/"}},
		"itself":            {"vite.config.ts", `const f = () => f(); export default f`, false, Config{Unread: []string{"the whole file"}}},
		"itself, twice":     {"vite.config.ts", `const f = () => [f(), f()]; export default { base: f() }`, false, Config{Unread: []string{"base"}}},
		"a mistake":         {"vite.config.ts", `export default {`, false, Config{Unread: []string{"the whole file"}}},
		"none":              {"other.ts", ``, false, Config{}},
	} {
		dir0 := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir0, test.file), []byte(test.text), 0o666); err != nil {
			t.Fatal(err)
		}
		want := test.want
		place := func(path string) string {
			if strings.HasPrefix(path, dir) {
				return filepath.Join(dir0, path[len(dir):])
			}
			return path
		}
		if want.Root = place(want.Root); want.Root == "" {
			want.Root = dir0
		}
		want.PublicDir, want.OutDir, want.EnvDir = place(want.PublicDir), place(want.OutDir), place(want.EnvDir)
		for i := range want.Alias {
			want.Alias[i].Replacement = place(want.Alias[i].Replacement)
		}
		if strings.HasPrefix(test.file, "vite") {
			want.File = filepath.Join(dir0, test.file)
		}
		if diff := cmp.Diff(want, Read(dir0, test.production)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAliasLiteral(t *testing.T) {
	t.Parallel()
	for find, want := range map[string]string{`^@\/`: "@", `^~lib/`: "~lib", `^@`: "", `^a.b\/`: "", `@\/`: "", `^~/(.*)$`: ""} {
		if got, ok := (Alias{Find: find, Pattern: true}).Literal(); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, %v; want %q", find, got, ok, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`export default { resolve: { alias: [{ find: /^a/, replacement: x ?? "b" }] }, plugins: [a(), ...b] }`)
	f.Add("const f = () => `${f()}${g}`; export default (({ mode }) => { if (mode) return { base: f() } })")
	f.Fuzz(func(t *testing.T, text string) { evaluate("/vite.config.ts", text, true) })
}
