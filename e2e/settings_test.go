//go:build unix

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallMain serves what the function page returns, under every path.
const smallMain = `package main

import (
	"io"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, page()) })
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`

// newSmall makes a project of a few files around smallMain.
func newSmall(t testing.TB, files map[string]string) *project {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs; run without -short")
	}
	p := &project{t: t, dir: t.TempDir()}
	p.write("go.mod", "module small\n\ngo 1.26.0\n")
	p.write("main.go", smallMain)
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(p.dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		p.write(name, text)
	}
	return p
}

// outcomes are the outcomes since a mark, in short.
func outcomes(s *server, mark int) []string {
	var all []string
	for _, m := range s.Since(mark) {
		if m.Type == "build-finished" {
			all = append(all, m.Result+" "+strings.Join(m.StageNames(), ","))
		}
	}
	return all
}

// wordsGenerator turns words.txt into Go, and says where it cannot.
const wordsGenerator = `echo ran >>.git/ran
if grep -n BAD words.txt | sed 's/^\([0-9]*\):.*/words.txt:\1:2: a bad word/' | grep . >&2; then exit 1; fi
printf 'package main\n\nfunc page() string { return "%s" }\n' "$(cat words.txt)" >page_gen.go
`

func (p *project) remove(name string) {
	p.t.Helper()
	if err := os.Remove(filepath.Join(p.dir, name)); err != nil {
		p.t.Fatal(err)
	}
}
