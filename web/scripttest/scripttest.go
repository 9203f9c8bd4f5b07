// Package scripttest runs the tests of devtool's own TypeScript, and measures
// what browsers load. Only tests import it.
package scripttest

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// Run runs tests/*.test.ts of the package, bundled, under node's own test runner,
// with more environment variables. Without node it skips the test, except with
// CI=true.
func Run(t *testing.T, env ...string) {
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("node is not installed")
		}
		t.Skip("node is not installed: the tests of the TypeScript half are skipped")
	}
	files, err := filepath.Glob("tests/*.test.ts")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests found (%v)", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			script := filepath.Join(t.TempDir(), "test.mjs")
			if err := os.WriteFile(script, Bundle(t, file, api.PlatformNode), 0o600); err != nil {
				t.Fatal(err)
			}
			run := exec.CommandContext(t.Context(), node, "--test", "--test-reporter=tap", script)
			run.Env = append(os.Environ(), env...)
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// Bundle returns a file of the package and what it imports as one ES module,
// minified for a browser.
func Bundle(t *testing.T, entry string, platform api.Platform) []byte {
	t.Helper()
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{entry},
		Bundle:            true,
		Format:            api.FormatESModule,
		Platform:          platform,
		Target:            api.ES2022,
		Loader:            map[string]api.Loader{".css": api.LoaderText},
		MinifySyntax:      platform == api.PlatformBrowser,
		MinifyIdentifiers: platform == api.PlatformBrowser,
		MinifyWhitespace:  platform == api.PlatformBrowser,
	})
	for _, e := range result.Errors {
		t.Fatalf("bundle %s: %s", entry, e.Text)
	}
	return result.OutputFiles[0].Contents
}

// Gzipped returns the size of text when it is compressed, in bytes.
func Gzipped(t *testing.T, text []byte) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}
