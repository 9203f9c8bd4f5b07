package bundle

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	outputs := func(pairs ...string) Outputs {
		all := make(Outputs)
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = Output{Path: pairs[i], Hash: pairs[i+1]}
		}
		return all
	}
	tests := []struct {
		name         string
		old, new     Outputs
		want         Delta
		swap, reload bool
	}{
		{name: "nothing", old: outputs("/a.js", "1"), new: outputs("/a.js", "1")},
		{name: "only a map", old: outputs("/a.js.map", "1"), new: outputs("/a.js.map", "2")},
		{
			name: "first build", new: outputs("/a.js", "1", "/a.css", "1", "/a.js.map", "1"),
			want: Delta{JS: []string{"/a.js"}, Sheets: []string{"/a.css"}}, reload: true,
		},
		{
			name: "sheet and its image",
			old:  outputs("/a.js", "1", "/a.css", "1", "/x-1.png", "1"),
			new:  outputs("/a.js", "1", "/a.css", "2", "/x-2.png", "2"),
			want: Delta{CSS: []string{"/a.css"}, Assets: []string{"/x-1.png", "/x-2.png"}, Removed: []string{"/x-1.png"}}, swap: true,
		},
		{
			name: "sheet and script",
			old:  outputs("/a.js", "1", "/a.css", "1"), new: outputs("/a.js", "2", "/a.css", "2"),
			want: Delta{CSS: []string{"/a.css"}, JS: []string{"/a.js"}}, reload: true,
		},
		{
			name: "a page's first sheet leaves no trace in its script",
			old:  outputs("/a.js", "1"), new: outputs("/a.js", "1", "/a.css", "1"),
			want: Delta{Sheets: []string{"/a.css"}}, reload: true,
		},
		{
			name: "script gone", old: outputs("/a.js", "1", "/c.js", "1", "/c.js.map", "1"), new: outputs("/a.js", "1"),
			want: Delta{JS: []string{"/c.js"}, Removed: []string{"/c.js", "/c.js.map"}}, reload: true,
		},
		{
			name: "asset alone", old: outputs("/x.png", "1"), new: outputs("/x.png", "2"),
			want: Delta{Assets: []string{"/x.png"}}, reload: true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := Diff(test.old, test.new)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Diff (-want +got):\n%s", diff)
			}
			if swap := len(got.CSS) > 0 && !got.NeedsReload(); swap != test.swap || got.NeedsReload() != test.reload {
				t.Errorf("swap, reload = %v, %v", swap, got.NeedsReload())
			}
		})
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	got, err := Manifest([]Entry{
		{Source: "web/src/main.tsx", Name: "main", URL: "/assets/main.js", CSS: []string{"/assets/main.css"}, Imports: []string{"/assets/chunks/c-1.js"}},
		{Source: "web/app.css", Name: "app", URL: "/assets/app.css"},
	})
	want := `{
  "_assets/chunks/c-1.js": {
    "file": "assets/chunks/c-1.js"
  },
  "web/app.css": {
    "file": "assets/app.css",
    "name": "app",
    "src": "web/app.css",
    "isEntry": true
  },
  "web/src/main.tsx": {
    "file": "assets/main.js",
    "name": "main",
    "src": "web/src/main.tsx",
    "isEntry": true,
    "css": [
      "assets/main.css"
    ],
    "imports": [
      "_assets/chunks/c-1.js"
    ]
  }
}
`
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("Manifest: %v (-want +got):\n%s", err, diff)
	}
}
