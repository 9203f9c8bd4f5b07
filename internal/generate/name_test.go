package generate

import (
	"strings"
	"testing"
)

func TestNameOf(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"templ generate":                                      "templ",
		"go tool templ generate":                              "templ",
		"go tool -modfile=tools.mod templ generate":           "templ",
		"go tool -modfile tools.mod templ":                    "templ",
		"go run github.com/a-h/templ/cmd/templ@latest fmt":    "templ",
		"go run ./cmd/gen":                                    "gen",
		"go run gen.go":                                       "gen.go",
		"npx tailwindcss -i a.css":                            "tailwindcss",
		"npx --prefix web tailwindcss -i a.css":               "tailwindcss",
		"npx --yes @tailwindcss/cli@4 -i a.css":               "tailwindcss",
		"npx -p @tailwindcss/cli -- tailwindcss":              "tailwindcss",
		"npm --prefix web run css":                            "css",
		"npm exec --workspace web -- tailwindcss":             "tailwindcss",
		"pnpm -C web exec tailwindcss":                        "tailwindcss",
		"pnpm --filter=web dlx sass":                          "sass",
		"yarn tailwindcss":                                    "tailwindcss",
		"node scripts/gen.js":                                 "gen.js",
		"python3 -m grpc_tools.protoc":                        "grpc_tools.protoc",
		"uv run --with x gen.py":                              "gen.py",
		"env NODE_ENV=production npx tailwindcss":             "tailwindcss",
		"./node_modules/.bin/tailwindcss -w":                  "tailwindcss",
		`C:\tools\sqlc.exe generate`:                          "sqlc",
		"sh|-c|cd web && npx --prefix . tailwindcss -i a.css": "tailwindcss",
		"bash|-euo|pipefail|-c|sqlc generate":                 "sqlc",
		"sh|-c|GOFLAGS=-mod=mod templ generate":               "templ",
		"sh|-c":                                               "sh",
		"npx":                                                 "npx",
		"go run":                                              "go",
		"make":                                                "make",
	} {
		words := strings.Fields(command)
		if strings.Contains(command, "|") {
			words = strings.Split(command, "|")
		}
		if got := NameOf(words); got != want {
			t.Errorf("NameOf(%q) = %q, want %q", words, got, want)
		}
	}
}

func FuzzNameOf(f *testing.F) {
	f.Add("sh -c a&&b")
	f.Add("npx @ -")
	f.Fuzz(func(t *testing.T, command string) {
		if words := strings.Split(command, " "); NameOf(words) == "" && words[0] != "" && command == strings.TrimSpace(command) && len(words) == 1 && programName(command) != "" {
			t.Errorf("NameOf(%q) is empty", words)
		}
	})
}
