package overlay

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/web/scripttest"
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
	whole := scripttest.Gzipped(t, text)
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
	size := scripttest.Gzipped(t, scripttest.Bundle(t, "overlay.ts", api.PlatformBrowser))
	t.Logf("overlay: %d bytes gzipped", size)
	if size > overlayBudget {
		t.Errorf("overlay takes %d bytes gzipped, the budget is %d", size, overlayBudget)
	}
}

func TestTypeScript(t *testing.T) {
	t.Parallel()
	messages, err := filepath.Abs("testdata/messages")
	if err != nil {
		t.Fatal(err)
	}
	scripttest.Run(t, "MESSAGES="+messages)
}
