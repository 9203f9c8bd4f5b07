package proxy

import "testing"

// Pages are found as Vite finds them.
func TestDocuments(t *testing.T) {
	t.Parallel()
	pages := map[string][]byte{"index.html": []byte("index"), "about.html": []byte("about"), "docs/index.html": []byte("docs"), "a/b.html": []byte("b")}
	for path, want := range map[string]string{
		"/": "index", "/index.html": "index", "/about": "about", "/about.html": "about", "/docs/": "docs", "/docs/index.html": "docs", "/a/b": "b",
		"/docs": "", "/none.html": "", "/a/": "", "/about/": "", "/../about": "", "//about": "",
	} {
		for _, main := range []string{"", "index.html"} {
			want := want
			if want == "" && main != "" {
				want = "index"
			}
			text, ok := (&Documents{ByPath: pages, Main: main}).find(path)
			if string(text) != want || ok != (want != "") {
				t.Errorf("%s with main page %q: %q, %v; want %q", path, main, text, ok, want)
			}
		}
	}
}
