package bundle

import (
	"errors"
	"slices"
	"testing"
)

func TestMissingEntry(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"web/src/main.ts": "", "web/src/app.css": "", "web/src/README.md": ""})
	tests := []struct {
		entry  string
		nearby []string
	}{
		{"web/src/main.tsx", []string{"web/src/main.ts", "web/src/app.css"}},
		{"web/src/none/index.ts", []string{"web/src/app.css", "web/src/main.ts"}},
		{"web/src", nil},
	}
	for _, test := range tests {
		_, err := New(Options{Dir: dir, EntryPoints: []string{test.entry}})
		var missing *MissingEntryError
		if !errors.As(err, &missing) {
			t.Errorf("New with %s: %v, want a MissingEntryError", test.entry, err)
			continue
		}
		if missing.Entry != test.entry || !slices.Equal(missing.Nearby, test.nearby) {
			t.Errorf("New with %s: %+v, want nearby %q", test.entry, missing, test.nearby)
		}
	}
	for _, opts := range []Options{
		{Dir: dir},
		{Dir: "relative", EntryPoints: []string{"main.ts"}},
		{Dir: dir, EntryPoints: []string{"web/src/main.ts"}, Target: "es1999"},
		{Dir: dir, EntryPoints: []string{"web/src/main.ts"}, Loader: map[string]string{".x": "nope"}},
	} {
		if _, err := New(opts); err == nil {
			t.Errorf("New(%+v) succeeded", opts)
		}
	}
}

func TestEntryNames(t *testing.T) {
	t.Parallel()
	tests := []struct{ sources, want []string }{
		{[]string{"web/src/main.tsx", "web/app.css"}, []string{"main", "app"}},
		{[]string{"web/main.ts", "web/main.css"}, []string{"main", "main"}},
		{[]string{"web/admin/main.ts", "web/shop/main.ts", "web/extra.ts"}, []string{"admin/main", "shop/main", "extra"}},
		{[]string{"main.ts", "sub/main.ts"}, []string{"main", "sub/main"}},
		{[]string{"web/src/main.page.tsx"}, []string{"main.page"}},
	}
	for _, test := range tests {
		var entries []entryPoint
		for _, source := range test.sources {
			entries = append(entries, entryPoint{file: "/p/" + source, source: source})
		}
		if got := entryNames(entries); !slices.Equal(got, test.want) {
			t.Errorf("entryNames(%q) = %q, want %q", test.sources, got, test.want)
		}
	}
}
