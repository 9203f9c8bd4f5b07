package overlay

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// Budgets of what every page loads, gzipped, in bytes.
const (
	clientBudget  = 12<<10 + 512
	overlayBudget = 8 << 10
)

func TestBundle(t *testing.T) {
	t.Parallel()
	text, err := Bundle()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Bundle()
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("bundled twice, not the same (err %v)", err)
	}
	whole := gzipped(t, text)
	t.Logf("client: %d bytes, %d gzipped", len(text), whole)
	if whole > clientBudget {
		t.Errorf("client takes %d bytes gzipped, the budget is %d", whole, clientBudget)
	}
	// A page may forbid eval, and text must never become markup.
	for _, bad := range []string{"innerHTML", "eval(", "new Function", "sourceMappingURL"} {
		if bytes.Contains(text, []byte(bad)) {
			t.Errorf("the client contains %q", bad)
		}
	}
}

func TestOverlayBudget(t *testing.T) {
	t.Parallel()
	size := gzipped(t, bundleFile(t, "overlay.ts", api.PlatformBrowser))
	t.Logf("overlay: %d bytes gzipped", size)
	if size > overlayBudget {
		t.Errorf("overlay takes %d bytes gzipped, the budget is %d", size, overlayBudget)
	}
}

// TestTypeScript runs tests/*.test.ts, bundled, under node's own test runner.
func TestTypeScript(t *testing.T) {
	t.Parallel()
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
	messages, err := filepath.Abs("testdata/messages")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			script := filepath.Join(t.TempDir(), "test.mjs")
			if err := os.WriteFile(script, bundleFile(t, file, api.PlatformNode), 0o600); err != nil {
				t.Fatal(err)
			}
			run := exec.CommandContext(t.Context(), node, "--test", "--test-reporter=tap", script)
			run.Env = append(os.Environ(), "MESSAGES="+messages)
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func bundleFile(t *testing.T, entry string, platform api.Platform) []byte {
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

func gzipped(t *testing.T, text []byte) int {
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
